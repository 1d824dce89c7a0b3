// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace peer {

inline constexpr const char* version = "std::mt19937_64 of libstdc++";

struct generator {
  std::mt19937_64 engine{1};
  std::uniform_real_distribution<double> unit;
  std::normal_distribution<double> gauss;

  void bits(std::span<std::uint64_t> out) {
    for (std::uint64_t& x : out) x = engine();
  }
  void uniform(std::span<double> out) {
    for (double& x : out) x = unit(engine);
  }
  void normal(std::span<double> out) {
    for (double& x : out) x = gauss(engine);
  }
  static std::uint64_t at(std::uint64_t seed, std::uint64_t n) {
    std::mt19937_64 fresh(seed);
    fresh.discard(n);
    return fresh();
  }
};

}  // namespace peer
