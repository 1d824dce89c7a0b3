// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/find.hpp"
#include "twill/par/iter/map.hpp"
#include "twill/par/iter/zip.hpp"

#include <compare>
#include <concepts>
#include <optional>
#include <utility>

namespace twill::par {

namespace detail {

struct compare_items {
  template <class A, class B>
  constexpr auto operator()(const A& a, const B& b) const {
    if constexpr (std::three_way_comparable_with<A, B>) {
      return a <=> b;
    } else {
      return a < b   ? std::weak_ordering::less
             : b < a ? std::weak_ordering::greater
                     : std::weak_ordering::equivalent;
    }
  }
};
struct not_equal {
  template <class Ordering>
  constexpr bool operator()(Ordering o) const noexcept {
    return !(o == 0);
  }
};

/// Lexicographic order; items behind the first difference are skipped.
template <class A, class B>
auto compare_ranges(A a, B b) {
  static_assert(indexed_parallel_range<A> && indexed_parallel_range<B>,
                "par::cmp, eq, ne, lt, le, gt, ge: both ranges must be indexed");
  const std::size_t a_len = a.len();
  const std::size_t b_len = b.len();
  auto orders = map_impl{}(par::zip(std::move(a), std::move(b)), compare_items{});
  using ordering = item_t<decltype(orders)>;
  const auto first = arrive<arrival::first>(filter_impl{}(std::move(orders), not_equal{}));
  if (first) return *first;
  return static_cast<ordering>(a_len <=> b_len);
}

template <class A, class B>
bool equal_ranges(A a, B b) {
  static_assert(indexed_parallel_range<A> && indexed_parallel_range<B>,
                "par::eq, ne: both ranges must be indexed");
  if (a.len() != b.len()) return false;
  const auto same = [](const auto& x, const auto& y) { return static_cast<bool>(x == y); };
  auto flags = map_impl{}(par::zip(std::move(a), std::move(b)), same);
  return !arrive<arrival::any>(filter_impl{}(std::move(flags), [](bool b_same) {
            return !b_same;
          })).has_value();
}

/// A comparison of two ranges: `name(a, b)`, or `a | name(b)`.
template <class Impl>
struct comparison {
  template <parallel_source A, parallel_source B>
  auto operator()(A&& a, B&& b) const {
    return Impl{}(as_parallel(std::forward<A>(a)), as_parallel(std::forward<B>(b)));
  }
  template <parallel_source B>
  auto operator()(B&& b) const {
    return closure{[b = as_parallel(std::forward<B>(b))]<class A>(A&& a) mutable {
      return Impl{}(as_parallel(std::forward<A>(a)), std::move(b));
    }};
  }
};

struct cmp_impl {
  template <class A, class B>
  auto operator()(A a, B b) const {
    auto order = compare_ranges(std::move(a), std::move(b));
    static_assert(!std::same_as<decltype(order), std::partial_ordering>,
                  "par::cmp: these items are only partially ordered; use par::partial_cmp");
    return order;
  }
};
struct partial_cmp_impl {
  template <class A, class B>
  std::partial_ordering operator()(A a, B b) const {
    return compare_ranges(std::move(a), std::move(b));
  }
};
struct eq_impl {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return equal_ranges(std::move(a), std::move(b));
  }
};
struct ne_impl {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return !equal_ranges(std::move(a), std::move(b));
  }
};
struct lt_impl {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return std::is_lt(compare_ranges(std::move(a), std::move(b)));
  }
};
struct le_impl {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return std::is_lteq(compare_ranges(std::move(a), std::move(b)));
  }
};
struct gt_impl {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return std::is_gt(compare_ranges(std::move(a), std::move(b)));
  }
};
struct ge_impl {
  template <class A, class B>
  bool operator()(A a, B b) const {
    return std::is_gteq(compare_ranges(std::move(a), std::move(b)));
  }
};
}  // namespace detail

/// `cmp(b)`: the lexicographic order of two indexed ranges. For items with a total order.
inline constexpr detail::comparison<detail::cmp_impl> cmp{};
/// `partial_cmp(b)`: as `cmp`; `unordered` when the first two items that are not equal are, as NaN is.
inline constexpr detail::comparison<detail::partial_cmp_impl> partial_cmp{};
/// `eq(b)`: the same length and equal items.
inline constexpr detail::comparison<detail::eq_impl> eq{};
/// `ne(b)`: not `eq`.
inline constexpr detail::comparison<detail::ne_impl> ne{};
/// `lt(b)`, `le(b)`, `gt(b)`, `ge(b)`: what `partial_cmp` says; false when unordered.
inline constexpr detail::comparison<detail::lt_impl> lt{};
inline constexpr detail::comparison<detail::le_impl> le{};
inline constexpr detail::comparison<detail::gt_impl> gt{};
inline constexpr detail::comparison<detail::ge_impl> ge{};

}  // namespace twill::par
