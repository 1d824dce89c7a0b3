// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Random123/philox.h>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

namespace peer {

inline constexpr const char* version = "Philox4x32-10 of Random123 1.14";

struct generator {
  r123::Philox4x32::key_type key{{1, 0}};
  std::uint64_t next = 0;

  static std::uint64_t word(const r123::Philox4x32::ctr_type& block, unsigned which) {
    return std::uint64_t{block[2 * which]} | std::uint64_t{block[2 * which + 1]} << 32U;
  }
  static r123::Philox4x32::ctr_type block(std::uint64_t index, r123::Philox4x32::key_type of) {
    return r123::Philox4x32()(
        {{static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32U), 0, 0}}, of);
  }
  // The buffer has an even length.
  void bits(std::span<std::uint64_t> out) {
    for (std::size_t i = 0; i < out.size(); i += 2, next += 2) {
      const auto drawn = block(next / 2, key);
      out[i] = word(drawn, 0);
      out[i + 1] = word(drawn, 1);
    }
  }
  void uniform(std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); i += 2, next += 2) {
      const auto drawn = block(next / 2, key);
      out[i] = (static_cast<double>(word(drawn, 0) >> 11U) + 0.5) * 0x1p-53;
      out[i + 1] = (static_cast<double>(word(drawn, 1) >> 11U) + 0.5) * 0x1p-53;
    }
  }
  // Box and Muller, as the library's own r123::boxmuller does it, in double.
  void normal(std::span<double> out) {
    uniform(out);
    for (std::size_t i = 0; i < out.size(); i += 2) {
      const double radius = std::sqrt(-2 * std::log(out[i]));
      const double angle = 2 * std::numbers::pi * out[i + 1];
      out[i] = radius * std::cos(angle);
      out[i + 1] = radius * std::sin(angle);
    }
  }
  static std::uint64_t at(std::uint64_t seed, std::uint64_t n) {
    return word(block(n / 2, {{static_cast<std::uint32_t>(seed), 0}}), static_cast<unsigned>(n & 1U));
  }
};

}  // namespace peer
