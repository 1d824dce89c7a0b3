// SPDX-License-Identifier: Apache-2.0
#include "interruptible.hpp"

#include "runtime.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace twill::python {
namespace {

struct state {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<dmm::fit_progress> told;
  bool done = false;
  std::exception_ptr failed;
};

const char* name_of(dmm::fit_phase phase) {
  switch (phase) {
    case dmm::fit_phase::start: return "start";
    case dmm::fit_phase::expectation_maximization: return "em";
    case dmm::fit_phase::hessian: break;
  }
  return "hessian";
}

// Runs with the interpreter's lock. Gives false when the callable said False. Throws: what Python raised.
bool serve(const std::deque<dmm::fit_progress>& events, const pybind11::object& told) {
  if (PyErr_CheckSignals() != 0) throw pybind11::error_already_set();
  bool go_on = true;
  for (const dmm::fit_progress& at : events) {
    const pybind11::object answer =
        told(name_of(at.phase), at.components, at.start, at.iteration, at.nle, at.change);
    if (answer.ptr() == Py_False) go_on = false;
  }
  return go_on;
}

}  // namespace

void run_interruptible(dmm::fit_options options, const pybind11::object& told,
                       const std::function<void(const dmm::fit_options&)>& body) {
  const runtime_use here(options.threads);
  std::stop_source stop;
  state shared;
  options.stop = stop.get_token();
  if (!told.is_none()) {
    options.progress = [&shared](const dmm::fit_progress& at) {
      const std::lock_guard lock(shared.mutex);
      shared.told.push_back(at);
      return true;
    };
  }
  std::exception_ptr raised;
  {
    const pybind11::gil_scoped_release released;
    std::thread worker([&] {
      std::exception_ptr failed;
      try {
        body(options);
      } catch (...) {
        failed = std::current_exception();
      }
      const std::lock_guard lock(shared.mutex);
      shared.failed = failed;
      shared.done = true;
      shared.changed.notify_one();
    });
    for (bool done = false; !done;) {
      std::deque<dmm::fit_progress> events;
      {
        std::unique_lock lock(shared.mutex);
        shared.changed.wait_for(lock, std::chrono::milliseconds(20), [&] { return shared.done; });
        done = shared.done;
        events.swap(shared.told);
      }
      // A fit that is over before anybody could press a key needs no lock unless it told something.
      if (raised || (done && events.empty())) continue;
      const pybind11::gil_scoped_acquire locked;
      try {
        if (!serve(events, told)) stop.request_stop();
      } catch (const pybind11::error_already_set&) {
        raised = std::current_exception();
        stop.request_stop();
      }
    }
    worker.join();
  }
  if (raised) std::rethrow_exception(raised);
  if (shared.failed) std::rethrow_exception(shared.failed);
}

}  // namespace twill::python
