// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/map.hpp"

#include <type_traits>

namespace twill::par {

namespace detail {
struct copy_item {
  template <class T>
  constexpr std::remove_cvref_t<T> operator()(T&& item) const {
    return std::forward<T>(item);
  }
};
struct copy_items_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(std::is_constructible_v<std::remove_cvref_t<item_t<R>>, item_t<R>>,
                  "par::copy_items: the items of this chain cannot be copied");
    return map_range<R, copy_item>(std::move(range), copy_item{});
  }
};
}  // namespace detail

/// `copy_items()`: values instead of references.
inline constexpr detail::pipeable<detail::copy_items_impl, 0> copy_items{};

}  // namespace twill::par
