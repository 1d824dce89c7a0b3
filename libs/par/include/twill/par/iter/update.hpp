// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/map.hpp"

#include <utility>

namespace twill::par {

namespace detail {
template <class F>
struct change {
  F function;
  template <class T>
  constexpr T operator()(T&& item) const {
    static_cast<void>(call(function, item));
    return std::forward<T>(item);
  }
};
struct update_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::update", F, std::remove_reference_t<item_t<R>>&);
    return map_range<R, change<F>>(std::move(range), change<F>{std::move(f)});
  }
};
}  // namespace detail

/// `update(f)`: `f(item&)` changes each item in place, then it passes on.
inline constexpr detail::pipeable<detail::update_impl, 1> update{};

}  // namespace twill::par
