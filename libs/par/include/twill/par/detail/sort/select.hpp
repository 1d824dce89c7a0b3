// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/quick_sort.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>

namespace twill::par::detail {

/// Puts the element of rank `k` into place, none greater before it and none smaller behind it (Hoare's find
/// with the pivots and partitions of `quick_sort`). Linear in practice, O(n log n) in the worst case; a pure
/// function of the input.
template <class I, class Less>
void select_rank(I first, std::size_t n, std::size_t k, const Less& less) {
  bool bound = false;
  bool scatter = false;
  for (int depth = 2 * static_cast<int>(std::bit_width(n)); n > small_size<I>; --depth) {
    if (depth == 0) return heap_sort(first, n, less);
    std::ranges::iter_swap(first, choose_pivot(first, n, pivot_places(n, depth, scatter), less));
    const I rest = first + 1;
    if (bound && !less(*(first - 1), *first)) {
      const std::size_t equal = with_pivot(first, [&](auto&& pivot) {
        return partition_by(rest, n - 1, [&](auto&& x) { return !less(pivot, x); });
      });
      if (k <= equal) return;
      first = ahead(rest, equal);
      n -= equal + 1;
      k -= equal + 1;
      continue;
    }
    const std::size_t below = with_pivot(first, [&](auto&& pivot) {
      return partition_by(rest, n - 1, [&](auto&& x) { return less(x, pivot); });
    });
    const I middle = ahead(first, below);
    std::ranges::iter_swap(first, middle);
    if (k == below) return;
    scatter = uneven_parts(below, n - below - 1);
    if (k < below) {
      n = below;
    } else {
      first = middle + 1;
      n -= below + 1;
      k -= below + 1;
      bound = true;
    }
  }
  small_sort(first, ahead(first, n), less);
}

/// The `k` least elements, sorted, in front.
template <class I, class Less>
void sort_front(I first, std::size_t n, std::size_t k, const Less& less) {
  if (k == 0) return;
  if (k < n) select_rank(first, n, k - 1, less);
  quick_sort(first, k, less, 2 * static_cast<int>(std::bit_width(k)), false, false);
}

}  // namespace twill::par::detail
