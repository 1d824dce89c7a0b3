// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace twill::table::csv {

/// Reads the number that starts at `p`; returns where it ends, or null where none starts. What follows is the
/// caller's to judge. Not finite or out of range: null.
///
/// Most numbers of tables are short: up to 19 digits and a small power of ten are exact in double arithmetic
/// when the digits stay below 2^53 (W. Clinger, "How to read floating point numbers accurately", 1990). The
/// rest goes to std::from_chars.
inline const char* read_double(const char* p, const char* end, double& value) noexcept {
  static constexpr std::array<double, 23> powers{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* const start = p;
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  const char* const digits = p;
  std::uint64_t mantissa = 0;
  const auto take = [&] {
    while (p != end && static_cast<unsigned char>(*p - '0') <= 9) {
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p - '0');
      ++p;
    }
  };
  take();
  std::ptrdiff_t count = p - digits;
  std::ptrdiff_t fraction = 0;
  if (p != end && *p == '.') {
    const char* const point = ++p;
    take();
    fraction = p - point;
    count += fraction;
  }
  const bool exponent = p != end && (*p == 'e' || *p == 'E');
  if (count >= 1 && count <= 19 && !exponent && mantissa <= (std::uint64_t{1} << 53U) && fraction <= 22) {
    const double magnitude = static_cast<double>(mantissa) / powers[static_cast<std::size_t>(fraction)];
    value = negative ? -magnitude : magnitude;
    return p;
  }
  const auto [stop, failure] = std::from_chars(start, end, value);
  return failure == std::errc{} && std::isfinite(value) ? stop : nullptr;
}

/// As `read_double` for integers.
inline const char* read_int64(const char* p, const char* end, std::int64_t& value) noexcept {
  const char* const start = p;
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  const char* const digits = p;
  std::int64_t magnitude = 0;
  while (p != end && static_cast<unsigned char>(*p - '0') <= 9 && p - digits < 18) {
    magnitude = magnitude * 10 + (*p - '0');
    ++p;
  }
  if (p != digits && (p == end || static_cast<unsigned char>(*p - '0') > 9)) {
    value = negative ? -magnitude : magnitude;
    return p;
  }
  const auto [stop, failure] = std::from_chars(start, end, value);
  return failure == std::errc{} ? stop : nullptr;
}

}  // namespace twill::table::csv
