// SPDX-License-Identifier: Apache-2.0
// The runtime of a Python process: hybrid's single-process form unless the program joins its job, with what
// belongs to the interpreter left to it: the CPUs of its main thread, its signals where there is one process,
// and the threads of NumPy's libraries unless somebody asks.
#include "runtime.hpp"

#include "parts.hpp"
#include "twill/hybrid.hpp"

#include <pybind11/stl.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>

namespace py = pybind11;

namespace twill::python {
namespace {

// Guarded by the interpreter's lock: a start does not release it, so no thread can fork inside one.
struct holder {
  std::optional<hybrid::runtime> runtime{};
  long pid = 0;        // of the process that started it
  int uses = 0;        // calls that run
  bool asked = false;  // by a program, rather than by the first call
};

// Never destroyed: when the process ends without the interpreter's handlers, workers may still run.
holder& the_holder() {
  static auto* const one = new holder;
  return *one;
}

// In a child of fork, what it inherited belongs to its parent.
holder& here() {
  holder& h = the_holder();
  if (h.pid != 0 && h.pid != ::getpid()) {
    h.runtime.reset();
    h.pid = 0;
    h.uses = 0;
    h.asked = false;
  }
  return h;
}

enum class form { first_call, local, job };

void start(form which, std::optional<std::size_t> threads, hybrid::suppression solver_threads) {
  holder& h = here();
  hybrid::options with;
  with.threads = threads;
  with.threads_name = "threads";
  with.bind = false;
  // One process has the interpreter's handlers; ranks have to agree where they stop.
  with.handle_signals = which == form::job;
  with.keep_job = which == form::job;
  with.solver_threads = solver_threads;
  h.runtime.emplace(which == form::job ? hybrid::start(with) : hybrid::local(std::move(with)));
  h.pid = ::getpid();
  h.asked = which != form::first_call;
}

void stop() {
  holder& h = here();
  h.runtime.reset();
  h.asked = false;
}

hybrid::suppression suppression_of(const std::string& word) {
  if (word == "enforce") return hybrid::suppression::enforce;
  if (word == "check") return hybrid::suppression::check;
  if (word == "off") return hybrid::suppression::off;
  throw py::value_error("solver_threads is 'enforce', 'check' or 'off', found '" + word + "'");
}

void open(std::optional<std::size_t> threads, const std::string& solver_threads, bool job) {
  const hybrid::suppression how = suppression_of(solver_threads);
  holder& h = here();
  if (h.asked) throw std::runtime_error("a runtime is open already, and a process has one");
  if (h.uses != 0) throw std::runtime_error("a runtime cannot be opened while a call of another thread runs");
  stop();
  start(job ? form::job : form::local, threads, how);
}

void close() {
  if (here().uses != 0)
    throw std::runtime_error("a runtime cannot be closed while a call of another thread runs");
  stop();
}

hybrid::runtime& running() {
  if (!here().runtime) start(form::first_call, {}, hybrid::suppression::off);
  return *here().runtime;
}

}  // namespace

hybrid::runtime& asked_runtime() {
  if (!here().asked) throw std::runtime_error("no runtime is open: `with twillhpc.start() as here:`");
  return *here().runtime;
}

runtime_use::runtime_use(int threads) {
  if (threads != 0) return;
  static_cast<void>(running());
  ++here().uses;
  counted_in_ = here().pid;
}

runtime_use::~runtime_use() {
  if (counted_in_ == ::getpid()) --here().uses;
}

void bind_runtime(py::module_& m) {
  m.def("open", &open, py::arg("threads") = py::none(), py::arg("solver_threads") = "off",
        py::arg("job") = false);
  m.def("close", &close);
  m.def("fail", [](const std::string& what) { return asked_runtime().fail(std::runtime_error(what)); });
  m.def("rank", [] { return running().rank(); });
  m.def("size", [] { return running().size(); });
  m.def("threads", [] { return running().threads(); });
  m.def("topology_text", [] { return running().topology().to_string(); });
  m.def("topology_json", [] { return running().topology().to_json(); });
  py::module_::import("atexit").attr("register")(py::cpp_function([] {
    if (here().uses == 0) stop();
  }));
}

}  // namespace twill::python
