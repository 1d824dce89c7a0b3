// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stochastic/noise.hpp"

#include <cstddef>
#include <span>

namespace twill::sddp {

/// Candidates for each opening that is selected from them.
inline constexpr std::size_t candidates_per_opening = 10;

/// The centres of clusters of noise vectors, and the share of the vectors in each: k-means with the choice of
/// Arthur and Vassilvitskii (k-means++, 2007) to begin with and at most 50 rounds of Lloyd's.
///
/// The centres weighed by their shares have the mean of the candidates, and no share is zero. Draws are those
/// of the opening tree at the scenarios that follow the candidates. Requires: dimension > 0; centres.size()
/// == shares.size() * dimension; no fewer candidates than centres. Complexity: candidates * centres *
/// dimension a round.
void select_openings(std::span<const double> candidates, std::size_t dimension, noise_key key,
                     std::span<double> centres, std::span<double> shares);

}  // namespace twill::sddp
