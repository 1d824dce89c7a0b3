// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "twill/par/detail/sort/radix_key.hpp"

namespace twill::par::detail {

/// Below this many elements an insertion sort is faster than counting.
inline constexpr std::size_t radix_small = 24;
/// Bits of the widest digit: 2048 counters of 4 bytes fit the first-level cache with room for the data's write ends.
inline constexpr int radix_digit_bits = 11;

/// Stable, in place; for a handful of elements, or for a range in which every element is near its place.
template <class T, class Key>
void insertion_sort_by_key(T* first, std::size_t n, const Key& key_of) noexcept {
  for (std::size_t i = 1; i < n; ++i) {
    T moving = first[i];
    const auto key = key_of(moving);
    std::size_t at = i;
    for (; at > 0 && key < key_of(first[at - 1]); --at) first[at] = first[at - 1];
    first[at] = moving;
  }
}

/// The bits in which keys of the range differ.
template <class T, class Key>
auto differing_bits(const T* first, std::size_t n, const Key& key_of) noexcept {
  using key = std::decay_t<decltype(key_of(*first))>;
  const key origin = key_of(first[0]);
  key bits = 0;
  for (std::size_t i = 1; i < n; ++i) bits = static_cast<key>(bits | (key_of(first[i]) ^ origin));
  return bits;
}

/// Digits so wide that a bucket holds about two elements, where insertion ends the work, and not wider than the cache.
[[nodiscard]] inline int digit_bits(std::size_t n, int remaining) noexcept {
  const int wanted = std::max(4, static_cast<int>(std::bit_width(n)) - 2);
  return std::min({remaining, wanted, radix_digit_bits});
}

/// One pass: where each bucket of `source` starts, then every element to its place in `target`. Stable.
template <class T, class Key>
void scatter(const T* source, T* target, std::size_t n, int shift, std::uint32_t mask, const Key& key_of,
             std::uint32_t* ends) noexcept {
  std::fill_n(ends, std::size_t{mask} + 1, 0U);
  for (std::size_t i = 0; i < n; ++i) ++ends[static_cast<std::uint32_t>(key_of(source[i]) >> shift) & mask];
  std::uint32_t sum = 0;
  for (std::uint32_t b = 0; b <= mask; ++b) sum += std::exchange(ends[b], sum);
  for (std::size_t i = 0; i < n; ++i) target[ends[static_cast<std::uint32_t>(key_of(source[i]) >> shift) & mask]++] = source[i];
}

/// Most significant digit first, stable, between two arrays. The sorted range ends in `data` when `in_data`, else in
/// `scratch`. `bits` are the low bits in which keys may still differ. Requires: n < 2^32.
template <class T, class Key>
void radix_sort_between(T* data, T* scratch, std::size_t n, int bits, bool in_data, const Key& key_of) noexcept {
  T* const wanted = in_data ? data : scratch;
  if (n <= radix_small || bits == 0) {
    if (bits != 0) insertion_sort_by_key(data, n, key_of);
    if (!in_data) std::copy_n(data, n, scratch);
    return;
  }
  const int width = digit_bits(n, bits);
  const int shift = bits - width;
  const auto mask = static_cast<std::uint32_t>((std::uint32_t{1} << width) - 1);
  std::array<std::uint32_t, std::size_t{1} << radix_digit_bits> ends;
  scatter(data, scratch, n, shift, mask, key_of, ends.data());
  const std::size_t buckets = std::size_t{mask} + 1;
  // Tiny buckets on average: one insertion pass over the whole range costs less than a call for each, unless the keys
  // are so unevenly spread that a bucket is large.
  std::uint32_t largest = 0;
  std::uint32_t begin = 0;
  for (std::size_t b = 0; b < buckets; ++b) {
    largest = std::max(largest, ends[b] - begin);
    begin = ends[b];
  }
  if (largest <= radix_small) {
    if (shift != 0) insertion_sort_by_key(scratch, n, key_of);
    if (in_data) std::copy_n(scratch, n, data);
    return;
  }
  begin = 0;
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::uint32_t end = ends[b];
    if (end != begin) radix_sort_between(scratch + begin, data + begin, end - begin, shift, !in_data, key_of);
    begin = end;
  }
  static_cast<void>(wanted);
}

}  // namespace twill::par::detail
