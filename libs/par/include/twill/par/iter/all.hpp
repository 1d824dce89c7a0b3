// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/collection.hpp"
#include "twill/par/iter/optional.hpp"
#include "twill/par/iter/sequence.hpp"

#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class R>
concept bit_container =
    std::ranges::random_access_range<R> && std::is_same_v<std::ranges::range_value_t<R>, bool> &&
    !std::is_reference_v<std::ranges::range_reference_t<R>>;
template <class R>
concept divisible_range = std::ranges::random_access_range<R> && std::ranges::sized_range<R>;

template <class R>
auto borrow(R& range) {
  const auto size = static_cast<std::size_t>(std::ranges::size(range));
  if constexpr (std::ranges::contiguous_range<R>) {
    auto* const first = std::to_address(std::ranges::begin(range));
    return sequence_range<std::remove_const_t<decltype(first)>>(first, size);
  } else if constexpr (bit_container<R>) {
    // Neighbours of a vector<bool> share a word, so writing them in parallel would be a race: const access
    // only.
    return sequence_range<std::ranges::iterator_t<const R>>(std::ranges::begin(std::as_const(range)), size);
  } else {
    return sequence_range<std::ranges::iterator_t<R>>(std::ranges::begin(range), size);
  }
}

template <class R>
inline constexpr bool always_false = false;

}  // namespace detail

/// Whether `all` makes a chain of it.
template <class R>
concept parallel_source =
    parallel_range<R> || detail::maybe_value<R> || detail::divisible_range<R> || detail::node_container<R> ||
    detail::adapted_container<R> || std::ranges::input_range<R>;

/// The chain that a `|` starts with.
///
/// An lvalue is borrowed: items are `T&` or `const T&`. An rvalue container is owned: items are `T&&`. Random
/// access makes the chain indexed; sets, maps and lists are cut through a vector of addresses; an optional
/// has nothing or one item.
template <class R>
auto as_parallel(R&& range) {
  using plain = std::remove_cvref_t<R>;
  if constexpr (parallel_range<R>) {
    return plain(std::forward<R>(range));
  } else if constexpr (detail::maybe_value<R>) {
    return optional_range<R>(std::forward<R>(range));
  } else if constexpr (detail::divisible_range<R>) {
    if constexpr (std::is_lvalue_reference_v<R> || std::ranges::borrowed_range<R>) {
      return detail::borrow(range);
    } else {
      return owned_range<plain>(std::forward<R>(range));
    }
  } else if constexpr (detail::node_container<R>) {
    if constexpr (std::is_lvalue_reference_v<R>) {
      return borrowed_collection<std::remove_reference_t<R>>(range);
    } else {
      return owned_collection<plain>(std::move(range));
    }
  } else if constexpr (detail::adapted_container<R>) {
    if constexpr (std::is_lvalue_reference_v<R>) {
      return detail::borrow(detail::queue_access<plain>::inside(range));
    } else {
      return owned_range<typename plain::container_type>(
          detail::queue_access<plain>::release(std::move(range)));
    }
  } else if constexpr (std::ranges::input_range<R>) {
    static_assert(
        detail::always_false<R>,
        "par::all: this range has no random access, so it cannot be cut; pass it through par::bridge");
  } else {
    static_assert(detail::always_false<R>, "par::all: this is no range");
  }
}

/// The type of the chain that `all` makes of it.
template <class R>
using all_t = decltype(as_parallel(std::declval<R>()));

}  // namespace twill::par
