// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/configuration.hpp"
#include "core/fifo_job.hpp"
#include "core/job_queue.hpp"
#include "core/task_memory.hpp"
#include "twill/par/detail/completion.hpp"
#include "twill/par/pool.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <vector>

namespace twill::par::detail {

/// What a seat needs beside the hot members of `worker`. The owner's, except the queue, the latch and the
/// counters.
struct worker_extra {
  job_queue broadcasts;
  fifo_job spawned_fifo;
  task_memory memory;
  latch terminate;
  std::uint64_t random_state = 1;
  std::size_t steal_depth = 0;  ///< foreign jobs that run on top of each other on this seat's stack
  bool has_guest = false;
  bool has_thread = true;  ///< false for the seat of use_current_thread: nobody else may sit there
  pthread_t thread{};
  bool joinable = false;
  std::atomic<std::uint64_t> stolen{0};
  std::atomic<std::uint64_t> injected{0};
  std::atomic<std::uint64_t> sleeps{0};
};

/// A pool: seats, injector, sleep protocol, life and death.
///
/// Thread safety: all members may be called by any thread unless they say otherwise.
/// Invariants:
///   (1) detached_ is one for the handle plus one for each detached task that has not ended; at zero every
///   worker ends; (2) visitors_ counts the calls of outside threads that are inside; the pool must not end
///   before they are out; (3) a seat has one owner at a time: its thread, or a guest between borrow and
///   give_back.
class registry : public std::enable_shared_from_this<registry> {
 public:
  explicit registry(pool_plan plan);
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;
  ~registry();

  /// Creates a pool with its threads running.
  [[nodiscard]] static std::shared_ptr<registry> start(pool_plan plan);

  [[nodiscard]] std::size_t size() const noexcept { return seats_.size(); }
  [[nodiscard]] worker& seat(std::size_t i) noexcept { return *seats_[i]; }
  [[nodiscard]] const pool_plan& plan() const noexcept { return plan_; }
  [[nodiscard]] bool stop_requested() const noexcept { return plan_.options.stop.stop_requested(); }

  /// Throws when the threads of this pool did not survive a fork.
  void check_not_forked() const;
  [[nodiscard]] bool lost_in_fork() const noexcept;

  void inject(job* j);
  void inject_broadcast(job* const* jobs);
  void wake_sleepers(std::size_t n) noexcept;
  [[nodiscard]] bool has_injected() const noexcept { return !injector_.empty(); }

  /// Runs the call on behalf of a thread that sits in no pool.
  void enter_from_outside(seat_call call, bool guest);
  /// Runs the call on behalf of a worker of another pool.
  void enter_from(worker& other, seat_call call);

  void add_detached(std::size_t n);
  void end_detached() noexcept;
  [[nodiscard]] bool discards() const noexcept {
    // ORD relaxed [R3]: a task that misses the flag runs instead of being dropped.
    return discard_.load(std::memory_order_relaxed);
  }
  void handle_panic(std::exception_ptr error, const char* kind) noexcept;

  /// The life of worker i on the calling thread.
  void main_loop(std::size_t i);
  void worker_ended() noexcept;

  void shutdown(shutdown_mode mode);
  [[nodiscard]] bool shutdown_for(std::chrono::nanoseconds limit);
  [[nodiscard]] pool_counters counters() const noexcept;

  // For the worker's search.
  [[nodiscard]] job* find_foreign(worker& w) noexcept;
  [[nodiscard]] job* find_from(worker& w, worker& thief) noexcept;
  void active_again(worker& w) noexcept;
  [[nodiscard]] sleep_protocol<std_atomics>& sleep() noexcept { return sleep_; }

 private:
  void launch(std::size_t i);
  void fail_launch(std::size_t started, int code);
  void begin_shutdown(shutdown_mode mode);
  void wait_for_end();
  [[nodiscard]] worker* borrow() noexcept;
  void give_back(worker& w) noexcept;
  void run_threadless(seat_call call);

  pool_plan plan_;
  sleep_protocol<std_atomics> sleep_;
  std::vector<std::unique_ptr<worker>> seats_;
  job_queue injector_;
  std::mutex broadcast_mutex_;
  std::mutex threadless_mutex_;  ///< held by the thread that sits on the seat of a pool without threads
  std::atomic<std::size_t> detached_{1};
  std::atomic<std::size_t> visitors_{0};
  std::atomic<std::size_t> guests_{0};
  std::atomic<std::uint64_t> guest_calls_{0};
  std::atomic<bool> closed_{false};
  std::atomic<bool> discard_{false};
  std::uint64_t generation_;
  std::mutex end_mutex_;
  std::condition_variable end_condition_;
  std::size_t running_ = 0;
  bool joined_ = false;
};

/// Counts the forks this process descends from since the library was first used.
[[nodiscard]] std::uint64_t fork_generation() noexcept;
void watch_forks();
/// Bytes left on the calling thread's stack below the caller's frame.
[[nodiscard]] std::size_t stack_left() noexcept;

}  // namespace twill::par::detail
