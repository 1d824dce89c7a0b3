// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/stage.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace twill::sddp {

/// Weights of outcomes under a risk measure: its value is the sum of weight times cost.
///
/// (1 - lambda) p + lambda q, where q puts as much as p / alpha on the dearest outcomes until it sums to 1.
/// Among equal costs the lower index comes first. lambda 0 or alpha 1 gives p bit for bit.
/// `order` is room for the sort. Requires: probabilities that sum to 1, all spans of one length.
void risk_weights(const risk_measure& measure, std::span<const double> costs,
                  std::span<const double> probabilities, std::span<double> weights,
                  std::vector<std::size_t>& order);

/// The value of the measure.
[[nodiscard]] double risk_value(std::span<const double> costs, std::span<const double> weights) noexcept;

}  // namespace twill::sddp
