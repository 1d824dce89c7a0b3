// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/collect.hpp"

#include <utility>
#include <vector>

namespace twill::par {

namespace detail {
template <class Item, std::size_t I>
using column_t = std::vector<std::remove_cvref_t<std::tuple_element_t<I, std::remove_cvref_t<Item>>>>;

template <class R>
auto unzip_chain(R range) {
  using item = item_t<R>;
  return collect_chain<std::pair<column_t<item, 0>, column_t<item, 1>>>(std::move(range));
}
}  // namespace detail

/// `unzip()`: the first and the second elements of pairs, as two vectors.
[[nodiscard]] inline auto unzip() {
  return detail::closure{
      []<class R>(R&& range) { return detail::unzip_chain(as_parallel(std::forward<R>(range))); }};
}
template <parallel_source R>
[[nodiscard]] auto unzip(R&& range) {
  return detail::unzip_chain(as_parallel(std::forward<R>(range)));
}
/// `unzip<C1, C2>()`: into two collections of these types; each may again be a pair of collections.
template <class C1, class C2>
[[nodiscard]] auto unzip() {
  return collect<std::pair<C1, C2>>();
}
template <class C1, class C2, parallel_source R>
[[nodiscard]] auto unzip(R&& range) {
  return collect<std::pair<C1, C2>>(std::forward<R>(range));
}

}  // namespace twill::par
