// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"
#include "twill/par/detail/sort/merge.hpp"
#include "twill/par/detail/sort/small_sort.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace twill::par::detail {

/// Reverses [first, first + n) by exchanges of pairs in parallel pieces.
template <class I>
void parallel_reverse(I first, std::size_t n) {
  const fixed_blocks blocks{n / 2, std::size_t{1} << 15};
  const I last = ahead(first, n);
  blocks.for_each([&](std::size_t, std::size_t begin, std::size_t end) {
    I low = ahead(first, begin);
    I high = last - static_cast<std::iter_difference_t<I>>(begin);
    for (std::size_t i = begin; i < end; ++i, ++low) std::ranges::iter_swap(low, --high);
  });
}

/// The element at `middle` comes first; every element moves once or twice.
template <class I>
void parallel_rotate(I first, std::size_t middle, std::size_t n) {
  if (middle == 0 || middle == n) return;
  if (n < 4 * fork_elements) {
    std::ranges::rotate(first, ahead(first, middle), ahead(first, n));
    return;
  }
  fork_both([&] { parallel_reverse(first, middle); },
            [&] { parallel_reverse(ahead(first, middle), n - middle); });
  parallel_reverse(first, n);
}

/// Merges two neighbouring sorted ranges without memory: the median by rank of both goes into place by a
/// rotation, then either half is a smaller merge. Stable; a throwing comparator leaves a permutation.
template <class I, class Less>
void merge_in_place(I first, std::size_t left, std::size_t n, const Less& less) {
  if (left == 0 || left == n) return;
  if (n <= 12) {
    for (std::size_t i = left; i < n; ++i) insert_tail(first, ahead(first, i), less);
    return;
  }
  const I right = ahead(first, left);
  const std::size_t half = n / 2;
  const std::size_t from_left = co_rank(half, first, left, right, n - left, less);
  const std::size_t from_right = half - from_left;
  parallel_rotate(ahead(first, from_left), left - from_left, left - from_left + from_right);
  fork_if(
      n >= 2 * fork_elements, [&] { merge_in_place(first, from_left, half, less); },
      [&] { merge_in_place(ahead(first, half), left - from_left, n - half, less); });
}

/// Stable sort for when there is no scratch memory: O(n log n) comparisons, O(n log^2 n) moves.
template <class I, class Less>
void merge_sort_in_place(I first, std::size_t n, const Less& less) {
  if (n <= small_size<I>) return small_sort(first, ahead(first, n), less);
  const std::size_t half = n / 2;
  fork_if(
      n >= 2 * fork_elements, [&] { merge_sort_in_place(first, half, less); },
      [&] { merge_sort_in_place(ahead(first, half), n - half, less); });
  if (less(*ahead(first, half), *ahead(first, half - 1))) merge_in_place(first, half, n, less);
}

}  // namespace twill::par::detail
