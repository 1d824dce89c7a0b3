// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/less.hpp"

#include <cstddef>
#include <functional>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

template <class R>
concept sortable_source = std::ranges::random_access_range<R> && std::ranges::sized_range<R>;

template <class R, class Compare, class Proj>
concept sortable_range = sortable_source<R> && std::sortable<std::ranges::iterator_t<R>, Compare, Proj>;

/// What a range is to the kernels.
template <class R>
struct source {
  decltype(raw(std::ranges::begin(std::declval<R&>()))) first;
  std::size_t size;

  explicit source(R& range)
      : first(raw(std::ranges::begin(range))), size(static_cast<std::size_t>(std::ranges::size(range))) {}
};

template <class R>
[[nodiscard]] constexpr auto end_of(R& range) {
  return std::ranges::begin(range) +
         static_cast<std::ranges::range_difference_t<R>>(std::ranges::size(range));
}

template <class R, class Compare, class Proj>
consteval void require_shared_order() {
  static_assert(
      shared_order<std::ranges::iterator_t<R>, Compare, Proj>,
      "par::sort: workers share the comparator, so it must be callable through a reference to const "
      "(a mutable lambda is not)");
  static_assert(
      std::is_invocable_v<const Proj&, std::ranges::range_reference_t<R>>,
      "par::sort: workers share the projection, so it must be callable through a reference to const "
      "(a mutable lambda is not)");
}

template <class R>
using borrowed_end = std::ranges::borrowed_iterator_t<R>;

}  // namespace twill::par::detail
