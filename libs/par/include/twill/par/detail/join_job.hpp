// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/worker.hpp"

#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace twill::par {

/// What a forked closure is told about where it runs.
class fn_context {
 public:
  /// Made by the library for each call.
  explicit constexpr fn_context(bool migrated) noexcept : migrated_(migrated) {}
  /// True when the closure runs on another thread than the one that forked it.
  [[nodiscard]] constexpr bool migrated() const noexcept { return migrated_; }

 private:
  bool migrated_;
};

namespace detail {

/// The second closure of a join, in the frame of the caller.
///
/// Invariants:
///   (1) the frame lives until the job was taken back or `done` is set;
///   (2) `out` is written only by a thread that took the job from a queue, before `done` is set.
template <class B, class R>
struct join_job final : job {
  join_job(worker& seat, B& f) noexcept : job(&join_job::run_stolen), function(&f), owner(&seat) {}

  static void run_stolen(job* self, worker& seat) {
    auto* const j = static_cast<join_job*>(self);
    worker* const waiter = j->owner;
    // ORD relaxed [J1]: tells the waiter whom to help at a depth limit; a stale null only makes it sleep
    // instead.
    j->thief.store(&seat, std::memory_order_relaxed);
    j->out.fill([&]() -> R { return invoke_value(*j->function, fn_context(&seat != waiter)); });
    // The frame may be gone once the latch is set: only `waiter`, which lives as long as the pool, is used
    // after it.
    if (j->done.set()) waiter->wake_for_latch();
  }

  B* function;
  worker* owner;
  latch done;
  std::atomic<worker*> thief{nullptr};
  outcome_slot<R> out;
};

/// Makes sure that b ended: takes it back and returns true if nobody stole it, else works until its latch is
/// set.
template <class Job>
[[nodiscard]] inline bool take_back(worker& seat, Job& b) {
  for (;;) {
    job* const next = seat.take();
    if (next == &b) [[likely]]
      return true;
    if (next == nullptr) break;
    // Scope tasks that `a` left on top; running them here keeps newest first.
    seat.run(next);
    if (b.done.probe()) return false;
  }
  seat.wait(b.done, &b.thief);
  return false;
}

/// b after a threw: it always executes, and its own exception is dropped in favour of a's.
template <class Job, class B>
[[gnu::cold, gnu::noinline]] void finish_after_throw(worker& seat, Job& b, B& function) noexcept {
  if (take_back(seat, b)) {
    if (capture([&] { static_cast<void>(invoke_value(function, fn_context(false))); }) != nullptr)
      suppressed_exception();
  } else if (b.out.failed()) {
    suppressed_exception();
  }
}

template <class A, class Job, class B>
inline auto first_of_join(worker& seat, A& a, bool moved, Job& b, B& function)
    -> value_of<std::invoke_result_t<A&, fn_context>> {
  try {
    return invoke_value(a, fn_context(moved));
  } catch (...) {
    finish_after_throw(seat, b, function);
    throw;
  }
}

template <class A, class B>
inline auto join_on(worker& seat, bool moved, A& a, B& b) {
  using first = value_of<std::invoke_result_t<A&, fn_context>>;
  using second = value_of<std::invoke_result_t<B&, fn_context>>;
  join_job<B, second> forked(seat, b);
  seat.push(&forked);
  first left = first_of_join(seat, a, moved, forked, b);
  if (take_back(seat, forked)) [[likely]] {
    return std::pair<first, second>(std::forward<first>(left), invoke_value(b, fn_context(moved)));
  }
  return std::pair<first, second>(std::forward<first>(left), forked.out.take());
}

template <class A, class B>
inline auto join_pair(registry* pool, A& a, B& b) {
  worker* const seat = current_worker();
  if (seat != nullptr && (pool == nullptr || &seat->pool() == pool)) [[likely]]
    return join_on(*seat, false, a, b);
  return enter_with(pool, true, [&](worker& there, bool moved) { return join_on(there, moved, a, b); });
}

/// As `join_pair`, void when both closures return void.
template <class A, class B>
inline auto join_anywhere(registry* pool, A&& a, B&& b) {
  if constexpr (std::is_void_v<std::invoke_result_t<A&, fn_context>> &&
                std::is_void_v<std::invoke_result_t<B&, fn_context>>) {
    static_cast<void>(join_pair(pool, a, b));
  } else {
    return join_pair(pool, a, b);
  }
}

template <std::size_t First, class Tuple, std::size_t... I>
auto sub_tuple(Tuple& all, std::index_sequence<I...>) {
  return std::forward_as_tuple(std::get<First + I>(all)...);
}

/// Closures in a tuple of references, forked as a balanced tree; the values as one flat tuple.
template <class Tuple>
auto join_tree(Tuple all) {
  constexpr std::size_t size = std::tuple_size_v<Tuple>;
  if constexpr (size == 1) {
    using value = value_of<std::invoke_result_t<std::tuple_element_t<0, Tuple>>>;
    return std::tuple<value>(invoke_value(std::get<0>(all)));
  } else {
    auto left = [&all](fn_context) {
      return join_tree(sub_tuple<0>(all, std::make_index_sequence<size / 2>()));
    };
    auto right = [&all](fn_context) {
      return join_tree(sub_tuple<size / 2>(all, std::make_index_sequence<size - size / 2>()));
    };
    auto both = join_pair(nullptr, left, right);
    return std::tuple_cat(std::move(both.first), std::move(both.second));
  }
}

}  // namespace detail
}  // namespace twill::par
