// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace twill::comm {

/// Specialise as std::false_type for a trivially copyable type whose bytes mean nothing on another rank, a
/// struct with a pointer in it above all: the language cannot see that.
template <class T>
struct is_comm_data : std::true_type {};

namespace detail {

template <class T>
inline constexpr bool is_view = false;
template <class T, std::size_t N>
inline constexpr bool is_view<std::span<T, N>> = true;
template <class C, class Traits>
inline constexpr bool is_view<std::basic_string_view<C, Traits>> = true;

// By its shape: <complex> costs three times what <vector> costs, and most programs have no such numbers.
template <class T>
concept complex_number = requires(const T& x) {
  requires std::floating_point<typename T::value_type>;
  { x.real() } -> std::same_as<typename T::value_type>;
  { x.imag() } -> std::same_as<typename T::value_type>;
  requires sizeof(T) == 2 * sizeof(typename T::value_type);
};
template <class T>
inline constexpr bool is_complex = complex_number<T>;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

}  // namespace detail

/// What ranks may exchange: objects that are their bytes.
template <class T>
concept comm_data =
    std::is_object_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T> && !std::is_array_v<T> &&
    std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T> &&
    std::is_default_constructible_v<T> && !std::is_pointer_v<T> && !std::is_member_pointer_v<T> &&
    !std::is_null_pointer_v<T> && !detail::is_view<T> && is_comm_data<T>::value;

/// A value and where it was found: what `minloc` and `maxloc` reduce. Padding is not part of the value.
template <class T, class I = std::int32_t>
struct located {
  T value{};  ///< what is compared
  I index{};  ///< of equal values the lowest index wins

  /// Equal in every member.
  friend bool operator==(const located&, const located&) = default;
};

namespace detail {

template <class T>
inline constexpr bool is_located = false;
template <class T, class I>
inline constexpr bool is_located<located<T, I>> = true;

template <class T>
concept number = (std::integral<T> && !std::same_as<T, bool>) || std::floating_point<T>;

// Tells element types apart where ranks compare what they called: below 32 a type of its own, else none.
template <class T>
constexpr std::uint8_t type_code() noexcept {
  if constexpr (std::is_same_v<T, bool>) return 1;
  if constexpr (std::is_same_v<T, std::byte>) return 2;
  if constexpr (std::is_same_v<T, float>) return 3;
  if constexpr (std::is_same_v<T, double>) return 4;
  if constexpr (std::is_same_v<T, long double>) return 5;
  if constexpr (is_complex<T>) {
    if constexpr (std::is_same_v<typename T::value_type, float>) return 6;
    if constexpr (std::is_same_v<typename T::value_type, double>) return 7;
  }
  if constexpr (std::integral<T>) {
    const int size = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return static_cast<std::uint8_t>(8 + 2 * size + (std::is_signed_v<T> ? 0 : 1));
  }
  if constexpr (is_located<T>) return 16;
  return 31;
}

/// `f64`, `u8`, `opaque`, ...
[[nodiscard]] std::string_view type_name(std::uint8_t code) noexcept;

}  // namespace detail
}  // namespace twill::comm

/// Says at global scope that a type is nothing to exchange, although its bytes could be copied.
#define TWILL_COMM_NOT_DATA(T) \
  template <>                  \
  struct twill::comm::is_comm_data<T> : std::false_type {}
