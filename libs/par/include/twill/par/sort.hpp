// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/algorithm.hpp"
#include "twill/par/detail/sort/cached_key.hpp"
#include "twill/par/detail/sort/dispatch.hpp"
#include "twill/par/detail/sort/groups.hpp"
#include "twill/par/detail/sort/merge_in_place.hpp"
#include "twill/par/detail/sort/radix_key.hpp"
#include "twill/par/detail/sort/select.hpp"
#include "twill/par/detail/sort/source.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <new>
#include <ranges>
#include <type_traits>
#include <utility>

/// Sorts. Each takes a random access range, a comparator and a projection, as in std::ranges, and runs in the
/// pool of the calling worker, else in the global one; short ranges are sorted by the caller alone.
///
/// Workers share the comparator and the projection: both must be callable through a reference to const and
/// from several threads at once. A comparator that is no strict weak order (a NaN under `<`, for one) makes
/// the order meaningless, but the sort ends, stays inside the range and leaves a permutation of it. So does
/// an exception of a comparator or a projection, which reaches the caller after all workers left the range.
/// Elements must move without throwing.
namespace twill::par {

/// Sorts the range; equal elements keep their order. Returns the end of the range.
///
/// Numbers under `less`, `greater` or `total_less`, by themselves or as a data member of a small trivially
/// copyable element, are sorted by their bits; everything else by a merge sort. Effects: O(n) memory beside
/// the range, none for n <= 20; when it cannot be had the sort goes on in place. Complexity: O(n log n)
/// comparisons, O(n) for an ascending or strictly descending range.
template <std::ranges::random_access_range R, class Compare = std::ranges::less, class Proj = std::identity>
  requires detail::sortable_range<R, Compare, Proj>
detail::borrowed_end<R> sort(R&& range, Compare compare = {}, Proj proj = {}) {
  detail::require_shared_order<R, Compare, Proj>();
  const detail::source<R> all(range);
  detail::sort_stable(all.first, all.size, compare, proj);
  return detail::end_of(range);
}

/// As `sort` with this comparator.
template <std::ranges::random_access_range R, class Compare, class Proj = std::identity>
  requires detail::sortable_range<R, Compare, Proj>
detail::borrowed_end<R> sort_by(R&& range, Compare compare, Proj proj = {}) {
  return par::sort(std::forward<R>(range), std::move(compare), std::move(proj));
}

/// As `sort` by the order of `key(element)`, which is called at each comparison.
template <std::ranges::random_access_range R, class Key, class Compare = std::ranges::less>
  requires detail::sortable_range<R, Compare, Key>
detail::borrowed_end<R> sort_by_key(R&& range, Key key, Compare compare = {}) {
  return par::sort(std::forward<R>(range), std::move(compare), std::move(key));
}

/// As `sort_by_key`, with one call of `key` for each element, in parallel, before anything moves.
///
/// Effects: memory for n keys and n elements beside the range. When `key` or the comparator throws nothing
/// has moved. Throws: std::bad_alloc when there is no memory.
template <std::ranges::random_access_range R, class Key, class Compare = std::ranges::less>
  requires detail::sortable_source<R> && std::permutable<std::ranges::iterator_t<R>> &&
           std::regular_invocable<const Key&, std::ranges::range_reference_t<R>>
detail::borrowed_end<R> sort_by_cached_key(R&& range, Key key, Compare compare = {}) {
  const detail::source<R> all(range);
  detail::sort_cached(all.first, all.size, key, compare);
  return detail::end_of(range);
}

/// Sorts the range in place; equal elements may change their order, always in the same way for the same
/// input, however many threads there are. Returns the end of the range.
///
/// Effects: allocates nothing.
/// Complexity: O(n log n) comparisons, O(n) for an ascending or strictly descending range.
template <std::ranges::random_access_range R, class Compare = std::ranges::less, class Proj = std::identity>
  requires detail::sortable_range<R, Compare, Proj>
detail::borrowed_end<R> sort_unstable(R&& range, Compare compare = {}, Proj proj = {}) {
  detail::require_shared_order<R, Compare, Proj>();
  const detail::source<R> all(range);
  detail::sort_unstable(all.first, all.size, compare, proj);
  return detail::end_of(range);
}

/// As `sort_unstable` with this comparator.
template <std::ranges::random_access_range R, class Compare, class Proj = std::identity>
  requires detail::sortable_range<R, Compare, Proj>
detail::borrowed_end<R> sort_unstable_by(R&& range, Compare compare, Proj proj = {}) {
  return par::sort_unstable(std::forward<R>(range), std::move(compare), std::move(proj));
}

/// As `sort_unstable` by the order of `key(element)`, which is called at each comparison.
template <std::ranges::random_access_range R, class Key, class Compare = std::ranges::less>
  requires detail::sortable_range<R, Compare, Key>
detail::borrowed_end<R> sort_unstable_by_key(R&& range, Key key, Compare compare = {}) {
  return par::sort_unstable(std::forward<R>(range), std::move(compare), std::move(key));
}

/// Sorts by a whole or floating-point key, stable and without comparisons: passes over the digits of the key.
///
/// A key function that may throw is called once for each element, before anything moves; one that cannot
/// throw may be called several times. NaNs come last (negative ones first). Throws: std::bad_alloc when there
/// is no memory and the elements are not plain whole numbers.
template <std::ranges::random_access_range R, class Key = std::identity>
  requires detail::sortable_source<R> && std::permutable<std::ranges::iterator_t<R>> &&
           detail::radix_number<
               std::remove_cvref_t<std::invoke_result_t<const Key&, std::ranges::range_reference_t<R>>>>
detail::borrowed_end<R> radix_sort(R&& range, Key key = {}) {
  using element = std::ranges::range_value_t<R>;
  const detail::source<R> all(range);
  if constexpr (std::is_pointer_v<decltype(all.first)> && std::is_trivially_copyable_v<element> &&
                sizeof(element) <= 64 && std::is_nothrow_invocable_v<const Key&, const element&>) {
    const detail::element_key<detail::radix_order::less, detail::key_order::plain, Key> key_of{key};
    if (!detail::stable_radix_sort(all.first, all.size, key_of)) {
      if constexpr (!detail::key_is_all<element, Key>)
        throw std::bad_alloc();
      else
        detail::unstable_radix_sort(all.first, all.size, key_of);
    }
  } else {
    detail::sort_cached(all.first, all.size, key, std::ranges::less());
  }
  return detail::end_of(range);
}

/// Puts the element that a sort would put at `nth` there, none greater before it and none smaller behind it.
/// In place.
template <std::ranges::random_access_range R, class Compare = std::ranges::less, class Proj = std::identity>
  requires detail::sortable_range<R, Compare, Proj>
detail::borrowed_end<R> nth_element(R&& range, std::ranges::iterator_t<R> nth, Compare compare = {},
                                    Proj proj = {}) {
  detail::require_shared_order<R, Compare, Proj>();
  const detail::source<R> all(range);
  const auto k = static_cast<std::size_t>(nth - std::ranges::begin(range));
  if (k < all.size) {
    detail::in_pool(all.size, [&] {
      detail::select_rank(all.first, all.size, k, detail::projected_less(compare, proj));
    });
  }
  return detail::end_of(range);
}

/// Puts the least elements, sorted, before `middle`. In place, not stable.
template <std::ranges::random_access_range R, class Compare = std::ranges::less, class Proj = std::identity>
  requires detail::sortable_range<R, Compare, Proj>
detail::borrowed_end<R> partial_sort(R&& range, std::ranges::iterator_t<R> middle, Compare compare = {},
                                     Proj proj = {}) {
  detail::require_shared_order<R, Compare, Proj>();
  const detail::source<R> all(range);
  const auto k = static_cast<std::size_t>(middle - std::ranges::begin(range));
  detail::in_pool(all.size,
                  [&] { detail::sort_front(all.first, all.size, k, detail::projected_less(compare, proj)); });
  return detail::end_of(range);
}

/// Merges the sorted ranges [begin, middle) and [middle, end). Stable; with memory for n elements beside the
/// range, or in place when it cannot be had.
template <std::ranges::random_access_range R, class Compare = std::ranges::less, class Proj = std::identity>
  requires detail::sortable_range<R, Compare, Proj>
detail::borrowed_end<R> inplace_merge(R&& range, std::ranges::iterator_t<R> middle, Compare compare = {},
                                      Proj proj = {}) {
  detail::require_shared_order<R, Compare, Proj>();
  const detail::source<R> all(range);
  const auto left = static_cast<std::size_t>(middle - std::ranges::begin(range));
  detail::merge_neighbours(all.first, left, all.size, detail::projected_less(compare, proj));
  return detail::end_of(range);
}

/// Collects the items of the range by key: keys ascend, the items of a key keep the order of the range.
///
/// Items of an rvalue container are moved, others copied. `key` is called once for each item.
template <std::ranges::random_access_range R, class KeyOf, class Compare = std::ranges::less>
  requires detail::sortable_source<R> &&
           std::regular_invocable<const KeyOf&, std::ranges::range_reference_t<R>>
[[nodiscard]] auto group_by_key(R&& range, KeyOf key, Compare compare = {}) {
  using key_type = std::remove_cvref_t<std::invoke_result_t<const KeyOf&, std::ranges::range_reference_t<R>>>;
  constexpr bool owned = !std::is_lvalue_reference_v<R> && !std::ranges::view<std::remove_cvref_t<R>>;
  const detail::source<std::remove_reference_t<R>> all(range);
  return detail::group_items<owned, key_type, std::ranges::range_value_t<R>>(all.first, all.size, key,
                                                                             compare);
}

}  // namespace twill::par
