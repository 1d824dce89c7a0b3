// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/broadcast_context.hpp"
#include "twill/par/detail/scope_base.hpp"

#include <chrono>
#include <concepts>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace twill::par {

/// What a stop costs beside the tasks that run already: a polling task sees it, and a scope with
/// `skip_on_stop` destroys up to 20 000 queued tasks and returns, within this time on a machine that has a
/// CPU for each worker that is awake. No task of such a scope starts after the stop.
inline constexpr std::chrono::milliseconds stop_latency_bound{200};

/// The way to spawn tasks that borrow from the caller: the `scope` call returns after all of them ended.
///
/// Thread safety: every member may be called by the body and by any task of the scope.
class scope_t : public detail::scope_base {
 public:
  using scope_base::scope_base;

  /// Offers `g()` or `g(scope)` to the pool. The newest task of a worker starts first.
  template <class G>
    requires std::invocable<std::decay_t<G>&> || std::invocable<std::decay_t<G>&, scope_t&>
  void spawn(G&& g) {
    detail::spawn_in(*this, std::forward<G>(g));
  }

  /// Runs `g(broadcast_context)` once on every worker of the scope's pool.
  template <class G>
    requires std::invocable<const std::decay_t<G>&, broadcast_context>
  void spawn_broadcast(G&& g) {
    detail::broadcast_in(*this, std::forward<G>(g));
  }
};

/// As `scope_t`; tasks that one thread spawns with `spawn_fifo` start in the order they were spawned.
class scope_fifo_t : public detail::scope_base {
 public:
  explicit scope_fifo_t(detail::registry& pool, detail::worker* waiter, const scope_options& options)
      : scope_base(pool, waiter, options), queues_(pool) {}

  /// Offers `g()` or `g(scope)` to the pool. The oldest task that the calling thread spawned starts first.
  template <class G>
    requires std::invocable<std::decay_t<G>&> || std::invocable<std::decay_t<G>&, scope_fifo_t&>
  void spawn_fifo(G&& g) {
    detail::spawn_fifo_in(*this, queues_, std::forward<G>(g));
  }

  /// Runs `g(broadcast_context)` once on every worker of the scope's pool.
  template <class G>
    requires std::invocable<const std::decay_t<G>&, broadcast_context>
  void spawn_broadcast(G&& g) {
    detail::broadcast_in(*this, std::forward<G>(g));
  }

 private:
  detail::fifo_queues queues_;
};

/// Runs `f(scope)` inside the pool and returns its value after `f` and every task that was spawned ended.
///
/// Outside of every pool, `f` runs on the calling thread when it can borrow a free seat, else on a worker.
/// Throws: of the exceptions of `f` and of the tasks, the first in time; the others are dropped and counted.
/// With `options.collect_errors`, an `aggregate_error` of all of them, the body's last.
/// With `options.skip_on_stop`, `cancelled` when tasks were left out.
template <class F>
  requires std::invocable<F&, scope_t&>
decltype(auto) scope(F&& f) {
  return detail::scope_in<scope_t>(nullptr, {}, f);
}
/// As above, with options.
template <class F>
  requires std::invocable<F&, scope_t&>
decltype(auto) scope(const scope_options& options, F&& f) {
  return detail::scope_in<scope_t>(nullptr, options, f);
}

/// As `scope`, with `spawn_fifo`.
template <class F>
  requires std::invocable<F&, scope_fifo_t&>
decltype(auto) scope_fifo(F&& f) {
  return detail::scope_in<scope_fifo_t>(nullptr, {}, f);
}
/// As above, with options.
template <class F>
  requires std::invocable<F&, scope_fifo_t&>
decltype(auto) scope_fifo(const scope_options& options, F&& f) {
  return detail::scope_in<scope_fifo_t>(nullptr, options, f);
}

/// As `scope`, reporting every failure in one `aggregate_error`.
template <class F>
  requires std::invocable<F&, scope_t&>
decltype(auto) scope_collect_errors(F&& f) {
  return detail::scope_in<scope_t>(nullptr, {.collect_errors = true}, f);
}

/// As `scope`, but `f` runs on the calling thread as it is; only the tasks enter the pool. A caller that is
/// no worker sleeps while it waits.
template <class F>
  requires std::invocable<F&, scope_t&>
decltype(auto) in_place_scope(F&& f) {
  return detail::scope_in_place<scope_t>(detail::current_or_global(), {}, f);
}
/// As above, with options.
template <class F>
  requires std::invocable<F&, scope_t&>
decltype(auto) in_place_scope(const scope_options& options, F&& f) {
  return detail::scope_in_place<scope_t>(detail::current_or_global(), options, f);
}

/// As `in_place_scope`, with `spawn_fifo`.
template <class F>
  requires std::invocable<F&, scope_fifo_t&>
decltype(auto) in_place_scope_fifo(F&& f) {
  return detail::scope_in_place<scope_fifo_t>(detail::current_or_global(), {}, f);
}

}  // namespace twill::par
