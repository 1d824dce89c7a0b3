// SPDX-License-Identifier: Apache-2.0
// Both programs do this many leaves a round and fold them in the same order.
#pragma once

#include "../harness/bench.hpp"
#include "option_book.hpp"

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace prices {

inline constexpr std::size_t leaves = 512;
inline constexpr std::uint64_t seed = 1;

inline std::uint64_t checksum(std::span<const option_book::leaf_sums> all) {
  option_book::leaf_sums total{};
  for (const auto& leaf : all)
    for (std::size_t i = 0; i < leaf.size(); ++i) total[i] += leaf[i];
  std::vector<std::uint64_t> words;
  for (const double t : total) words.push_back(std::bit_cast<std::uint64_t>(t));
  return bench::checksum(words);
}

}  // namespace prices
