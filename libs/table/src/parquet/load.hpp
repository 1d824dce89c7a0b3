// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"

#include <bit>
#include <cstring>
#include <type_traits>

namespace twill::table::detail::pq {

static_assert(std::endian::native == std::endian::little,
              "Parquet is little-endian and is read by plain copies");

/// Reads a value that need not be aligned; the caller has checked the bounds.
template <class T>
[[nodiscard]] T load(const std::byte* from) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

/// Up to 8 bytes at `from`, absent ones zero: what a bit reader needs at the end of its input.
[[nodiscard]] inline std::uint64_t load_tail(const std::byte* from, std::size_t available) noexcept {
  if (available >= 8) return load<std::uint64_t>(from);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < available; ++i) value |= static_cast<std::uint64_t>(from[i]) << (8 * i);
  return value;
}

}  // namespace twill::table::detail::pq
