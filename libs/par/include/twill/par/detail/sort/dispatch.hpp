// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/less.hpp"
#include "twill/par/detail/sort/merge_sort.hpp"
#include "twill/par/detail/sort/quick_sort.hpp"
#include "twill/par/detail/sort/radix.hpp"
#include "twill/par/detail/sort/radix_key.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <type_traits>

namespace twill::par::detail {

/// Projections that a radix sort may apply as often as it likes: reading the element or a data member of it.
template <class Proj>
inline constexpr bool reads_only = std::same_as<Proj, std::identity> || std::is_member_object_pointer_v<Proj>;

/// How a sort with this comparator and projection can go by the bits of the key.
template <class I, class Compare, class Proj>
[[nodiscard]] consteval radix_order radix_order_for() {
  if constexpr (!std::is_pointer_v<I> || !reads_only<Proj>) {
    return radix_order::none;
  } else if constexpr (!std::is_trivially_copyable_v<std::iter_value_t<I>> ||
                       sizeof(std::iter_value_t<I>) > 32) {
    return radix_order::none;
  } else {
    return radix_order_of<Compare, std::remove_cvref_t<std::invoke_result_t<Proj&, std::iter_value_t<I>&>>>;
  }
}

/// Whole numbers with equal keys are the same, so any sort of them is stable.
template <class T, class Proj>
inline constexpr bool key_is_all = std::same_as<Proj, std::identity> && std::integral<T>;

template <class I, class Compare, class Proj>
void sort_stable(I first, std::size_t n, const Compare& compare, const Proj& proj) {
  constexpr radix_order order = radix_order_for<I, Compare, Proj>();
  if constexpr (order != radix_order::none) {
    if (n > radix_tiny) {
      const element_key<order, key_order::plain, Proj> key{proj};
      if (stable_radix_sort(first, n, key)) return;
      if constexpr (key_is_all<std::iter_value_t<I>, Proj>) return unstable_radix_sort(first, n, key);
    }
  }
  stable_sort_range(first, n, projected_less(compare, proj));
}

template <class I, class Compare, class Proj>
void sort_unstable(I first, std::size_t n, const Compare& compare, const Proj& proj) {
  constexpr radix_order order = radix_order_for<I, Compare, Proj>();
  if constexpr (order != radix_order::none && std::same_as<Proj, std::identity>) {
    if (n > radix_tiny)
      return unstable_radix_sort(first, n, element_key<order, key_order::total, Proj>{proj});
  }
  unstable_sort_range(first, n, projected_less(compare, proj));
}

}  // namespace twill::par::detail
