// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/flat_map.hpp"
#include "twill/par/iter/map_init.hpp"
#include "twill/par/iter/take_any_while.hpp"
#include "twill/par/iter/try_types.hpp"

#include <optional>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// Keeps one failing item; the first one seen stops everybody.
template <class R>
struct first_failure_consumer {
  using result_type = std::optional<R>;
  one_way_flag* failed;

  struct folder_type {
    one_way_flag* failed;
    std::optional<R> failure{};
    template <class T>
    void consume(T&& item) {
      if (try_traits<R>::succeeded(item)) return;
      if (!failure) failure.emplace(std::forward<T>(item));
      failed->raise();
    }
    [[nodiscard]] bool full() const { return failed->is_up(); }
    result_type complete() && { return std::move(failure); }
  };
  struct reducer_type {
    result_type combine(result_type left, result_type right) const {
      return left ? std::move(left) : std::move(right);
    }
  };
  first_failure_consumer split_off_left() { return *this; }
  folder_type into_folder() && { return {failed}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] bool full() const { return failed->is_up(); }
};

/// What the `try_` consumers return when a stop token ended them; where the type cannot say so, the exception
/// goes on.
template <class R, class F>
R or_cancelled(F&& run) {
  if constexpr (requires {
                  { try_traits<R>::cancelled() } -> std::convertible_to<R>;
                }) {
    try {
      return std::forward<F>(run)();
    } catch (const cancelled&) {
      return try_traits<R>::cancelled();
    }
  } else {
    return std::forward<F>(run)();
  }
}

struct try_items_impl {
  template <class R>
  auto operator()(R range) const {
    using result = std::remove_cvref_t<item_t<R>>;
    return or_cancelled<result>([&]() -> result {
      one_way_flag failed;
      auto failure = std::move(range).drive(first_failure_consumer<result>{&failed});
      if (failure) return std::move(*failure);
      return try_traits<result>::wrap(typename try_traits<result>::value_type{});
    });
  }
};

struct try_for_each_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::try_for_each", F, item_t<R>);
    static_assert(try_type<std::remove_cvref_t<call_result_t<const F&, item_t<R>>>>,
                  "par::try_for_each: the callable must return bool, an optional or an expected");
    return try_items_impl{}(map_range<R, F>(std::move(range), std::move(f)));
  }
};
struct try_for_each_with_impl {
  template <class R, class State, class F>
  auto operator()(R range, State state, F f) const {
    return try_items_impl{}(map_with_impl{}(std::move(range), std::move(state), std::move(f)));
  }
};
struct try_for_each_init_impl {
  template <class R, class Init, class F>
  auto operator()(R range, Init init, F f) const {
    return try_items_impl{}(map_init_impl{}(std::move(range), std::move(init), std::move(f)));
  }
};
}  // namespace detail

/// `try_for_each(f)`: `f(item)` for each item until one fails; returns some failure, or success.
///
/// `f` returns bool, an optional or an expected. Items not yet started when a failure is seen are skipped.
inline constexpr detail::pipeable<detail::try_for_each_impl, 1> try_for_each{};
/// `try_for_each_with(state, f)`: `f(state&, item)`, each leaf with a copy of `state`.
inline constexpr detail::pipeable<detail::try_for_each_with_impl, 2> try_for_each_with{};
/// `try_for_each_init(init, f)`: `f(state&, item)`, each leaf with a state from `init()`.
inline constexpr detail::pipeable<detail::try_for_each_init_impl, 2> try_for_each_init{};

}  // namespace twill::par
