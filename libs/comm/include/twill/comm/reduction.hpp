// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/data.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::comm {

/// The reductions that have a name of their own on every backend; `user` is any other.
enum class op_code : std::uint8_t {
  none,
  sum,
  prod,
  min,
  max,
  bit_and,
  bit_or,
  bit_xor,
  log_and,
  log_or,
  log_xor,
  minloc,
  maxloc,
  user
};

/// `sum`, `minloc`, `user`, ...
[[nodiscard]] std::string_view name_of(op_code code) noexcept;

namespace detail {

template <class T>
concept arithmetic = number<T> || is_complex<T>;

template <class T>
concept bits = (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, std::byte>;

template <class T>
struct bit_element {
  using type = T;
};
template <class T, std::size_t N>
struct bit_element<std::array<T, N>> {
  using type = T;
};

// x op y for one element, or for each element of an array.
template <class T, class F>
constexpr T each_bit(const T& x, const T& y, F f) noexcept {
  if constexpr (is_array<T>) {
    T out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = f(x[i], y[i]);
    return out;
  } else {
    return f(x, y);
  }
}

template <class T>
constexpr bool is_nan([[maybe_unused]] const T& x) noexcept {
  if constexpr (std::floating_point<T>) {
    return x != x;
  } else {
    return false;
  }
}

}  // namespace detail

/// x + y.
struct sum_t {
  /// Its name.
  static constexpr op_code code = op_code::sum;
  /// Combines two values.
  template <detail::arithmetic T>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    return static_cast<T>(x + y);
  }
  /// The value that changes nothing.
  template <detail::arithmetic T>
  static constexpr T identity() noexcept {
    return T{};
  }
};

/// x * y.
struct prod_t {
  /// Its name.
  static constexpr op_code code = op_code::prod;
  /// Combines two values.
  template <detail::arithmetic T>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    if constexpr (std::integral<T>) {
      // In the widest unsigned type: products of narrow ones would otherwise overflow an int.
      return static_cast<T>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(y));
    } else {
      return x * y;
    }
  }
  /// The value that changes nothing.
  template <detail::arithmetic T>
  static constexpr T identity() noexcept {
    return T{1};
  }
};

/// The lesser one; NaN when either is.
struct min_t {
  /// Its name.
  static constexpr op_code code = op_code::min;
  /// Combines two values.
  template <detail::number T>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    if (detail::is_nan(x)) return x;
    if (detail::is_nan(y)) return y;
    return y < x ? y : x;
  }
  /// The value that changes nothing.
  template <detail::number T>
  static constexpr T identity() noexcept {
    if constexpr (std::floating_point<T>) return std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::max();
  }
};

/// The greater one; NaN when either is.
struct max_t {
  /// Its name.
  static constexpr op_code code = op_code::max;
  /// Combines two values.
  template <detail::number T>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    if (detail::is_nan(x)) return x;
    if (detail::is_nan(y)) return y;
    return x < y ? y : x;
  }
  /// The value that changes nothing.
  template <detail::number T>
  static constexpr T identity() noexcept {
    if constexpr (std::floating_point<T>) return -std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::lowest();
  }
};

/// x & y, for arrays element by element.
struct bit_and_t {
  /// Its name.
  static constexpr op_code code = op_code::bit_and;
  /// Combines two values.
  template <class T>
    requires detail::bits<typename detail::bit_element<T>::type>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    return detail::each_bit(x, y, [](auto a, auto b) { return static_cast<decltype(a)>(a & b); });
  }
  /// The value that changes nothing.
  template <detail::bits T>
  static constexpr T identity() noexcept {
    return static_cast<T>(~T{});
  }
};

/// x | y, for arrays element by element.
struct bit_or_t {
  /// Its name.
  static constexpr op_code code = op_code::bit_or;
  /// Combines two values.
  template <class T>
    requires detail::bits<typename detail::bit_element<T>::type>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    return detail::each_bit(x, y, [](auto a, auto b) { return static_cast<decltype(a)>(a | b); });
  }
  /// The value that changes nothing.
  template <detail::bits T>
  static constexpr T identity() noexcept {
    return T{};
  }
};

/// x ^ y, for arrays element by element.
struct bit_xor_t {
  /// Its name.
  static constexpr op_code code = op_code::bit_xor;
  /// Combines two values.
  template <class T>
    requires detail::bits<typename detail::bit_element<T>::type>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    return detail::each_bit(x, y, [](auto a, auto b) { return static_cast<decltype(a)>(a ^ b); });
  }
  /// The value that changes nothing.
  template <detail::bits T>
  static constexpr T identity() noexcept {
    return T{};
  }
};

/// 1 when both are not zero, else 0.
struct log_and_t {
  /// Its name.
  static constexpr op_code code = op_code::log_and;
  /// Combines two values.
  template <std::integral T>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    return static_cast<T>(x != T{} && y != T{});
  }
  /// What a single operand becomes: a result is 0 or 1 however many ranks there are.
  template <std::integral T>
  static constexpr T single(const T& x) noexcept {
    return static_cast<T>(x != T{});
  }
  /// The value that changes nothing.
  template <std::integral T>
  static constexpr T identity() noexcept {
    return T{1};
  }
};

