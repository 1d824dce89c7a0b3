// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace twill::lanes::detail {

/// IEEE 754 binary16 and bfloat16 as bit patterns; narrowing rounds to nearest even, NaN stays NaN.
[[nodiscard]] inline std::uint16_t f16_from(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000U;
  const std::uint32_t rest = bits & 0x7fffffffU;
  std::uint32_t out = 0;
  if (rest > 0x7f800000U) {
    out = 0x7e00U | (rest >> 13 & 0x3ffU);
  } else if (rest >= 0x477ff000U) {  // 65520 and above round to infinity
    out = 0x7c00U;
  } else if (rest >= 0x38800000U) {  // normal: 2^-14 and above
    const std::uint32_t shifted = rest - 0x38000000U;
    out = (shifted + 0xfffU + (shifted >> 13 & 1U)) >> 13;
  } else if (rest >= 0x33000000U) {  // subnormal, or up to half of the least of them
    const std::uint32_t shift = 126U - (rest >> 23);
    const std::uint32_t mantissa = (rest & 0x7fffffU) | 0x800000U;
    const std::uint32_t kept = mantissa >> shift;
    const std::uint32_t lost = mantissa & ((1U << shift) - 1U);
    const std::uint32_t half = 1U << (shift - 1U);
    out = kept + (lost > half || (lost == half && (kept & 1U) != 0) ? 1U : 0U);
  }
  return static_cast<std::uint16_t>(sign | out);
}

[[nodiscard]] inline float f16_to(std::uint16_t half) noexcept {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1fU;
  const std::uint32_t mantissa = half & 0x3ffU;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000U | mantissa << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112U) << 23 | mantissa << 13);
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
}

[[nodiscard]] inline std::uint16_t bf16_from(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}

[[nodiscard]] inline float bf16_to(std::uint16_t half) noexcept {
  return std::bit_cast<float>(std::uint32_t{half} << 16);
}

}  // namespace twill::lanes::detail
