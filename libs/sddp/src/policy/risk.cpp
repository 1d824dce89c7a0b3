// SPDX-License-Identifier: Apache-2.0
#include "policy/risk.hpp"

#include <algorithm>
#include <numeric>

namespace twill::sddp {

void risk_weights(const risk_measure& measure, std::span<const double> costs,
                  std::span<const double> probabilities, std::span<double> weights,
                  std::vector<std::size_t>& order) {
  if (measure.is_expectation()) {
    std::copy(probabilities.begin(), probabilities.end(), weights.begin());
    return;
  }
  order.resize(costs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return costs[a] != costs[b] ? costs[a] > costs[b] : a < b; });
  double left = 1.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t w = order[i];
    // The last one takes what rounding left over, so that the weights sum to one.
    const bool last = i + 1 == order.size();
    const double q = last ? left : std::min(left, probabilities[w] / measure.alpha);
    left -= q;
    weights[w] = (1.0 - measure.lambda) * probabilities[w] + measure.lambda * q;
  }
}

double risk_value(std::span<const double> costs, std::span<const double> weights) noexcept {
  double sum = 0.0;
  for (std::size_t w = 0; w < costs.size(); ++w) sum += weights[w] * costs[w];
  return sum;
}

}  // namespace twill::sddp
