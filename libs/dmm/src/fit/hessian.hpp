// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/m_step.hpp"
#include "twill/dmm/fit.hpp"

#include <span>
#include <vector>

namespace twill::dmm::detail {

// Log-determinant and intervals of every component, then the criteria. `z` are the responsibilities, `weight`
// their sums; `objectives` are those of the exact mode at the fit's alpha.
void set_errors(const problem& p, const fit_options& options, const std::vector<double>& z,
                std::span<const double> weight, std::span<const objective> objectives, mixture_fit& fit);

}  // namespace twill::dmm::detail
