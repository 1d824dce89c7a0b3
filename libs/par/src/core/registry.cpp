// SPDX-License-Identifier: Apache-2.0
#include "core/registry.hpp"

#include "twill/par/error.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace twill::par::detail {

namespace {

[[noreturn]] void raise_fatal(const std::string& what) { throw std::logic_error("twill::par: " + what); }

/// The terminate handler shows the exception that leaves a noexcept function: ours, with a sentence for the
/// user.
[[noreturn]] void terminate_with(const std::string& what) noexcept { raise_fatal(what); }

}  // namespace

void fatal(const char* what) noexcept { terminate_with(what); }

registry::registry(pool_plan plan) : plan_(std::move(plan)), generation_(fork_generation()) {
  seats_.reserve(plan_.num_threads);
  for (std::size_t i = 0; i < plan_.num_threads; ++i) {
    seats_.push_back(std::make_unique<worker>(*this, sleep_, i));
  }
  running_ = plan_.num_threads;
  if (plan_.options.use_current_thread || plan_.threadless) {
    --running_;
    seats_.front()->extra().has_thread = false;
  }
}

registry::~registry() = default;

bool registry::lost_in_fork() const noexcept { return generation_ != fork_generation(); }

void registry::check_not_forked() const {
  if (!lost_in_fork()) return;
  throw error(
      errc::pool_lost_in_fork,
      {.what = "this pool's threads belong to the process that forked",
       .hint = "make a new pool after fork(), or use the global one, which starts afresh in the child"});
}

void registry::inject(job* j) {
  check_not_forked();
  injector_.push(j);
  if (plan_.threadless) {
    run_threadless({});
    return;
  }
  const sleep_word now = sleep_.job_injected();
  if (now.sleeping() == 0) return;
  // Those that are awake and idle look at the injector before they sleep or leave ([S5], [S12]).
  if (now.inactive() <= now.sleeping()) wake_sleepers(1);
}

void registry::inject_broadcast(job* const* jobs) {
  check_not_forked();
  {
    // One lock for all queues: two broadcasts have the same order on every worker.
    const std::scoped_lock lock(broadcast_mutex_);
    for (std::size_t i = 0; i < seats_.size(); ++i) seats_[i]->extra().broadcasts.push(jobs[i]);
  }
  if (plan_.threadless) {
    run_threadless({});
    return;
  }
  static_cast<void>(sleep_.job_injected());
  for (auto& seat : seats_) seat->wake_for_latch();
}

namespace {

struct call_job final : job {
  call_job(registry& p, seat_call c, worker* waiter)
      : job(&call_job::run_call), pool(&p), call(c), done(waiter) {}
  static void run_call(job* self, worker& seat) {
    auto* const j = static_cast<call_job*>(self);
    registry& where = *j->pool;
    j->call.run(j->call.target, seat, true);
    j->done.set(where);
  }
  registry* pool;
  seat_call call;
  completion done;
};

[[noreturn]] void refuse_shut_down() {
  throw error(errc::pool_shut_down, {.what = "this pool was shut down and takes no work any more"});
}

}  // namespace

void registry::enter_from_outside(seat_call call, bool guest) {
  check_not_forked();
  struct visit {
    explicit visit(registry& p) : pool(p) {
      // ORD seq_cst [R1]: visitor counted before closed is read, against closed before visitors are read.
      pool.visitors_.fetch_add(1, std::memory_order_seq_cst);
    }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    // ORD release [R1]: what the visit did happens before the end of the pool.
    ~visit() { pool.visitors_.fetch_sub(1, std::memory_order_release); }
    registry& pool;
  } const inside(*this);
  // ORD seq_cst [R1]: see visit.
  if (closed_.load(std::memory_order_seq_cst)) refuse_shut_down();
  if (plan_.threadless) {
    run_threadless(call);
    return;
  }
  if (guest) {
    if (worker* const seat = borrow()) {
      current_worker_slot = seat;
      call.run(call.target, *seat, false);
      current_worker_slot = nullptr;
      give_back(*seat);
      return;
    }
  }
  call_job work(*this, call, nullptr);
  inject(&work);
  work.done.wait(*this);
}

void registry::enter_from(worker& other, seat_call call) {
  check_not_forked();
  // ORD acquire [R1]: a worker of another pool is no visitor; using a pool that is being destroyed is its
  // caller's error.
  if (closed_.load(std::memory_order_acquire)) refuse_shut_down();
  call_job work(*this, call, &other);
  inject(&work);
  work.done.wait(*this);
}

