// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"
#include "twill/par/detail/sort/partition.hpp"
#include "twill/par/detail/sort/small_sort.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

namespace twill::par::detail {

/// Sorts by exchanges alone, so that a throwing comparator leaves a permutation. O(n log n) whatever the
/// input.
template <class I, class Less>
void heap_sort(I first, std::size_t n, const Less& less) {
  const auto sift = [&](std::size_t at, std::size_t size) {
    for (std::size_t child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && less(*ahead(first, child), *ahead(first, child + 1))) ++child;
      if (!less(*ahead(first, at), *ahead(first, child))) return;
      std::ranges::iter_swap(ahead(first, at), ahead(first, child));
      at = child;
    }
  };
  for (std::size_t i = n / 2; i-- > 0;) sift(i, n);
  for (std::size_t size = n; size-- > 1;) {
    std::ranges::iter_swap(first, ahead(first, size));
    sift(0, size);
  }
}

template <class I, class Less>
[[nodiscard]] I median_of_three(I a, I b, I c, const Less& less) {
  const bool b_first = less(*b, *a);
  const bool c_before_b = less(*c, *b);
  if (b_first == c_before_b) return b;  // a <= b <= c or c < b < a
  const bool c_before_a = less(*c, *a);
  return b_first == c_before_a ? a : c;
}

/// Where a pivot is looked for: at fixed places, or at scattered ones once fixed places found a bad pivot
/// (an input with a pattern finds the same bad places again in every part). The places follow from lengths
/// alone, so that a sort stays a function of its input.
class pivot_places {
 public:
  pivot_places(std::size_t n, int depth, bool scattered) noexcept
      : state_(scattered ? (n * 0x9e3779b97f4a7c15U + static_cast<std::size_t>(depth)) | 1U : 0) {}

  /// A place below `size` that is `fixed` unless places are scattered.
  [[nodiscard]] std::size_t operator()(std::size_t fixed, std::size_t size) noexcept {
    if (state_ == 0) return fixed;
    state_ ^= state_ << 13U;  // xorshift (Marsaglia 2003)
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<std::size_t>(state_ % size);
  }

 private:
  std::uint64_t state_;
};

/// The place of a pivot: the more elements, the more of them are asked (a recursive median of three, after
/// Tukey's ninther).
template <class I, class Less>
[[nodiscard]] I choose_pivot(I first, std::size_t n, pivot_places places, const Less& less) {
  const auto part = [&](std::size_t begin, std::size_t size, const auto& self) -> I {
    if (size < 64) {
      const I at = ahead(first, begin);
      const std::size_t low = places(0, size);
      const std::size_t middle = places(size / 2, size);
      return median_of_three(ahead(at, low), ahead(at, middle), ahead(at, places(size - 1, size)), less);
    }
    const std::size_t eighth = size / 8;
    const I low = self(begin, eighth, self);
    const I middle = self(begin + 4 * eighth - eighth / 2, eighth, self);
    return median_of_three(low, middle, self(begin + size - eighth, eighth, self), less);
  };
  return part(0, n, part);
}

/// Whether a partition left so little on one side that pivots should be looked for elsewhere.
[[nodiscard]] constexpr bool uneven_parts(std::size_t below, std::size_t above) noexcept {
  return (below < above ? below : above) < (below + above) / 8;
}

/// Calls `f` with a copy of the pivot where copying is free, else with the pivot itself.
template <class I, class F>
auto with_pivot(I pivot, const F& f) {
  if constexpr (copies_cheaply<I>) {
    const auto copy = *pivot;
    return f(copy);
  } else {
    return f(*pivot);
  }
}

/// Introsort (Musser 1997) with branch-free partitions: in place, no allocation, O(n log n) in the worst
/// case, and a pure function of the input. `bound` tells whether an element before `first` is a lower bound
/// of the range, `scatter` whether the partition above was uneven.
template <class I, class Less>
void quick_sort(I first, std::size_t n, const Less& less, int depth, bool bound, bool scatter) {
  while (n > small_size<I>) {
    if (depth == 0) return heap_sort(first, n, less);
    --depth;
    std::ranges::iter_swap(first, choose_pivot(first, n, pivot_places(n, depth, scatter), less));
    const I rest = first + 1;
    // A pivot that is not above the bound equals it: everything equal goes left at once and is done.
    if (bound && !less(*(first - 1), *first)) {
      const std::size_t equal = with_pivot(first, [&](auto&& pivot) {
        return partition_by(rest, n - 1, [&](auto&& x) { return !less(pivot, x); });
      });
      first = ahead(rest, equal);
      n -= equal + 1;
      continue;
    }
    const std::size_t below = with_pivot(first, [&](auto&& pivot) {
      return partition_by(rest, n - 1, [&](auto&& x) { return less(x, pivot); });
    });
    const I middle = ahead(first, below);
    std::ranges::iter_swap(first, middle);
    const std::size_t above = n - below - 1;
    scatter = uneven_parts(below, above);
    if (n >= 2 * fork_elements && std::min(below, above) >= 512) {
      fork_both([&] { quick_sort(first, below, less, depth, bound, scatter); },
                [&] { quick_sort(middle + 1, above, less, depth, true, scatter); });
      return;
    }
    if (below < above) {
      quick_sort(first, below, less, depth, bound, scatter);
      first = middle + 1;
      n = above;
      bound = true;
    } else {
      quick_sort(middle + 1, above, less, depth, true, scatter);
      n = below;
    }
  }
  small_sort(first, ahead(first, n), less);
}

/// How many elements from the front are in order: ascending, or else strictly descending.
struct run {
  std::size_t size;
  bool descending;
};

template <class I, class Less>
[[nodiscard]] run find_run(I first, std::size_t n, const Less& less) {
  if (n < 2) return {n, false};
  const bool descending = less(*(first + 1), *first);
  std::size_t i = 2;
  for (I at = first + 1; i < n && static_cast<bool>(less(*(at + 1), *at)) == descending; ++at) ++i;
  return {i, descending};
}

template <class I>
void reverse_range(I first, std::size_t n) {
  std::ranges::reverse(first, ahead(first, n));
}

/// Sorts a range that is one run; false when it is more than one.
template <class I, class Less>
[[nodiscard]] bool sorted_as_run(I first, std::size_t n, const Less& less) {
  const run front = find_run(first, n, less);
  if (front.size != n) return false;
  if (front.descending) reverse_range(first, n);
  return true;
}

template <class I, class Less>
void unstable_sort_range(I first, std::size_t n, const Less& less) {
  if (sorted_as_run(first, n, less)) return;
  in_pool(n, [&] { quick_sort(first, n, less, 2 * static_cast<int>(std::bit_width(n)), false, false); });
}

}  // namespace twill::par::detail
