// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include "ticks.hpp"

#include <algorithm>
#include <cmath>

namespace twill::report::detail {

std::vector<double> bin_edges(std::span<const double> values, std::size_t bins) {
  std::vector<double> sorted;
  for (const double v : values) {
    if (std::isfinite(v)) sorted.push_back(v);
  }
  if (sorted.empty()) return {0, 1};
  std::sort(sorted.begin(), sorted.end());
  const interval domain = usable(sorted.front(), sorted.back());
  std::vector<double> edges;
  if (bins == 0) {
    const auto count = static_cast<double>(sorted.size());
    const double middle_half = sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4];
    double width = 2 * middle_half / std::cbrt(count);
    if (!(width > 0)) width = (domain.hi - domain.lo) / (std::log2(count) + 1);
    const int wanted = static_cast<int>(std::clamp((domain.hi - domain.lo) / width, 1.0, 90.0)) + 1;
    const interval grown = rounded_out(domain, wanted + 1);
    for (const tick& t : linear_ticks(grown, wanted + 4, false).ticks) edges.push_back(t.value);
    if (edges.size() >= 2) return edges;
    edges.clear();
    bins = 1;
  }
  for (std::size_t i = 0; i <= bins; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(bins);
    edges.push_back(domain.lo * (1 - share) + domain.hi * share);
  }
  return edges;
}

std::vector<double> bin_counts(std::span<const double> values, std::span<const double> edges) {
  std::vector<double> counts(edges.size() - 1, 0.0);
  for (const double v : values) {
    if (!std::isfinite(v) || v < edges.front() || v > edges.back()) continue;
    const auto after = std::upper_bound(edges.begin(), edges.end(), v);
    const auto bin = std::min(static_cast<std::size_t>(after - edges.begin()) - 1, counts.size() - 1);
    counts[bin] += 1;
  }
  return counts;
}

}  // namespace twill::report::detail
