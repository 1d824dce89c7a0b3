// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/radix_key.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// Digits of a pass over memory: 256 write ends fit the first-level cache and the second-level TLB.
inline constexpr int radix_pass_bits = 8;
inline constexpr std::size_t radix_buckets = std::size_t{1} << radix_pass_bits;
/// Ranges up to this long end with one counting pass through a buffer on the stack.
inline constexpr std::size_t radix_leaf = 2048;
/// Below this many elements an insertion sort is faster than counting.
inline constexpr std::size_t radix_tiny = 24;

/// Keys lie in [least, least + 2^bits); unknown when `bits` is negative.
///
/// The distance from the least key, not the common prefix: a range that straddles a power of two has no
/// prefix at all.
template <class U>
struct key_window {
  U least = 0;
  int bits = -1;

  [[nodiscard]] bool known() const noexcept { return bits >= 0; }
};

/// The top `width` bits of the distance of a key from the least one.
template <class Key, class U>
struct bit_digit {
  const Key* key_of;
  key_window<U> window;
  int width;

  template <class T>
  [[nodiscard]] std::size_t operator()(const T& element) const noexcept {
    return static_cast<std::size_t>(static_cast<U>((*key_of)(element)-window.least) >> shift());
  }
  [[nodiscard]] std::size_t buckets() const noexcept { return std::size_t{1} << width; }
  [[nodiscard]] int shift() const noexcept { return window.bits - width; }
  /// What is known of the keys in one bucket.
  [[nodiscard]] key_window<U> inside(std::size_t bucket) const noexcept {
    return {static_cast<U>(window.least + static_cast<U>(static_cast<U>(bucket) << shift())), shift()};
  }
};
template <class Key, class U>
bit_digit(const Key*, key_window<U>, int) -> bit_digit<Key, U>;

/// Equal intervals of the value instead of its bits: where doubles are spread evenly, most of their exponents
/// hold next to nothing and the top bits of the key tell little. Subtraction and multiplication by a positive
/// number are monotone under rounding, so the digit is as well.
template <class T, bool Descending, class U>
struct interval_digit {
  T least;
  T scale;

  [[nodiscard]] std::size_t operator()(T value) const noexcept {
    const auto at = std::min(static_cast<std::size_t>(static_cast<std::int64_t>((value - least) * scale)),
                             radix_buckets - 1);
    return Descending ? radix_buckets - 1 - at : at;
  }
  [[nodiscard]] static constexpr std::size_t buckets() noexcept { return radix_buckets; }
  [[nodiscard]] static constexpr key_window<U> inside(std::size_t) noexcept { return {}; }
};

/// The smallest and the largest key of a range.
template <class U>
struct key_range {
  U least;
  U greatest;

  [[nodiscard]] key_window<U> window() const noexcept {
    return {least, static_cast<int>(std::bit_width(static_cast<U>(greatest - least)))};
  }
};

template <class T, class Key>
[[nodiscard]] auto serial_key_range(const T* a, std::size_t n, const Key& key_of) noexcept {
  auto least = key_of(a[0]);
  auto greatest = least;
  for (std::size_t i = 1; i < n; ++i) {
    const auto key = key_of(a[i]);
    least = std::min(least, key);
    greatest = std::max(greatest, key);
  }
  return key_range<decltype(least)>{least, greatest};
}

template <class T, class Key>
[[nodiscard]] auto find_key_range(const T* a, std::size_t n, const Key& key_of)
    -> decltype(serial_key_range(a, n, key_of)) {
  if (n < (std::size_t{1} << 18)) return serial_key_range(a, n, key_of);
  const std::size_t half = n / 2;
  decltype(serial_key_range(a, n, key_of)) l{};
  decltype(l) r{};
  fork_both([&] { l = find_key_range(a, half, key_of); },
            [&] { r = find_key_range(a + half, n - half, key_of); });
  return decltype(l){std::min(l.least, r.least), std::max(l.greatest, r.greatest)};
}

/// How evenly a digit spreads a sample of the range: the sum of the squares of the bucket sizes, smaller is
/// better.
template <class T, class Digit>
[[nodiscard]] std::size_t unevenness(const T* a, std::size_t n, const Digit& digit) noexcept {
  constexpr std::size_t wanted = 512;
  const std::size_t stride = n / wanted;
  std::array<std::uint16_t, radix_buckets> count{};
  for (std::size_t i = 0; i < wanted; ++i) ++count[digit(a[i * stride + (i * 7) % stride])];
  std::size_t sum = 0;
  for (const std::size_t c : count) sum += c * c;
  return sum;
}

/// Calls `f` with the digit for a pass over a large range with at least two different keys.
template <class T, class Key, class U, class F>
void with_digit(const T* a, std::size_t n, key_range<U> range, const Key& key_of, const F& f) {
  // A bucket of a leaf's size ends the passes: no finer digit than leads there.
  const int useful = std::max(3, static_cast<int>(std::bit_width(n / (radix_leaf / 8))));
  const key_window<U> window = range.window();
  const bit_digit by_bits{&key_of, window, std::min({window.bits, radix_pass_bits, useful})};
  if constexpr (std::floating_point<T> && Key::whole) {
    if (n >= std::size_t{1} << 15) {
      const T one = Key::template number<T>(range.least);
      const T other = Key::template number<T>(range.greatest);
      const T least = std::min(one, other);
      const T extent = std::max(one, other) - least;
      const T scale = static_cast<T>(radix_buckets) / extent;
      if (std::isfinite(extent) && std::isfinite(scale)) {
        const interval_digit<T, Key::descending, U> by_interval{least, scale};
        if (unevenness(a, n, by_interval) < unevenness(a, n, by_bits)) return f(by_interval);
      }
    }
  }
  f(by_bits);
}

}  // namespace twill::par::detail
