// SPDX-License-Identifier: Apache-2.0
#include "parquet/convert.hpp"

#include <bit>
#include <cmath>
#include <cstring>

namespace twill::table::detail::pq {

std::int64_t from_int96(std::string_view stored, const context& at) {
  std::int64_t nanos = 0;
  std::int32_t day = 0;
  std::memcpy(&nanos, stored.data(), 8);
  std::memcpy(&day, stored.data() + 8, 4);
  constexpr std::int64_t julian_day_of_1970 = 2440588;
  constexpr std::int64_t nanos_a_day = 86'400'000'000'000;
  // 106751 days are what 64 bits of nanoseconds hold on either side of 1970.
  const std::int64_t days = std::int64_t{day} - julian_day_of_1970;
  if (nanos < 0 || nanos >= nanos_a_day || days < -106751 || days >= 106751) {
    at.unsupported("INT96 timestamp is outside the range of 64-bit nanoseconds",
                   "Julian day " + std::to_string(day) + ", nanosecond " + std::to_string(nanos),
                   "1677-09-22 to 2262-04-10", "write the column as a timestamp in microseconds");
  }
  return days * nanos_a_day + nanos;
}

std::int64_t from_decimal(std::string_view stored, const context& at) {
  const bool negative = !stored.empty() && (static_cast<unsigned char>(stored[0]) & 0x80) != 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (const char c : stored) {
    // Nine equal bits at the top: the value still fits after eight more come in below.
    const std::uint64_t top = value >> 55;
    if (top != 0 && top != 0x1FF) {
      at.unsupported("decimal does not fit into 64 bits", std::to_string(stored.size()) + " bytes", {},
                     "write the column with a precision of at most 18 digits");
    }
    value = (value << 8) | static_cast<unsigned char>(c);
  }
  return static_cast<std::int64_t>(value);
}

float from_half(std::string_view stored) noexcept {
  std::uint16_t bits = 0;
  std::memcpy(&bits, stored.data(), 2);
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0) {
    const float value = std::ldexp(static_cast<float>(fraction), -24);
    return sign != 0 ? -value : value;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

std::string from_uuid(std::string_view stored) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    const auto b = static_cast<unsigned char>(stored[i]);
    out.push_back(digits[b >> 4]);
    out.push_back(digits[b & 15]);
  }
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size()) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + i, 8);
      if ((eight & 0x8080808080808080U) == 0) {
        i += 8;
        continue;
      }
    }
    const auto b = static_cast<unsigned char>(text[i++]);
    if (b < 0x80) continue;
    const unsigned more = b >= 0xF0 ? 3 : b >= 0xE0 ? 2 : 1;
    if (b < 0xC2 || b > 0xF4 || text.size() - i < more) return false;
    const auto second = static_cast<unsigned char>(text[i]);
    const unsigned low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;
    const unsigned high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return false;
    for (unsigned k = 1; k < more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    i += more;
  }
  return true;
}

}  // namespace twill::table::detail::pq
