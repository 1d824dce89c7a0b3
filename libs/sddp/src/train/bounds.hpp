// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/optimizer.hpp"
#include "twill/sddp/settings.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace twill::sddp::train {

/// Mean, deviation (n - 1) and the half width of the 95 % confidence interval, in the order of the values.
struct mean_and_spread {
  double mean = 0.0;
  double std = 0.0;                    ///< 0 for one value
  std::optional<double> half_width{};  ///< empty for one value
};

/// Welford's recurrence over the values in order.
[[nodiscard]] mean_and_spread spread_of(std::span<const double> values);

/// The 97.5 % quantile of Student's t for n values, 1.96 from 30 on.
[[nodiscard]] double t_quantile(std::size_t n) noexcept;

/// What the stopping rules look at.
struct rule_inputs {
  std::uint32_t iteration = 0;                  ///< counted from 1
  double wall_s = 0.0;                          ///< since the start
  std::span<const iteration_record> history{};  ///< this iteration is the last
  std::optional<double> simulated_distance{};   ///< of the simulation rule, when it was due
};

/// Whether a rule fires.
[[nodiscard]] bool triggered(const stopping_rule& rule, const rule_inputs& in);
/// The first rule that fires, or the last one when all must and do; empty: go on.
[[nodiscard]] std::optional<stop_reason> decide(std::span<const stopping_rule> rules, stopping_mode mode,
                                                const rule_inputs& in);
/// Whether the simulation rule wants to simulate now: its period is due and the bound holds still.
[[nodiscard]] bool wants_simulation(const simulation_stop& rule, const rule_inputs& in);
/// sqrt of the sum over stages of the squared relative change.
[[nodiscard]] double distance(std::span<const double> now, std::span<const double> before);

}  // namespace twill::sddp::train