/// 1 when either is not zero, else 0.
struct log_or_t {
  /// Its name.
  static constexpr op_code code = op_code::log_or;
  /// Combines two values.
  template <std::integral T>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    return static_cast<T>(x != T{} || y != T{});
  }
  /// What a single operand becomes: a result is 0 or 1 however many ranks there are.
  template <std::integral T>
  static constexpr T single(const T& x) noexcept {
    return static_cast<T>(x != T{});
  }
  /// The value that changes nothing.
  template <std::integral T>
  static constexpr T identity() noexcept {
    return T{};
  }
};

/// 1 when exactly one is not zero, else 0.
struct log_xor_t {
  /// Its name.
  static constexpr op_code code = op_code::log_xor;
  /// Combines two values.
  template <std::integral T>
  constexpr T operator()(const T& x, const T& y) const noexcept {
    return static_cast<T>((x != T{}) != (y != T{}));
  }
  /// What a single operand becomes: a result is 0 or 1 however many ranks there are.
  template <std::integral T>
  static constexpr T single(const T& x) noexcept {
    return static_cast<T>(x != T{});
  }
  /// The value that changes nothing.
  template <std::integral T>
  static constexpr T identity() noexcept {
    return T{};
  }
};

namespace detail {

// Less wins; NaN wins over all; of equals the lowest index.
template <class T, class I, class Less>
constexpr located<T, I> pick(const located<T, I>& x, const located<T, I>& y, Less less) noexcept {
  const bool nan_x = is_nan(x.value);
  const bool nan_y = is_nan(y.value);
  if (nan_x != nan_y) return nan_x ? x : y;
  if (!nan_x) {
    if (less(x.value, y.value)) return x;
    if (less(y.value, x.value)) return y;
  }
  return y.index < x.index ? y : x;
}

}  // namespace detail

/// The least value with its index; of equal values the lowest index; NaN wins over all.
struct minloc_t {
  /// Its name.
  static constexpr op_code code = op_code::minloc;
  /// Combines two values.
  template <class T, class I>
  constexpr located<T, I> operator()(const located<T, I>& x, const located<T, I>& y) const noexcept {
    return detail::pick(x, y, [](const T& a, const T& b) { return a < b; });
  }
};

/// The greatest value with its index; of equal values the lowest index; NaN wins over all.
struct maxloc_t {
  /// Its name.
  static constexpr op_code code = op_code::maxloc;
  /// Combines two values.
  template <class T, class I>
  constexpr located<T, I> operator()(const located<T, I>& x, const located<T, I>& y) const noexcept {
    return detail::pick(x, y, [](const T& a, const T& b) { return b < a; });
  }
};

/// A reduction of the program's own, any callable `T(const T&, const T&)` that is associative.
template <class F>
struct user_op {
  /// Its name.
  static constexpr op_code code = op_code::user;
  [[no_unique_address]] F function;  ///< what combines two values
  bool commutative = false;          ///< operands may change sides

  /// Combines two values.
  template <class T>
    requires std::is_invocable_r_v<T, const F&, const T&, const T&>
  constexpr T operator()(const T& x, const T& y) const {
    return function(x, y);
  }
};

inline constexpr sum_t sum{};
inline constexpr prod_t prod{};
inline constexpr min_t min{};
inline constexpr max_t max{};
inline constexpr bit_and_t bit_and{};
inline constexpr bit_or_t bit_or{};
inline constexpr bit_xor_t bit_xor{};
inline constexpr log_and_t log_and{};
inline constexpr log_or_t log_or{};
inline constexpr log_xor_t log_xor{};
inline constexpr minloc_t minloc{};
inline constexpr maxloc_t maxloc{};

/// A reduction from any callable. Without `commutative` operands stay in rank order, with it too: rank order
/// is the default at every size.
template <class F>
[[nodiscard]] constexpr user_op<std::decay_t<F>> op(F&& function, bool commutative = false) {
  return {std::forward<F>(function), commutative};
}

/// Of a window's accumulate: the value that is put takes the place of the old one. No collective takes it.
struct replace_t {};
/// Of a window's fetch_and_op: the old value stays. No collective takes it.
struct no_op_t {};
inline constexpr replace_t replace{};
inline constexpr no_op_t no_op{};

/// `Op` combines two values of T.
template <class Op, class T>
concept reduction_for = comm_data<T> && requires(const Op& op, const T& x) {
  { Op::code } -> std::convertible_to<op_code>;
  { op(x, x) } -> std::convertible_to<T>;
};

/// T can be reduced by an operation that this library names.
template <class T>
concept reducible = comm_data<T> && (reduction_for<sum_t, T> || reduction_for<bit_or_t, T> ||
                                     reduction_for<log_or_t, T> || reduction_for<minloc_t, T>);

}  // namespace twill::comm
