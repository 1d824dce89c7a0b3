// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/held.hpp"
#include "twill/par/iter/fold_chunks.hpp"

#include <vector>

namespace twill::par {

namespace detail {

struct vector_group {
  static constexpr std::string_view name = "chunks";
  template <class Item>
  using result = std::vector<std::remove_cvref_t<Item>>;
  template <class Cursor>
  auto operator()(Cursor& cursor, std::size_t first, std::size_t last) const {
    std::vector<std::remove_cvref_t<decltype(cursor(first))>> items;
    items.reserve(last - first);
    for (std::size_t i = first; i < last; ++i) items.push_back(cursor(i));
    return items;
  }
};

struct chunks_impl {
  template <class R>
  auto operator()(R range, item_count n) const {
    static_assert(indexed_parallel_range<R>, "par::chunks: the chain must be indexed");
    require_positive("par::chunks", n);
    return grouped_range<R, vector_group>(std::move(range), n, {});
  }
};
}  // namespace detail

/// `chunks(n)`: vectors of n items each, the last one shorter. `chunk(n)` gives spans of a slice instead.
/// Throws: `std::invalid_argument` when n is 0.
inline constexpr detail::pipeable<detail::chunks_impl, 1> chunks{};

}  // namespace twill::par
