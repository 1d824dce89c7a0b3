// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// A comparator behind a projection, by reference: what every kernel of a sort compares with.
template <class Compare, class Proj>
class projected_less {
 public:
  constexpr projected_less(const Compare& compare, const Proj& proj) noexcept
      : compare_(&compare), proj_(&proj) {}

  template <class A, class B>
  [[nodiscard]] constexpr bool operator()(A&& a, B&& b) const {
    return static_cast<bool>(std::invoke(*compare_, std::invoke(*proj_, std::forward<A>(a)),
                                         std::invoke(*proj_, std::forward<B>(b))));
  }

 private:
  const Compare* compare_;
  const Proj* proj_;
};

/// Workers share one comparator, so it must be callable through a reference to const.
template <class I, class Compare, class Proj>
concept shared_order = std::indirect_strict_weak_order<const Compare&, std::projected<I, Proj>>;

/// Pointers for contiguous iterators, so that one element type has one instantiation of the kernels.
template <std::random_access_iterator I>
[[nodiscard]] constexpr auto raw(I it) noexcept {
  if constexpr (std::contiguous_iterator<I>) {
    return std::to_address(it);
  } else {
    return it;
  }
}

/// The distance as an unsigned number.
template <class I>
[[nodiscard]] constexpr std::size_t span_of(I first, I last) noexcept {
  return static_cast<std::size_t>(last - first);
}

/// `it` moved on by an unsigned number.
template <class I>
[[nodiscard]] constexpr I ahead(I it, std::size_t n) noexcept {
  return it + static_cast<std::iter_difference_t<I>>(n);
}

/// Elements that are copied by the branch-free kernels rather than moved one by one.
template <class I>
inline constexpr bool copies_cheaply =
    std::is_pointer_v<I> && std::is_trivially_copyable_v<std::iter_value_t<I>> &&
    std::is_trivially_default_constructible_v<std::iter_value_t<I>> && sizeof(std::iter_value_t<I>) <= 32;

}  // namespace twill::par::detail
