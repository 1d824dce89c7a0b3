// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/sequence.hpp"

#include <cstddef>
#include <iterator>
#include <ranges>
#include <span>
#include <type_traits>

namespace twill::par::detail {

template <class R>
inline constexpr bool is_slice = false;
template <class It>
inline constexpr bool is_slice<sequence_range<It>> = true;

/// n elements from an iterator on: a span over contiguous memory, else a subrange.
template <class It>
constexpr auto piece_of(It first, std::size_t n) {
  if constexpr (std::is_pointer_v<It>) {
    return std::span<std::remove_pointer_t<It>>(first, n);
  } else {
    return std::ranges::subrange<It>(first, first + static_cast<std::iter_difference_t<It>>(n));
  }
}
template <class It>
using piece_t = decltype(piece_of(std::declval<It>(), std::size_t{}));

template <class It>
constexpr decltype(auto) element(const It& first, std::size_t i) {
  return first[static_cast<std::iter_difference_t<It>>(i)];
}
template <class It>
constexpr It advanced(const It& first, std::size_t n) {
  return first + static_cast<std::iter_difference_t<It>>(n);
}

}  // namespace twill::par::detail
