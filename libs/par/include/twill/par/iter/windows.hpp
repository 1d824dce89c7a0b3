// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/pieces.hpp"
#include "twill/par/iter/fold_chunks.hpp"
#include "twill/par/iter/generate.hpp"

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// Windows overlap, so they are views of const elements.
template <class It>
constexpr auto const_start(It first) {
  if constexpr (std::is_pointer_v<It>) {
    return static_cast<const std::remove_pointer_t<It>*>(first);
  } else {
    return first;
  }
}

template <class It>
struct window_at {
  It first;
  std::size_t n;
  piece_t<It> operator()(std::size_t i) const { return piece_of(advanced(first, i), n); }
};
template <class It, std::size_t N>
struct array_window_at {
  It first;
  auto operator()(std::size_t i) const {
    return std::span<std::remove_pointer_t<It>, N>(advanced(first, i), N);
  }
};

template <class R>
auto make_windows(R range, item_count n) {
  static_assert(is_slice<R>, "par::windows: the data must be borrowed and have random access");
  require_positive("par::windows", n);
  const auto first = const_start(range.begin());
  using at = window_at<std::remove_const_t<decltype(first)>>;
  return generate_range<at>(range.len() < n ? 0 : range.len() - n + 1, at{first, n});
}
template <std::size_t N, class R>
auto make_array_windows(R range) {
  static_assert(N > 0, "par::windows: the size is 0, expected at least 1");
  static_assert(is_slice<R>, "par::windows: the data must be borrowed and have random access");
  const auto first = const_start(range.begin());
  static_assert(std::is_pointer_v<decltype(const_start(range.begin()))>,
                "par::windows<N>: the data must be contiguous");
  using at = array_window_at<std::remove_const_t<decltype(first)>, N>;
  return generate_range<at>(range.len() < N ? 0 : range.len() - N + 1, at{first});
}

}  // namespace detail

/// `windows(n)`: every n neighbours, as spans of const elements; none when there are fewer.
/// Throws: `std::invalid_argument` when n is 0.
[[nodiscard]] inline auto windows(detail::item_count n) {
  return detail::closure{
      [n]<class R>(R&& range) { return detail::make_windows(as_parallel(std::forward<R>(range)), n); }};
}
template <parallel_source R>
[[nodiscard]] auto windows(R&& range, detail::item_count n) {
  return detail::make_windows(as_parallel(std::forward<R>(range)), n);
}
/// `windows<N>()`: as `windows(N)`, as spans of a fixed length.
template <std::size_t N>
[[nodiscard]] auto windows() {
  return detail::closure{
      []<class R>(R&& range) { return detail::make_array_windows<N>(as_parallel(std::forward<R>(range))); }};
}
template <std::size_t N, parallel_source R>
[[nodiscard]] auto windows(R&& range) {
  return detail::make_array_windows<N>(as_parallel(std::forward<R>(range)));
}

}  // namespace twill::par
