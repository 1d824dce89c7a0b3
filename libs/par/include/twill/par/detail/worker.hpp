// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/deque.hpp"
#include "twill/par/detail/job.hpp"
#include "twill/par/detail/latch.hpp"
#include "twill/par/detail/sleep.hpp"

#include <cstddef>
#include <cstdint>

namespace twill::par::detail {

class registry;
struct worker_extra;

/// One seat of a pool: its deque and what its present owner needs. The owner is the seat's thread, or a guest
/// that borrowed the seat while that thread sleeps in its main loop.
///
/// Thread safety: everything is the owner's, except `wake_for_latch`, `wake_for_work` and the deque's thief
/// side.
class worker {
 public:
  worker(registry& pool, sleep_protocol<std_atomics>& sleep, std::size_t index);
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  ~worker();

  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] registry& pool() const noexcept { return *pool_; }
  [[nodiscard]] worker_extra& extra() noexcept { return *extra_; }

  /// Offers a job to thieves; the owner takes it back newest first.
  void push(job* j) {
    deque_.push(j);
    if (sleep_->wants_notice()) [[unlikely]]
      notify_pushed();
  }
  [[nodiscard]] job* take() noexcept { return deque_.take(); }
  [[nodiscard]] steal_result<job> steal() noexcept { return deque_.steal(); }
  [[nodiscard]] bool deque_looks_empty() const noexcept { return deque_.looks_empty(); }

  void run(job* j) { j->run(j, *this); }

  /// Works until the latch is set: own jobs, then other people's, then sleep. `thief` tells who runs the
  /// awaited job; `other_pool` that another pool will set the latch.
  void wait(latch& l, const std::atomic<worker*>* thief, bool other_pool = false) {
    if (!l.probe()) wait_slow(l, thief, other_pool);
  }
  /// For the setter of a latch whose `set` returned true.
  void wake_for_latch() noexcept { sleep_->unpark_waiter(own_spot_, guest_spot_); }
  /// For the poster of a job; true when this call woke the seat's owner.
  bool wake_for_work() noexcept {
    return sleep_->unpark(own_spot_, false) || sleep_->unpark(guest_spot_, false);
  }

 private:
  friend class registry;
  void notify_pushed() noexcept;
  void wait_slow(latch& l, const std::atomic<worker*>* thief, bool other_pool);

  work_deque<std_atomics, job> deque_;
  // Read by the owner alone in the steady state.
  alignas(line_pair) registry* pool_;
  sleep_protocol<std_atomics>* sleep_;
  std::size_t index_;
  worker_extra* extra_;
  // Written by wakers. The seat's thread and a guest each park on their own word.
  alignas(line_pair) parking_spot<std_atomics> own_spot_;
  parking_spot<std_atomics> guest_spot_;
};

/// The seat the calling thread sits on, null outside of every pool. Read once per fork; initial-exec, so that
/// reading it is one instruction also from a shared library.
[[gnu::visibility("default"),
  gnu::tls_model("initial-exec")]] extern constinit thread_local worker* current_worker_slot;

[[nodiscard]] inline worker* current_worker() noexcept { return current_worker_slot; }

/// A call into a pool that needs a seat: `run` gets it, and whether the work moved to another thread.
struct seat_call {
  void* target = nullptr;
  void (*run)(void* target, worker& seat, bool moved) = nullptr;
};

/// Runs the call on a seat of the pool (null: the global one) and returns when it ended: on the calling
/// thread where it sits in that pool; as a guest where a seat is free and `guest` allows; else on a worker,
/// while the caller waits. The call must not throw.
void enter(registry* pool, seat_call call, bool guest);

/// Runs `f(seat, moved)` through `enter` and brings its value or exception back.
template <class F>
decltype(auto) enter_with(registry* pool, bool guest, F&& f) {
  using result = value_of<std::invoke_result_t<F&, worker&, bool>>;
  struct frame {
    std::remove_reference_t<F>* function;
    outcome_slot<result> out;
  } state{std::addressof(f), {}};
  enter(pool,
        {&state,
         [](void* target, worker& seat, bool moved) {
           auto& s = *static_cast<frame*>(target);
           s.out.fill([&]() -> result { return invoke_value(*s.function, seat, moved); });
         }},
        guest);
  return state.out.take();
}

}  // namespace twill::par::detail
