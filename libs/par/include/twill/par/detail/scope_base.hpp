// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/broadcast_context.hpp"
#include "twill/par/detail/completion.hpp"
#include "twill/par/detail/task.hpp"

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace twill::par {

/// How a scope treats stops and failures.
struct scope_options {
  std::stop_token stop{};       ///< `stop_requested()` also answers for this token
  bool skip_on_stop = false;    ///< tasks that did not start when the stop came are destroyed unrun
  bool collect_errors = false;  ///< report all failures in an `aggregate_error` instead of the first
};

namespace detail {

struct collected_errors;

/// Counting of a scope's tasks, its first error, its stop. src/core/README-scope.md has the states.
///
/// Invariants:
///   (1) pending_ is one for the body plus one for each task that was spawned and has not ended;
///   (2) who brings pending_ to zero sets the completion, and touches nothing of the scope after that;
///   (3) error_ is written by the one thread whose exchange of has_error_ found false, before it counts
///   itself down.
class scope_base {
 public:
  scope_base(registry& pool, worker* waiter, const scope_options& options);
  scope_base(const scope_base&) = delete;
  scope_base& operator=(const scope_base&) = delete;
  ~scope_base();

  /// Asks the tasks to end early: `stop_requested()` is true from now on.
  void request_stop() noexcept {
    // ORD relaxed [C4]: a flag that carries no data.
    stop_.store(true, std::memory_order_relaxed);
  }
  /// Whether this scope, the token it was given, or its pool was stopped.
  [[nodiscard]] bool stop_requested() const noexcept;

  // The rest is for the spawn functions below.
  [[nodiscard]] registry& pool() const noexcept { return *pool_; }
  void task_added(std::size_t n = 1) noexcept {
    // ORD relaxed [C1]: the spawner holds a count itself, so the scope cannot end meanwhile.
    pending_.fetch_add(n, std::memory_order_relaxed);
  }
  void task_ended() noexcept {
    // ORD acq_rel [C2]: release publishes what the task did; the last one acquires it all before it sets the
    // completion.
    if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) completion_.set(*pool_);
  }
  [[nodiscard]] bool skip_task() noexcept;
  void record(std::exception_ptr error, std::size_t spawn_number) noexcept;
  [[nodiscard]] std::size_t next_spawn_number() noexcept;
  /// The body ended: waits for the tasks, then throws what there is to throw.
  void finish_and_rethrow();

 private:
  registry* pool_;
  std::atomic<std::size_t> pending_{1};
  completion completion_;
  std::atomic<bool> has_error_{false};
  std::atomic<bool> stop_{false};
  std::atomic<bool> skipped_{false};
  std::exception_ptr error_;
  scope_options options_;
  std::unique_ptr<collected_errors> collected_;
};

inline constexpr std::size_t body_number = static_cast<std::size_t>(-1);

template <class Scope, class G>
struct scope_task final : job {
  template <class T>
  scope_task(Scope& s, T&& g, std::size_t n)
      : job(&scope_task::run_task), owner(&s), number(n), function(std::forward<T>(g)) {}

  static void run_task(job* self, worker& seat) {
    auto* const task = static_cast<scope_task*>(self);
    Scope& s = *task->owner;
    if (!s.skip_task()) {
      std::exception_ptr error = capture([&] {
        if constexpr (std::is_invocable_v<G&>) {
          static_cast<void>(task->function());
        } else {
          static_cast<void>(task->function(s));
        }
      });
      if (error != nullptr) s.record(std::move(error), task->number);
    }
    // The closure may own what borrows from the scope's caller: it goes before the scope may end.
    destroy_task(&seat, task);
    s.task_ended();
  }

  Scope* owner;
  std::size_t number;
  G function;
};

template <class Scope, class G>
void spawn_in(Scope& s, G&& g) {
  using task = scope_task<Scope, std::decay_t<G>>;
  task* const t = make_task<task>(s, std::forward<G>(g), s.next_spawn_number());
  s.task_added();
  push_or_inject(s.pool(), t);
}

/// One FIFO for each seat: the deque gets an indirection job, so that a newest-first deque starts tasks
/// oldest first.
class fifo_queues {
 public:
  explicit fifo_queues(registry& pool);
  fifo_queues(const fifo_queues&) = delete;
  fifo_queues& operator=(const fifo_queues&) = delete;
  ~fifo_queues();
  void push(registry& pool, job* j);

 private:
  struct queue;
  std::unique_ptr<queue[]> queues_;
};

template <class Scope, class G>
void spawn_fifo_in(Scope& s, fifo_queues& queues, G&& g) {
  using task = scope_task<Scope, std::decay_t<G>>;
  task* const t = make_task<task>(s, std::forward<G>(g), s.next_spawn_number());
  s.task_added();
  queues.push(s.pool(), t);
}

/// A closure that every worker runs once; the last one destroys it, then `Done` hears of each end.
template <class G, class OnEnd>
class broadcast_group {
 public:
  template <class T>
  static void start(registry& pool, T&& g, OnEnd on_end) {
    const std::size_t n = worker_count(pool);
    auto group =
        std::unique_ptr<broadcast_group>(new broadcast_group(std::forward<T>(g), std::move(on_end), n));
    auto pointers = std::make_unique<job*[]>(n);
    for (std::size_t i = 0; i < n; ++i) {
      group->jobs_[i].group = group.get();
      pointers[i] = &group->jobs_[i];
    }
    // From here on the workers own the group.
    static_cast<void>(group.release());
    inject_broadcast(pool, pointers.get());
  }

 private:
  struct member final : job {
    member() : job(&member::run_member) {}
    static void run_member(job* self, worker& seat) {
      broadcast_group* const group = static_cast<member*>(self)->group;
      const broadcast_context context(seat.index(), group->size_);
      OnEnd on_end = group->on_end_;
      std::exception_ptr error =
          on_end.skip() ? nullptr
                        : capture([&] { static_cast<void>(std::as_const(group->function_)(context)); });
      // ORD acq_rel [C3]: the last member destroys the closure after every use of it.
      if (group->left_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete group;
      on_end.ended(std::move(error), context.index());
    }
    broadcast_group* group = nullptr;
  };

  template <class T>
  broadcast_group(T&& g, OnEnd on_end, std::size_t n)
      : function_(std::forward<T>(g)), on_end_(std::move(on_end)), size_(n), left_(n), jobs_(new member[n]) {}

  G function_;
  OnEnd on_end_;
  std::size_t size_;
  std::atomic<std::size_t> left_;
  std::unique_ptr<member[]> jobs_;
};

struct scope_broadcast_end {
  scope_base* scope;
  std::size_t number;
  [[nodiscard]] bool skip() const noexcept { return scope->skip_task(); }
  void ended(std::exception_ptr error, std::size_t) noexcept {
    if (error != nullptr) scope->record(std::move(error), number);
    scope->task_ended();
  }
};

template <class G>
void broadcast_in(scope_base& s, G&& g) {
  const std::size_t n = worker_count(s.pool());
  s.task_added(n);
  try {
    broadcast_group<std::decay_t<G>, scope_broadcast_end>::start(s.pool(), std::forward<G>(g),
                                                                 {&s, s.next_spawn_number()});
  } catch (...) {
    for (std::size_t i = 0; i < n; ++i) s.task_ended();
    throw;
  }
}

/// Runs the body with a scope that `waiter` will wait for (null: the calling thread, which is no worker).
template <class Scope, class F>
decltype(auto) run_scope(registry& pool, worker* waiter, const scope_options& options, F& f) {
  using result = value_of<std::invoke_result_t<F&, Scope&>>;
  Scope s(pool, waiter, options);
  outcome_slot<result> out;
  out.fill([&]() -> result { return invoke_value(f, s); });
  if (out.failed()) s.record(out.error(), body_number);
  s.finish_and_rethrow();
  return out.take();
}

template <class Scope, class F>
decltype(auto) scope_value(registry* pool, const scope_options& options, F& f) {
  worker* const seat = current_worker();
  if (seat != nullptr && (pool == nullptr || &seat->pool() == pool)) {
    return run_scope<Scope>(seat->pool(), seat, options, f);
  }
  return enter_with(pool, true, [&](worker& there, bool) -> decltype(auto) {
    return run_scope<Scope>(there.pool(), &there, options, f);
  });
}

template <class Scope, class F>
decltype(auto) scope_in(registry* pool, const scope_options& options, F& f) {
  if constexpr (std::is_void_v<std::invoke_result_t<F&, Scope&>>) {
    static_cast<void>(scope_value<Scope>(pool, options, f));
  } else {
    return scope_value<Scope>(pool, options, f);
  }
}

template <class Scope, class F>
decltype(auto) scope_in_place(registry& pool, const scope_options& options, F& f) {
  if constexpr (std::is_void_v<std::invoke_result_t<F&, Scope&>>) {
    static_cast<void>(run_scope<Scope>(pool, current_worker(), options, f));
  } else {
    return run_scope<Scope>(pool, current_worker(), options, f);
  }
}

}  // namespace detail
}  // namespace twill::par
