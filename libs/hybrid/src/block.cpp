// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/block.hpp"

#include <algorithm>
#include <cmath>

namespace twill::hybrid {

block_table blocks(std::size_t n, std::size_t parts, std::size_t width) {
  block_table out{.items = n, .width = width};
  out.counts.reserve(parts);
  out.positions.reserve(parts);
  for (std::size_t i = 0; i < parts; ++i) {
    const index_block b = block(n, parts, i);
    out.counts.push_back(b.count * width);
    out.positions.push_back(b.begin * width);
  }
  return out;
}

block_table weighted_blocks(std::span<const double> weights, std::size_t parts, std::size_t width) {
  double total = 0;
  for (const double w : weights) {
    if (!(w > 0) || !std::isfinite(w)) return blocks(weights.size(), parts, width);
    total += w;
  }
  block_table out{.items = weights.size(), .width = width};
  std::vector<std::size_t> count(parts);
  double before = 0;
  std::size_t last = 0;
  for (const double w : weights) {
    const double middle = (before + w / 2) / total * static_cast<double>(parts);
    // Middles rise, and so do blocks: rounding may not take an index back.
    last = std::max(last, std::min(parts - 1, static_cast<std::size_t>(middle)));
    ++count[last];
    before += w;
  }
  std::size_t at = 0;
  for (const std::size_t c : count) {
    out.counts.push_back(c * width);
    out.positions.push_back(at * width);
    at += c;
  }
  return out;
}

}  // namespace twill::hybrid
