// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/callable.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/map_init.hpp"

#include <utility>

namespace twill::par {

namespace detail {

template <class F>
struct for_each_folder {
  leaf_function<F> function;
  template <class T>
  void consume(T&& item) {
    static_cast<void>(call(*function, std::forward<T>(item)));
  }
  [[nodiscard]] static constexpr bool full() { return false; }
  static constexpr unit complete() { return {}; }
};

template <class F>
struct for_each_consumer {
  using result_type = unit;
  const F* function;
  for_each_consumer split_off_left() { return *this; }
  auto into_folder() && { return for_each_folder<F>{leaf_function<F>(*function)}; }
  [[nodiscard]] keep_left<unit> to_reducer() const { return {}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

struct ignore_item {
  template <class T>
  constexpr void operator()(T&&) const noexcept {}
};
/// A function that returns nothing, as one that returns something: items cannot be void.
template <class F>
struct returning_unit {
  F function;
  template <class... A>
    requires std::is_invocable_v<const F&, A...>
  unit operator()(A&&... args) const {
    static_cast<void>(function(std::forward<A>(args)...));
    return {};
  }
};

struct for_each_impl {
  template <class R, class F>
  void operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::for_each", F, item_t<R>);
    static_cast<void>(std::move(range).drive(for_each_consumer<F>{&f}));
  }
};
struct for_each_with_impl {
  template <class R, class State, class F>
  void operator()(R range, State state, F f) const {
    for_each_impl{}(map_with_impl{}(std::move(range), std::move(state), returning_unit<F>{std::move(f)}),
                    ignore_item{});
  }
};
struct for_each_init_impl {
  template <class R, class Init, class F>
  void operator()(R range, Init init, F f) const {
    for_each_impl{}(map_init_impl{}(std::move(range), std::move(init), returning_unit<F>{std::move(f)}),
                    ignore_item{});
  }
};
}  // namespace detail

/// `for_each(f)`: calls `f(item)` once for each item, in no order.
inline constexpr detail::pipeable<detail::for_each_impl, 1> for_each{};
/// `for_each_with(state, f)`: `f(state&, item)`, each leaf with a copy of `state`.
inline constexpr detail::pipeable<detail::for_each_with_impl, 2> for_each_with{};
/// `for_each_init(init, f)`: `f(state&, item)`, each leaf with a state from `init()`.
inline constexpr detail::pipeable<detail::for_each_init_impl, 2> for_each_init{};

}  // namespace twill::par
