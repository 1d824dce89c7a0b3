// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>

namespace twill::par {

/// The total order of IEEE 754 (totalOrder): -NaN, -inf, ..., -0.0, 0.0, ..., inf, NaN; other numbers by `<`.
struct total_less {
  /// Compares numbers where containers look them up by another type.
  using is_transparent = void;

  /// Whether `a` comes before `b`.
  template <class T>
    requires std::integral<T> || std::floating_point<T>
  [[nodiscard]] constexpr bool operator()(T a, T b) const noexcept;
};

namespace detail {

/// The unsigned integer as wide as a type of `Bytes` bytes.
template <std::size_t Bytes>
struct unsigned_of;
template <>
struct unsigned_of<1> {
  using type = std::uint8_t;
};
template <>
struct unsigned_of<2> {
  using type = std::uint16_t;
};
template <>
struct unsigned_of<4> {
  using type = std::uint32_t;
};
template <>
struct unsigned_of<8> {
  using type = std::uint64_t;
};

/// Numbers whose order is that of an unsigned integer of the same width.
template <class T>
concept radix_number =
    (std::integral<T> || std::same_as<T, float> || std::same_as<T, double>) && sizeof(T) <= 8;

/// How the bits of a number become a key.
enum class key_order : std::uint8_t {
  plain,  ///< equal numbers have equal keys, so -0.0 has that of 0.0
  total   ///< different bits have different keys: the order of `total_less`
};

/// The unsigned integer that stands where the number stands in `<`.
///
/// A NaN compares false with everything; its key is beyond an infinity, which is a place as good as any.
template <key_order Order = key_order::plain, radix_number T>
[[nodiscard]] constexpr auto radix_key(T value) noexcept {
  using key = typename unsigned_of<sizeof(T)>::type;
  constexpr key sign = static_cast<key>(key{1} << (sizeof(T) * 8 - 1));
  if constexpr (std::floating_point<T>) {
    key bits = std::bit_cast<key>(value);
    if constexpr (Order == key_order::plain) bits = bits == sign ? key{0} : bits;
    const key negative = static_cast<key>(-(bits >> (sizeof(T) * 8 - 1)));  // all ones where the sign is set
    return static_cast<key>(bits ^ (negative | sign));
  } else if constexpr (std::signed_integral<T>) {
    return static_cast<key>(static_cast<key>(value) ^ sign);
  } else {
    return static_cast<key>(value);
  }
}

/// The orders that a radix sort knows.
enum class radix_order : std::uint8_t { none, less, greater, total };

template <class Compare, class T>
inline constexpr radix_order radix_order_of =
    !radix_number<T> ? radix_order::none
    : (std::same_as<Compare, std::less<>> || std::same_as<Compare, std::less<T>> ||
       std::same_as<Compare, std::ranges::less>)
        ? radix_order::less
    : (std::same_as<Compare, std::greater<>> || std::same_as<Compare, std::greater<T>> ||
       std::same_as<Compare, std::ranges::greater>)
        ? radix_order::greater
    : std::same_as<Compare, total_less> ? radix_order::total
                                        : radix_order::none;

/// From an element, through a projection that cannot throw, to the key that a radix sort orders by.
template <radix_order Order, key_order Zeros, class Proj>
struct element_key {
  /// The key is made of the element itself.
  static constexpr bool whole = std::same_as<Proj, std::identity>;
  static constexpr bool descending = Order == radix_order::greater;
  static constexpr key_order zeros = Order == radix_order::total ? key_order::total : Zeros;
  Proj proj;

  template <class T>
  [[nodiscard]] constexpr auto operator()(const T& element) const noexcept {
    const auto key = radix_key<zeros>(std::invoke(proj, element));
    return descending ? static_cast<std::decay_t<decltype(key)>>(~key) : key;
  }
  /// The floating-point number that has this key.
  template <std::floating_point T>
  [[nodiscard]] static constexpr T number(typename unsigned_of<sizeof(T)>::type key) noexcept {
    using bits = decltype(key);
    constexpr bits sign = static_cast<bits>(bits{1} << (sizeof(T) * 8 - 1));
    const bits up = descending ? static_cast<bits>(~key) : key;
    return std::bit_cast<T>((up & sign) != 0 ? static_cast<bits>(up ^ sign) : static_cast<bits>(~up));
  }
};

}  // namespace detail

template <class T>
  requires std::integral<T> || std::floating_point<T>
constexpr bool total_less::operator()(T a, T b) const noexcept {
  if constexpr (std::same_as<T, float> || std::same_as<T, double>) {
    return detail::radix_key<detail::key_order::total>(a) < detail::radix_key<detail::key_order::total>(b);
  } else if constexpr (std::floating_point<T>) {
    return std::strong_order(a, b) < 0;
  } else {
    return a < b;
  }
}

}  // namespace twill::par
