// SPDX-License-Identifier: Apache-2.0
// Launches that run while their caller goes on.
#include "exec/executor_state.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

namespace twill::lanes {

struct pending_launch::shared {
  enum class phase : std::uint8_t { waiting, running, done };

  executor* owner = nullptr;
  const program* what = nullptr;
  execution_params params;

  std::mutex mutex;
  std::condition_variable ended;
  phase now = phase::waiting;  // guarded by mutex
  launch_result result;        // written before `now` is done
  std::exception_ptr failure;  // likewise

  // Whoever comes first runs it, a worker or the one who waits.
  void run() {
    {
      const std::lock_guard lock(mutex);
      if (now != phase::waiting) return;
      now = phase::running;
    }
    try {
      result = owner->launch(*what, params);
    } catch (...) {
      failure = std::current_exception();  // thrown again by get()
    }
    {
      const std::lock_guard lock(mutex);
      now = phase::done;
    }
    ended.notify_all();
  }
};

pending_launch::pending_launch(std::shared_ptr<shared> work) noexcept : work_(std::move(work)) {}
pending_launch::pending_launch(pending_launch&&) noexcept = default;
pending_launch& pending_launch::operator=(pending_launch&& other) noexcept {
  if (this == &other) return *this;
  if (work_) wait();
  work_ = std::move(other.work_);
  return *this;
}
pending_launch::~pending_launch() {
  if (work_) wait();
}

bool pending_launch::ready() const {
  const std::lock_guard lock(work_->mutex);
  return work_->now == shared::phase::done;
}

void pending_launch::wait() const {
  work_->run();
  std::unique_lock lock(work_->mutex);
  work_->ended.wait(lock, [&] { return work_->now == shared::phase::done; });
}

launch_result pending_launch::get() {
  wait();
  const std::shared_ptr<shared> work = std::move(work_);
  if (work->failure) std::rethrow_exception(work->failure);
  return work->result;
}

pending_launch executor::launch_async(const program& p, execution_params params) {
  auto work = std::make_shared<pending_launch::shared>();
  work->owner = this;
  work->what = &p;
  work->params = std::move(params);
  state_->team.spawn([work] { work->run(); });
  return pending_launch(std::move(work));
}

}  // namespace twill::lanes
