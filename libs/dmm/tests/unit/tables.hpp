// SPDX-License-Identifier: Apache-2.0
// Tables of the tests' own, and those of ../shared where it is there.
#pragma once

#include "twill/base/philox.hpp"
#include "twill/dmm.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace twill::dmm::tests {

// n samples of s taxa from k components that differ: a model drawn by seed, then simulate.
inline simulated draw_table(std::size_t n, std::size_t s, int k, std::uint64_t seed,
                            std::int64_t depth = 500) {
  mixture_fit m;
  m.components = k;
  m.taxa = s;
  philox stream{philox_key(seed)};
  for (int c = 0; c < k; ++c) {
    m.weights.push_back(1.0 / k);
    for (std::size_t j = 0; j < s; ++j)
      m.alpha.push_back(30.0 / static_cast<double>(s) *
                        std::exp(1.5 * normal_quantile(uniform_from_bits(stream()))));
  }
  std::vector<std::int64_t> depths;
  for (std::size_t i = 0; i < n; ++i)
    depths.push_back(depth / 2 +
                     static_cast<std::int64_t>(stream.bounded(1000 + i, static_cast<std::uint64_t>(depth))));
  return simulate(m, depths, seed, 1);
}

inline count_table own_table(std::size_t n, std::size_t s, int k, std::uint64_t seed,
                             std::int64_t depth = 500) {
  return count_table::from_dense(std::span<const std::int64_t>(draw_table(n, s, k, seed, depth).counts), n,
                                 s);
}

inline std::string shared_file(const std::string& name) {
  return std::string(TWILL_SOURCE_DIR) + "/../shared/data/dmm/" + name;
}
inline bool has_shared(const std::string& name) { return std::filesystem::exists(shared_file(name)); }

}  // namespace twill::dmm::tests
