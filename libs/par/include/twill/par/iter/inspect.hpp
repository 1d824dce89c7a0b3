// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/map.hpp"

#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {
template <class F>
struct look_at {
  F function;
  template <class T>
  constexpr T operator()(T&& item) const {
    static_cast<void>(call(function, static_cast<const std::remove_reference_t<T>&>(item)));
    return std::forward<T>(item);
  }
};
struct inspect_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::inspect", F, const std::remove_reference_t<item_t<R>>&);
    return map_range<R, look_at<F>>(std::move(range), look_at<F>{std::move(f)});
  }
};
}  // namespace detail

/// `inspect(f)`: `f(const item&)` as each item passes by.
inline constexpr detail::pipeable<detail::inspect_impl, 1> inspect{};

}  // namespace twill::par
