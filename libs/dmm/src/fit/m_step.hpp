// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/component.hpp"
#include "twill/dmm/fit_options.hpp"

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace twill::dmm::detail {

struct prior {
  double eta = 0.1;
  double nu = 0.1;
};

// The objective of one component with its derivatives in lambda: H = diag(curvature) + rank_one alpha
// alpha^T.
struct objective {
  double value = 0;
  double norm = 0;  // of the gradient
  double rank_one = 0;
  double total_slope = 0;  // what the totals add to every taxon's slope
  std::vector<double> gradient;
  std::vector<double> curvature;
};

// At alpha, which is exp lambda.
void evaluate_objective(const problem& p, component_terms& terms, const prior& pr,
                        std::span<const double> lambda, std::span<const double> alpha,
                        std::vector<taxon_sums>& sums, objective& out);

struct m_step_outcome {
  double gradient = 0;  // norm at the end
  std::uint64_t steps = 0;
  std::uint64_t evaluations = 0;
};

// Minimises the objective of one component from lambda, in place; alpha becomes exp lambda.
[[nodiscard]] m_step_outcome minimise(const problem& p, component_terms& terms, const prior& pr,
                                      const m_step_options& options, const std::stop_token& stop,
                                      std::span<double> lambda, std::span<double> alpha);

}  // namespace twill::dmm::detail
