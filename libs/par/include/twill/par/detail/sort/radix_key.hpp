// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <type_traits>

namespace twill::par::detail {

/// The unsigned integer as wide as `T`.
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
concept radix_number = (std::integral<T> || std::same_as<T, float> || std::same_as<T, double>) && sizeof(T) <= 8;

/// The unsigned integer that stands where the number stands in `<`.
///
/// -0.0 and 0.0 are equal under `<`, so they get one key: adding 0.0 turns -0.0 into 0.0 and changes nothing else. A NaN
/// compares false with everything; its key is beyond an infinity, which is a place as good as any.
template <radix_number T>
[[nodiscard]] constexpr auto radix_key(T value) noexcept {
  using key = typename unsigned_of<sizeof(T)>::type;
  if constexpr (std::floating_point<T>) {
    constexpr int sign_shift = sizeof(T) * 8 - 1;
    const key bits = std::bit_cast<key>(value + T{0});
    const key negative = static_cast<key>(-(bits >> sign_shift));  // all ones where the sign is set
    return static_cast<key>(bits ^ (negative | (key{1} << sign_shift)));
  } else if constexpr (std::signed_integral<T>) {
    return static_cast<key>(static_cast<key>(value) ^ (key{1} << (sizeof(T) * 8 - 1)));
  } else {
    return static_cast<key>(value);
  }
}

/// Comparators that mean the plain order of numbers, up or down.
template <class Compare, class T>
inline constexpr bool is_plain_less =
    std::same_as<Compare, std::less<>> || std::same_as<Compare, std::less<T>> || std::same_as<Compare, std::ranges::less>;
template <class Compare, class T>
inline constexpr bool is_plain_greater = std::same_as<Compare, std::greater<>> || std::same_as<Compare, std::greater<T>> ||
                                         std::same_as<Compare, std::ranges::greater>;

}  // namespace twill::par::detail
