// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/less.hpp"
#include "twill/par/detail/sort/merge.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

namespace twill::par::detail {

/// Ranges up to this long are sorted by `small_sort`.
template <class I>
inline constexpr std::size_t small_size = copies_cheaply<I> ? 32 : 20;

/// Puts an element back into the range however the scope is left.
template <class I>
struct hole {
  std::iter_value_t<I> moving;
  I at;

  explicit hole(I from) : moving(std::ranges::iter_move(from)), at(from) {}
  hole(const hole&) = delete;
  hole& operator=(const hole&) = delete;
  ~hole() { *at = std::move(moving); }
  void move_from(I source) {
    *at = std::ranges::iter_move(source);
    at = source;
  }
};

/// Moves `*last` down into the sorted range [first, last). Stable.
template <class I, class Less>
void insert_tail(I first, I last, const Less& less) {
  I before = last;
  --before;
  if (!less(*last, *before)) return;
  hole<I> gap(last);
  do {
    gap.move_from(before);
    if (before == first) break;
    --before;
  } while (less(std::as_const(gap.moving), *before));
}

/// Stable, in place; a throwing comparator leaves a permutation.
template <class I, class Less>
void insertion_sort(I first, I last, const Less& less) {
  if (first == last) return;
  for (I next = first + 1; next != last; ++next) insert_tail(first, next, less);
}

/// Four elements from `in` to `out`, stable, without a branch that depends on the data: two pairs, then the
/// extremes of both, then the two in the middle.
template <class T, class Less>
void sort_four(const T* in, T* out, const Less& less) {
  const bool swap_low = less(in[1], in[0]);
  const bool swap_high = less(in[3], in[2]);
  const T* const a = in + swap_low;
  const T* const b = in + !swap_low;
  const T* const c = in + 2 + swap_high;
  const T* const d = in + 2 + !swap_high;
  // a <= b and c <= d; the order of equal elements is that of their places.
  const bool c_first = less(*c, *a);
  const bool d_not_last = less(*d, *b);
  const T* const least = c_first ? c : a;
  const T* const greatest = d_not_last ? b : d;
  const T* const left = c_first ? a : (d_not_last ? c : b);
  const T* const right = d_not_last ? d : (c_first ? b : c);
  const bool swap_middle = less(*right, *left);
  out[0] = *least;
  out[1] = *(swap_middle ? right : left);
  out[2] = *(swap_middle ? left : right);
  out[3] = *greatest;
}

/// At most `small_size` elements from `in` to `out` (which may be the same range), stable, with the help of
/// `spare`.
template <class T, class Less>
void small_sort_into(const T* in, std::size_t n, T* out, const Less& less) {
  std::array<T, 32> first;
  std::array<T, 32> second;
  std::size_t sorted = 0;
  for (; sorted + 4 <= n; sorted += 4) sort_four(in + sorted, first.data() + sorted, less);
  if (sorted != n) {
    std::copy(in + sorted, in + n, first.data() + sorted);
    insertion_sort(first.data() + sorted, first.data() + n, less);
  }
  T* from = first.data();
  T* to = second.data();
  for (std::size_t width = 4; width < n; width *= 2) {
    // The last round writes the result: it is complete even when the comparator throws in the middle of it.
    if (width * 2 >= n) to = out;
    for (std::size_t at = 0; at < n; at += 2 * width) {
      const std::size_t middle = std::min(at + width, n);
      const std::size_t end = std::min(at + 2 * width, n);
      merge_runs(from + at, from + middle, from + middle, from + end, to + at, less);
    }
    std::swap(from, to);
  }
  if (n <= 4) std::copy_n(from, n, out);
}

/// At most `small_size` elements in place, stable; a throwing comparator leaves a permutation.
template <class I, class Less>
void small_sort(I first, I last, const Less& less) {
  if constexpr (copies_cheaply<I>) {
    if (last - first > 4) return small_sort_into(first, span_of(first, last), first, less);
  }
  insertion_sort(first, last, less);
}

}  // namespace twill::par::detail
