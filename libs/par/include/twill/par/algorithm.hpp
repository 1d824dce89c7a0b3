// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/compact.hpp"
#include "twill/par/detail/sort/histogram.hpp"
#include "twill/par/detail/sort/scan.hpp"
#include "twill/par/detail/sort/set_ops.hpp"
#include "twill/par/detail/sort/source.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

/// Algorithms over sorted ranges, algorithms that move elements to the front, and scans. They take and return
/// what their namesakes of std::ranges do, except that the ranges and the outputs are random access.
/// Callables are shared by the workers: they must be callable through a reference to const and from several
/// threads at once. Results do not depend on the number of threads.
namespace twill::par {

namespace detail {

/// Below this many elements the sequential algorithm runs on the calling thread.
inline constexpr std::size_t algorithm_serial = 2 * fork_elements;

template <class F, class R1, class R2, class O, class Compare, class Proj1, class Proj2>
O run_set_operation(const F& operation, R1& r1, R2& r2, O out, const Compare& compare, const Proj1& proj1,
                    const Proj2& proj2) {
  const source<R1> left(r1);
  const source<R2> right(r2);
  const auto serial = [&](auto l, auto l_end, auto r, auto r_end, auto to) {
    return operation(std::ranges::subrange(l, l_end), std::ranges::subrange(r, r_end), to, std::cref(compare),
                     std::cref(proj1), std::cref(proj2))
        .out;
  };
  if (left.size + right.size < algorithm_serial) {
    return serial(left.first, ahead(left.first, left.size), right.first, ahead(right.first, right.size), out);
  }
  const aligned_cuts cuts =
      cut_at_values(left.first, left.size, right.first, right.size, compare, proj1, proj2);
  return ahead(out, set_operation(left.first, right.first, out, cuts, serial));
}

template <class R1, class R2, class O, class Compare, class Proj1, class Proj2>
concept mergeable_ranges =
    sortable_source<R1> && sortable_source<R2> && std::random_access_iterator<O> &&
    std::mergeable<std::ranges::iterator_t<R1>, std::ranges::iterator_t<R2>, O, Compare, Proj1, Proj2>;

template <class R, class O>
using scan_result = std::ranges::in_out_result<std::ranges::borrowed_iterator_t<R>, O>;

}  // namespace detail

/// Whether the range is sorted. A worker that finds it is not stops the others at their next block.
template <std::ranges::random_access_range R, class Compare = std::ranges::less, class Proj = std::identity>
  requires detail::sortable_source<R> &&
           std::indirect_strict_weak_order<const Compare, std::projected<std::ranges::iterator_t<R>, Proj>>
[[nodiscard]] bool is_sorted(R&& range, Compare compare = {}, Proj proj = {}) {
  const detail::source<R> all(range);
  const auto in_order = [&](std::size_t begin, std::size_t end) {
    return std::ranges::is_sorted(detail::ahead(all.first, begin), detail::ahead(all.first, end),
                                  std::cref(compare), std::cref(proj));
  };
  if (all.size < detail::algorithm_serial) return in_order(0, all.size);
  std::atomic<bool> sorted{true};
  detail::fixed_blocks{all.size, detail::compact_block}.for_each(
      [&](std::size_t, std::size_t begin, std::size_t end) {
        // ORD relaxed [S1]: a hint to stop early; a stale value costs one block more. Pairs with [S2].
        if (!sorted.load(std::memory_order_relaxed)) return;
        // ORD relaxed [S2]: the forks are joined before the final load, which orders it after every store.
        if (!in_order(begin == 0 ? 0 : begin - 1, end)) sorted.store(false, std::memory_order_relaxed);
      });
  // ORD relaxed [S3]: ordered after [S2] by the joins above.
  return sorted.load(std::memory_order_relaxed);
}

/// Merges two sorted ranges into `out`, stable, those of the first range first among equals.
template <std::ranges::random_access_range R1, std::ranges::random_access_range R2, class O,
          class Compare = std::ranges::less, class Proj1 = std::identity, class Proj2 = std::identity>
  requires detail::mergeable_ranges<R1, R2, O, Compare, Proj1, Proj2>
std::ranges::merge_result<std::ranges::borrowed_iterator_t<R1>, std::ranges::borrowed_iterator_t<R2>, O>
merge(R1&& r1, R2&& r2, O out, Compare compare = {}, Proj1 proj1 = {}, Proj2 proj2 = {}) {
  const detail::source<R1> left(r1);
  const detail::source<R2> right(r2);
  detail::copy_merge(
      left.first, left.size, right.first, right.size, out,
      [&](auto&& r, auto&& l) {
        return static_cast<bool>(std::invoke(std::as_const(compare), std::invoke(std::as_const(proj2), r),
                                             std::invoke(std::as_const(proj1), l)));
      },
      [&](auto l, auto l_end, auto r, auto r_end, auto to) {
        std::ranges::merge(l, l_end, r, r_end, to, std::cref(compare), std::cref(proj1), std::cref(proj2));
      });
  return {detail::end_of(r1), detail::end_of(r2), detail::ahead(out, left.size + right.size)};
}

/// What is in either sorted range, to `out`; m and n equal elements give max(m, n). Counts first, then
/// writes: the comparator sees every element twice.
template <std::ranges::random_access_range R1, std::ranges::random_access_range R2, class O,
          class Compare = std::ranges::less, class Proj1 = std::identity, class Proj2 = std::identity>
  requires detail::mergeable_ranges<R1, R2, O, Compare, Proj1, Proj2>
std::ranges::set_union_result<std::ranges::borrowed_iterator_t<R1>, std::ranges::borrowed_iterator_t<R2>, O>
set_union(R1&& r1, R2&& r2, O out, Compare compare = {}, Proj1 proj1 = {}, Proj2 proj2 = {}) {
  O end = detail::run_set_operation(std::ranges::set_union, r1, r2, out, compare, proj1, proj2);
  return {detail::end_of(r1), detail::end_of(r2), end};
}

/// What is in both sorted ranges, taken from the first, to `out`; m and n equal elements give min(m, n).
template <std::ranges::random_access_range R1, std::ranges::random_access_range R2, class O,
          class Compare = std::ranges::less, class Proj1 = std::identity, class Proj2 = std::identity>
  requires detail::mergeable_ranges<R1, R2, O, Compare, Proj1, Proj2>
std::ranges::set_intersection_result<std::ranges::borrowed_iterator_t<R1>,
                                     std::ranges::borrowed_iterator_t<R2>, O>
set_intersection(R1&& r1, R2&& r2, O out, Compare compare = {}, Proj1 proj1 = {}, Proj2 proj2 = {}) {
  O end = detail::run_set_operation(std::ranges::set_intersection, r1, r2, out, compare, proj1, proj2);
  return {detail::end_of(r1), detail::end_of(r2), end};
}

/// What is in the first sorted range and not in the second, to `out`; m and n equal elements give max(m - n,
/// 0).
template <std::ranges::random_access_range R1, std::ranges::random_access_range R2, class O,
          class Compare = std::ranges::less, class Proj1 = std::identity, class Proj2 = std::identity>
  requires detail::mergeable_ranges<R1, R2, O, Compare, Proj1, Proj2>
std::ranges::set_difference_result<std::ranges::borrowed_iterator_t<R1>, O> set_difference(
    R1&& r1, R2&& r2, O out, Compare compare = {}, Proj1 proj1 = {}, Proj2 proj2 = {}) {
  O end = detail::run_set_operation(std::ranges::set_difference, r1, r2, out, compare, proj1, proj2);
  return {detail::end_of(r1), end};
}

/// The element at `middle` becomes the first. Returns what was before `middle`, at its new place.
template <std::ranges::random_access_range R>
  requires detail::sortable_source<R> && std::permutable<std::ranges::iterator_t<R>>
std::ranges::borrowed_subrange_t<R> rotate(R&& range, std::ranges::iterator_t<R> middle) {
  const detail::source<R> all(range);
  const auto left = static_cast<std::size_t>(middle - std::ranges::begin(range));
  detail::parallel_rotate(all.first, left, all.size);
  return {detail::ahead(std::ranges::begin(range), all.size - left), detail::end_of(range)};
}

/// Keeps the first of every run of equal elements, in front and in order. Returns the rest, whose values are
/// unspecified.
template <std::ranges::random_access_range R, class Equal = std::ranges::equal_to, class Proj = std::identity>
  requires detail::sortable_source<R> && std::permutable<std::ranges::iterator_t<R>> &&
           std::indirect_equivalence_relation<const Equal, std::projected<std::ranges::iterator_t<R>, Proj>>
std::ranges::borrowed_subrange_t<R> unique(R&& range, Equal equal = {}, Proj proj = {}) {
  const detail::source<R> all(range);
  const auto same = [&](auto&& a, auto&& b) {
    return static_cast<bool>(std::invoke(std::as_const(equal), std::invoke(std::as_const(proj), a),
                                         std::invoke(std::as_const(proj), b)));
  };
  const auto repeats =
      detail::repeats_at_cuts(all.first, detail::fixed_blocks{all.size, detail::compact_block}, same);
  const std::size_t kept = detail::compact(all.first, all.size, [&](std::size_t begin, std::size_t end) {
    const auto block = detail::ahead(all.first, begin);
    const auto rest = std::ranges::unique(block, detail::ahead(all.first, end), same);
    const std::size_t drop = repeats[begin / detail::compact_block];
    return detail::kept_piece{begin + drop, detail::span_of(block, rest.begin()) - drop, 0};
  });
  return {detail::ahead(std::ranges::begin(range), kept), detail::end_of(range)};
}

/// Keeps the elements that do not satisfy `pred`, in front and in order; `pred` is called once for each.
/// Returns the rest, whose values are unspecified.
template <std::ranges::random_access_range R, class Pred, class Proj = std::identity>
  requires detail::sortable_source<R> && std::permutable<std::ranges::iterator_t<R>> &&
           std::indirect_unary_predicate<const Pred, std::projected<std::ranges::iterator_t<R>, Proj>>
std::ranges::borrowed_subrange_t<R> remove_if(R&& range, Pred pred, Proj proj = {}) {
  const detail::source<R> all(range);
  const std::size_t kept = detail::compact(all.first, all.size, [&](std::size_t begin, std::size_t end) {
    const auto block = detail::ahead(all.first, begin);
    const auto rest =
        std::ranges::remove_if(block, detail::ahead(all.first, end), std::cref(pred), std::cref(proj));
    return detail::kept_piece{begin, detail::span_of(block, rest.begin()), 0};
  });
  return {detail::ahead(std::ranges::begin(range), kept), detail::end_of(range)};
}

/// The elements that satisfy `pred` to the front; both parts keep their order. Returns the second part.
///
/// Effects: memory for n elements beside the range, or by rotations in place when it cannot be had. `pred` is
/// called once for each element; when it throws, the range is a permutation of the input.
template <std::ranges::random_access_range R, class Pred, class Proj = std::identity>
  requires detail::sortable_source<R> && std::permutable<std::ranges::iterator_t<R>> &&
           std::indirect_unary_predicate<const Pred, std::projected<std::ranges::iterator_t<R>, Proj>>
std::ranges::borrowed_subrange_t<R> stable_partition(R&& range, Pred pred, Proj proj = {}) {
  const detail::source<R> all(range);
  std::size_t boundary = 0;
  detail::in_pool(all.size, [&] {
    boundary = detail::stable_partition_by(all.first, all.size, [&](auto&& x) {
      return static_cast<bool>(std::invoke(std::as_const(pred), std::invoke(std::as_const(proj), x)));
    });
  });
  return {detail::ahead(std::ranges::begin(range), boundary), detail::end_of(range)};
}

/// Writes to `out` the combination by `op` of each element with all before it; `out` may be the begin of the
/// range.
///
/// `op` is associative and need not commute. Values are combined in blocks of 4096 elements whose sums are
/// scanned by the same rule: the bits of a floating-point result depend on the length alone.
template <std::ranges::random_access_range R, std::random_access_iterator O, class Op = std::plus<>>
  requires detail::sortable_source<R>
detail::scan_result<R, O> inclusive_scan(R&& range, O out, Op op = {}) {
  using value = std::ranges::range_value_t<R>;
  const detail::source<R> all(range);
  detail::scan_blocks<detail::scan_kind::inclusive, value>(all.first, all.size, detail::raw(out),
                                                           std::optional<value>(), op, std::identity());
  return {detail::end_of(range), detail::ahead(out, all.size)};
}

/// As `inclusive_scan`; `init` comes before the first element.
template <std::ranges::random_access_range R, std::random_access_iterator O, class Op, class T>
  requires detail::sortable_source<R>
detail::scan_result<R, O> inclusive_scan(R&& range, O out, Op op, T init) {
  const detail::source<R> all(range);
  detail::scan_blocks<detail::scan_kind::inclusive, T>(
      all.first, all.size, detail::raw(out), std::optional<T>(std::move(init)), op, std::identity());
  return {detail::end_of(range), detail::ahead(out, all.size)};
}

/// As `inclusive_scan`, without the element itself: the first output is `init`.
template <std::ranges::random_access_range R, std::random_access_iterator O, class T, class Op = std::plus<>>
  requires detail::sortable_source<R>
detail::scan_result<R, O> exclusive_scan(R&& range, O out, T init, Op op = {}) {
  const detail::source<R> all(range);
  detail::scan_blocks<detail::scan_kind::exclusive, T>(
      all.first, all.size, detail::raw(out), std::optional<T>(std::move(init)), op, std::identity());
  return {detail::end_of(range), detail::ahead(out, all.size)};
}

/// As `inclusive_scan` over `f(element)`. `f` is called twice for most elements: once for the sum of its
/// block.
template <std::ranges::random_access_range R, std::random_access_iterator O, class F, class Op = std::plus<>>
  requires detail::sortable_source<R> && std::regular_invocable<const F&, std::ranges::range_reference_t<R>>
detail::scan_result<R, O> transform_scan(R&& range, O out, F f, Op op = {}) {
  using value = std::remove_cvref_t<std::invoke_result_t<const F&, std::ranges::range_reference_t<R>>>;
  const detail::source<R> all(range);
  detail::scan_blocks<detail::scan_kind::inclusive, value>(all.first, all.size, detail::raw(out),
                                                           std::optional<value>(), op, std::as_const(f));
  return {detail::end_of(range), detail::ahead(out, all.size)};
}

/// Counts the items of each bin: `bin_of(item)` is a whole number below `bins`.
///
/// Throws: std::out_of_range for any other number.
template <std::ranges::random_access_range R, class BinOf = std::identity>
  requires detail::sortable_source<R> &&
           std::integral<
               std::remove_cvref_t<std::invoke_result_t<const BinOf&, std::ranges::range_reference_t<R>>>>
[[nodiscard]] std::vector<std::size_t> histogram(R&& range, std::size_t bins, BinOf bin_of = {}) {
  const detail::source<R> all(range);
  return detail::count_bins(all.first, all.size, bins, std::as_const(bin_of),
                            detail::histogram_pieces(all.size, bins));
}

}  // namespace twill::par
