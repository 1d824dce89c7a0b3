// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace twill::par::detail {

/// Pieces of a merge that run in parallel have about this many elements.
inline constexpr std::size_t merge_piece = 16384;

/// Moves [first, last) to `out` and returns the end.
template <class I, class O>
O move_range(I first, I last, O out) {
  for (; first != last; ++first, ++out) *out = std::ranges::iter_move(first);
  return out;
}

/// Moves two sorted ranges into one, stable (the left one first among equals).
///
/// When the comparator throws, the rest is moved in any order, so that the output holds every element exactly
/// once. Elements that are cheap to copy are merged from both ends at the same time: neither direction has a
/// branch that depends on the data, and the two chains of comparisons run side by side. A step may take at
/// most one element from either side, so as many steps as half of the shorter side stay in bounds whatever
/// the comparator says.
template <class I, class O, class Less>
void merge_runs(I left, I left_end, I right, I right_end, O out, const Less& less) {
  O out_end = ahead(out, span_of(left, left_end) + span_of(right, right_end));
  try {
    if constexpr (copies_cheaply<I>) {
      for (;;) {
        const auto steps = std::min(left_end - left, right_end - right) / 2;
        if (steps == 0) break;
        for (auto i = steps; i != 0; --i) {
          const bool take_right = less(*right, *left);
          const bool keep_left = less(*(right_end - 1), *(left_end - 1));
          *out++ = *(take_right ? right : left);
          right += take_right;
          left += !take_right;
          *--out_end = *(keep_left ? left_end - 1 : right_end - 1);
          left_end -= keep_left;
          right_end -= !keep_left;
        }
      }
    }
    while (left != left_end && right != right_end) {
      if (less(*right, *left)) {
        *out = std::ranges::iter_move(right);
        ++right;
      } else {
        *out = std::ranges::iter_move(left);
        ++left;
      }
      ++out;
    }
  } catch (...) {
    move_range(right, right_end, move_range(left, left_end, out));
    throw;
  }
  move_range(right, right_end, move_range(left, left_end, out));
}

/// How many of the first `k` elements of the merge come from the left range.
template <class I, class J, class Less>
[[nodiscard]] std::size_t co_rank(std::size_t k, I left, std::size_t left_size, J right,
                                  std::size_t right_size, const Less& less) {
  std::size_t low = k > right_size ? k - right_size : 0;
  std::size_t high = std::min(k, left_size);
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    // middle < left_size, and k - middle - 1 < right_size because middle >= k - right_size.
    if (less(*ahead(right, k - middle - 1), *ahead(left, middle))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// As `merge_runs`, cut into pieces by rank that run in parallel.
template <class I, class O, class Less>
void parallel_merge_runs(I left, I left_end, I right, I right_end, O out, const Less& less) {
  const std::size_t left_size = span_of(left, left_end);
  const std::size_t n = left_size + span_of(right, right_end);
  if (n <= 2 * merge_piece) return merge_runs(left, left_end, right, right_end, out, less);
  std::size_t from_left = 0;
  try {
    from_left = co_rank(n / 2, left, left_size, right, n - left_size, less);
  } catch (...) {
    move_range(right, right_end, move_range(left, left_end, out));
    throw;
  }
  const I left_cut = ahead(left, from_left);
  const I right_cut = ahead(right, n / 2 - from_left);
  fork_both([&] { parallel_merge_runs(left, left_cut, right, right_cut, out, less); },
            [&] { parallel_merge_runs(left_cut, left_end, right_cut, right_end, ahead(out, n / 2), less); });
}

}  // namespace twill::par::detail
