// SPDX-License-Identifier: Apache-2.0
#include "train/bounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace twill::sddp::train {

mean_and_spread spread_of(std::span<const double> values) {
  mean_and_spread out;
  double squares = 0.0;
  std::size_t n = 0;
  for (const double x : values) {
    ++n;
    const double before = x - out.mean;
    out.mean += before / static_cast<double>(n);
    squares += before * (x - out.mean);
  }
  if (n < 2) return out;
  out.std = std::sqrt(squares / static_cast<double>(n - 1));
  out.half_width = t_quantile(n) * out.std / std::sqrt(static_cast<double>(n));
  return out;
}

double t_quantile(std::size_t n) noexcept {
  // Degrees of freedom 1 to 28.
  static constexpr std::array<double, 28> table{
      12.706204736, 4.302652730, 3.182446305, 2.776445105, 2.570581836, 2.446911851, 2.364624252,
      2.306004135,  2.262157163, 2.228138852, 2.200985160, 2.178812830, 2.160368656, 2.144786688,
      2.131449546,  2.119905299, 2.109815578, 2.100922040, 2.093024054, 2.085963447, 2.079613845,
      2.073873068,  2.068657610, 2.063898562, 2.059538553, 2.055529439, 2.051830516, 2.048407142};
  if (n < 2) return 0.0;
  return n >= 30 ? 1.96 : table[n - 2];
}

namespace {

double relative_change(double now, double before) {
  return std::fabs(now - before) / std::max(1.0, std::fabs(now));
}

bool bound_holds_still(const rule_inputs& in, std::uint32_t window, double tolerance) {
  if (in.history.size() <= window) return false;
  const double now = in.history.back().lower_bound;
  const double before = in.history[in.history.size() - 1 - window].lower_bound;
  return relative_change(now, before) < tolerance;
}

struct rule_check {
  const rule_inputs& in;
  bool operator()(const iteration_limit& r) const { return in.iteration >= r.limit; }
  bool operator()(const time_limit& r) const { return in.wall_s >= r.seconds; }
  bool operator()(const bound_stalling& r) const { return bound_holds_still(in, r.iterations, r.tolerance); }
  bool operator()(const simulation_stop& r) const {
    return in.simulated_distance && *in.simulated_distance < r.distance_tolerance;
  }
};

stop_reason reason_of(const stopping_rule& rule) {
  static constexpr std::array reasons{stop_reason::iteration_limit, stop_reason::time_limit,
                                      stop_reason::bound_stalling, stop_reason::simulation_based};
  return reasons[rule.index()];
}

}  // namespace

bool triggered(const stopping_rule& rule, const rule_inputs& in) { return std::visit(rule_check{in}, rule); }

std::optional<stop_reason> decide(std::span<const stopping_rule> rules, stopping_mode mode,
                                  const rule_inputs& in) {
  std::optional<stop_reason> found;
  for (const stopping_rule& rule : rules) {
    const bool fires = triggered(rule, in);
    if (mode == stopping_mode::all) {
      if (!fires) return {};
      found = reason_of(rule);
    } else if (fires && !found) {
      found = reason_of(rule);
    }
  }
  return found;
}

bool wants_simulation(const simulation_stop& rule, const rule_inputs& in) {
  return rule.period > 0 && in.iteration % rule.period == 0 &&
         bound_holds_still(in, rule.bound_window, rule.bound_tolerance);
}

double distance(std::span<const double> now, std::span<const double> before) {
  double sum = 0.0;
  for (std::size_t t = 0; t < now.size(); ++t) {
    const double d = (now[t] - before[t]) / std::max(1.0, std::fabs(before[t]));
    sum += d * d;
  }
  return std::sqrt(sum);
}

}  // namespace twill::sddp::train
