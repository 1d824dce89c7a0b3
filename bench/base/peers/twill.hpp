// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/philox.hpp"

#include <cstdint>
#include <span>

namespace peer {

inline constexpr const char* version = "Philox4x32-10 of twill";

struct generator {
  twill::philox stream{twill::philox_key::raw({1, 0})};
  std::uint64_t next = 0;

  void bits(std::span<std::uint64_t> out) {
    stream.fill_bits(out, next);
    next += out.size();
  }
  void uniform(std::span<double> out) {
    stream.fill_uniform(out, next);
    next += out.size();
  }
  void normal(std::span<double> out) {
    stream.fill_normal(out, next);
    next += out.size();
  }
  static std::uint64_t at(std::uint64_t seed, std::uint64_t n) {
    return twill::philox(twill::philox_key::raw({static_cast<std::uint32_t>(seed), 0})).bits(n);
  }
};

}  // namespace peer