void registry::run_threadless(seat_call call) {
  worker& seat = *seats_.front();
  // A worker that broadcasts to its own pool: it runs what is queued when it waits.
  if (current_worker() == &seat) return;
  const std::scoped_lock lock(threadless_mutex_);
  current_worker_slot = &seat;
  if (call.run != nullptr) call.run(call.target, seat, false);
  // Nobody else will run what was left in the seat or injected meanwhile.
  for (;;) {
    job* j = seat.take();
    if (j == nullptr) j = seat.extra().broadcasts.pop();
    if (j == nullptr) j = injector_.pop();
    if (j == nullptr) break;
    seat.run(j);
  }
  current_worker_slot = nullptr;
}

worker* registry::borrow() noexcept {
  if (sleep_.read().sleeping() == 0) return nullptr;
  // ORD relaxed [R2]: a limit on how many, no data.
  if (guests_.fetch_add(1, std::memory_order_relaxed) < plan_.options.guest_slots) {
    // Guests start at the far end, wakers at the near one: they meet late.
    for (std::size_t i = seats_.size(); i-- > 0;) {
      worker& w = *seats_[i];
      if (sleep_.try_borrow(w.own_spot_)) {
        w.extra().has_guest = true;
        // ORD relaxed [R0]: a statistic.
        guest_calls_.fetch_add(1, std::memory_order_relaxed);
        return &w;
      }
    }
  }
  // ORD relaxed [R2]: see above.
  guests_.fetch_sub(1, std::memory_order_relaxed);
  return nullptr;
}

void registry::give_back(worker& w) noexcept {
  worker_extra& seat = w.extra();
  seat.has_guest = false;
  // ORD relaxed [R2]: see borrow.
  guests_.fetch_sub(1, std::memory_order_relaxed);
  if (!w.deque_looks_empty() || !seat.broadcasts.empty()) {
    sleep_.return_awake(w.own_spot_);
    return;
  }
  sleep_.return_asleep(w.own_spot_);
  // The seat's thread looked before it slept; what came while the guest sat there is looked for here.
  if (has_injected() || !seat.broadcasts.empty()) w.wake_for_latch();
}

void registry::add_detached(std::size_t n) {
  check_not_forked();
  const worker* const seat = current_worker();
  const bool inside = seat != nullptr && &seat->pool() == this;
  // ORD acquire [R1]: a task of a draining pool may still spawn; others may not.
  if (!inside && closed_.load(std::memory_order_acquire)) refuse_shut_down();
  // ORD relaxed [R4]: the spawner's own count, or the handle's, keeps it above zero.
  detached_.fetch_add(n, std::memory_order_relaxed);
}

void registry::end_detached() noexcept {
  // ORD acq_rel [R4]: all that the tasks did happens before the workers end.
  if (detached_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // The last worker to end lets the pool go: it must not go while this loop runs.
  const std::shared_ptr<registry> keep = weak_from_this().lock();
  for (auto& seat : seats_) {
    if (seat->extra().terminate.set()) seat->wake_for_latch();
  }
}

void registry::handle_panic(std::exception_ptr error, const char* kind) noexcept {
  if (plan_.options.panic_handler) {
    if (capture([&] { plan_.options.panic_handler(error); }) == nullptr) return;
    terminate_with(std::string("the panic handler threw for ") + kind);
  }
  std::string what = "an exception that is no std::exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    // No text to show: the sentence above stands.
    terminate_with(std::string(kind) + " threw and the pool has no panic handler: " + what);
  }
  terminate_with(std::string(kind) + " threw and the pool has no panic handler: " + what);
}

pool_counters registry::counters() const noexcept {
  pool_counters sum;
  for (const auto& seat : seats_) {
    const worker_extra& e = seat->extra();
    // ORD relaxed [R0]: statistics.
    sum.jobs_stolen += e.stolen.load(std::memory_order_relaxed);
    // ORD relaxed [R0]: statistics.
    sum.jobs_injected += e.injected.load(std::memory_order_relaxed);
    // ORD relaxed [R0]: statistics.
    sum.sleeps += e.sleeps.load(std::memory_order_relaxed);
  }
  // ORD relaxed [R0]: statistics.
  sum.guests = guest_calls_.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace twill::par::detail
