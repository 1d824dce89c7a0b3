// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"
#include "twill/par/detail/sort/merge.hpp"
#include "twill/par/detail/sort/merge_in_place.hpp"
#include "twill/par/detail/sort/quick_sort.hpp"
#include "twill/par/detail/sort/scratch.hpp"
#include "twill/par/detail/sort/small_sort.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// Moves everything from one array to the other if the scope is left by an exception.
template <class I, class O>
struct move_on_unwind {
  I from;
  std::size_t size;
  O to;
  bool armed = true;

  move_on_unwind(I source, std::size_t n, O target) noexcept : from(source), size(n), to(target) {}
  move_on_unwind(const move_on_unwind&) = delete;
  move_on_unwind& operator=(const move_on_unwind&) = delete;
  ~move_on_unwind() {
    if (armed) move_range(from, ahead(from, size), to);
  }
};

/// A stable merge sort between the range and an array of as many elements beside it.
///
/// The tree is cut in halves by length alone. A node brings its elements, sorted, to the side its parent
/// names, and does so (in any order) when the comparator throws as well: whatever happens, the root's
/// elements are in the range. Invariant: on entry of a node all its elements are in the range and `side`
/// holds constructed elements without a value.
template <class I, class Less>
class merge_sorter {
 public:
  using value = std::iter_value_t<I>;

  merge_sorter(I range, value* side, const Less& less) noexcept : range_(range), side_(side), less_(&less) {}

  void to_range(std::size_t begin, std::size_t n) const {
    const I first = ahead(range_, begin);
    if (n <= small_size<I>) return small_sort(first, ahead(first, n), *less_);
    if (n >= run_worth && sorted_as_run(first, n, *less_)) return;
    const std::size_t half = n / 2;
    value* const side = side_ + begin;
    move_on_unwind unsorted(side, n, first);
    halves(begin, n, [this](std::size_t at, std::size_t size) { to_side(at, size); });
    unsorted.armed = false;
    combine(side, half, n, first);
  }

  void to_side(std::size_t begin, std::size_t n) const {
    const I first = ahead(range_, begin);
    value* const side = side_ + begin;
    move_on_unwind unsorted(first, n, side);
    if (n <= small_size<I>) {
      if constexpr (copies_cheaply<I>) {
        small_sort_into(first, n, side, *less_);
        unsorted.armed = false;
        return;
      }
      small_sort(first, ahead(first, n), *less_);
      return;  // the guard moves the sorted elements
    }
    if (n >= run_worth && sorted_as_run(first, n, *less_)) return;
    halves(begin, n, [this](std::size_t at, std::size_t size) { to_range(at, size); });
    unsorted.armed = false;
    combine(first, n / 2, n, side);
  }

 private:
  /// Shorter ranges are not asked whether they are in order already: merges find that out at their ends.
  static constexpr std::size_t run_worth = 256;

  template <class F>
  void halves(std::size_t begin, std::size_t n, const F& sort) const {
    const std::size_t half = n / 2;
    fork_if(n >= 2 * fork_elements, [&] { sort(begin, half); }, [&] { sort(begin + half, n - half); });
  }

  template <class From, class To>
  void combine(From from, std::size_t half, std::size_t n, To to) const {
    const From middle = ahead(from, half);
    const From end = ahead(from, n);
    bool in_order = false;
    {
      move_on_unwind unmerged(from, n, to);
      in_order = !(*less_)(*middle, *(middle - 1));
      unmerged.armed = in_order;  // nothing to merge: the guard moves them
    }
    if (!in_order) parallel_merge_runs(from, middle, middle, end, to, *less_);
  }

  I range_;
  value* side_;
  const Less* less_;
};

/// Constructed elements beside a range for as long as a merge sort runs. Types that cannot be default
/// constructed are moved out of the range and back, so that every element is alive and no value is lost.
template <class I>
class side_elements {
 public:
  using value = std::iter_value_t<I>;
  static constexpr std::size_t block = std::size_t{1} << 14;

  side_elements(I first, std::size_t n, value* memory) : memory_(memory), size_(n) {
    if constexpr (!std::is_trivially_copyable_v<value>) {
      fixed_blocks{n, block}.for_each([=](std::size_t, std::size_t begin, std::size_t end) {
        if constexpr (std::is_nothrow_default_constructible_v<value>) {
          std::uninitialized_default_construct(memory + begin, memory + end);
        } else {
          for (std::size_t i = begin; i < end; ++i) {
            std::construct_at(memory + i, std::ranges::iter_move(ahead(first, i)));
            *ahead(first, i) = std::move(memory[i]);
          }
        }
      });
    }
  }
  side_elements(const side_elements&) = delete;
  side_elements& operator=(const side_elements&) = delete;
  ~side_elements() {
    if constexpr (!std::is_trivially_copyable_v<value>) {
      fixed_blocks{size_, block}.for_each([this](std::size_t, std::size_t begin, std::size_t end) {
        std::destroy(memory_ + begin, memory_ + end);
      });
    }
  }

 private:
  value* memory_;
  std::size_t size_;
};

template <class I, class Less>
void stable_sort_range(I first, std::size_t n, const Less& less) {
  if (n <= small_size<I>) return small_sort(first, ahead(first, n), less);
  if (sorted_as_run(first, n, less)) return;
  using value = std::iter_value_t<I>;
  const scratch<value> memory(n);
  in_pool(n, [&] {
    if (!memory) return merge_sort_in_place(first, n, less);
    const side_elements<I> side(first, n, memory.data());
    merge_sorter<I, Less>(first, memory.data(), less).to_range(0, n);
  });
}

/// Merges [0, left) and [left, n), both sorted, stable.
template <class I, class Less>
void merge_neighbours(I first, std::size_t left, std::size_t n, const Less& less) {
  if (left == 0 || left == n || !less(*ahead(first, left), *ahead(first, left - 1))) return;
  using value = std::iter_value_t<I>;
  const scratch<value> memory(n);
  in_pool(n, [&] {
    if (!memory) return merge_in_place(first, left, n, less);
    value* const side = memory.data();
    const side_elements<I> alive(first, n, side);
    fixed_blocks{n, merge_piece}.for_each([&](std::size_t, std::size_t begin, std::size_t end) {
      move_range(ahead(first, begin), ahead(first, end), side + begin);
    });
    parallel_merge_runs(side, side + left, side + left, side + n, first, less);
  });
}

}  // namespace twill::par::detail
