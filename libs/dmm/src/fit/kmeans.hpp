// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/problem.hpp"
#include "twill/dmm/fit_options.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace twill::dmm::detail {

// The components that the peers draw for the rows of a table: MT19937 with the initialisation of 2002, seed 0
// meaning 4357, u / floor((2^32 - 1) / k) with rejection.
[[nodiscard]] std::vector<int> draw_components(std::uint32_t seed, int k, std::size_t rows);

struct kmeans_result {
  std::vector<double> z;       // rows x k
  std::vector<double> lambda;  // k x s
  std::vector<double> weight;  // k: sums of z
  int rounds = 0;
  int reseeded = 0;
};

// Soft k-means of the rows' proportions; without rounds, the drawn components and their means. `told(round,
// change)` may return false: it ends at once.
[[nodiscard]] kmeans_result soft_kmeans(const problem& p, int k, std::uint32_t seed,
                                        const kmeans_options& options,
                                        const std::function<bool(int, double)>& told);

}  // namespace twill::dmm::detail
