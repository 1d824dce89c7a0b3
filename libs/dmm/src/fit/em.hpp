// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/problem.hpp"
#include "twill/dmm/fit.hpp"

namespace twill::dmm::detail {

// One start of one K. Options are checked already.
[[nodiscard]] mixture_fit run_start(const problem& p, const fit_options& options, int start);

// All starts of one K, the best of them.
[[nodiscard]] mixture_fit run_starts(const problem& p, const fit_options& options);

// Throws: error (bad_option, too_many_components).
void check_options(const fit_options& options, std::size_t samples);

// Whether `a` is to be preferred to `b`: a lower finite value, then the lower start.
[[nodiscard]] bool better(const mixture_fit& a, const mixture_fit& b) noexcept;

// Orders components by falling weight.
void sort_components(mixture_fit& fit);

}  // namespace twill::dmm::detail
