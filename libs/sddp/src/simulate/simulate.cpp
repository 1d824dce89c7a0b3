// SPDX-License-Identifier: Apache-2.0
#include "train/engine.hpp"

#include <algorithm>

namespace twill::sddp {

namespace {

// Costs of the last solve by kind, $.
cost_row costs_of(const train::stage_solver& s, double present_value) {
  const lp::stage_problem& p = s.stage().problem;
  const std::span<const double> x = s.primal();
  std::array<double, lp::num_cost_kinds> sum{};
  for (std::size_t j = 0; j < x.size(); ++j) {
    sum[static_cast<std::size_t>(p.kinds[j])] += p.program.objective[j] * p.cost_scale * x[j];
  }
  const auto of = [&](lp::cost_kind kind) { return sum[static_cast<std::size_t>(kind)]; };
  cost_row row{.future = s.future_cost(),
               .discount_factor = present_value,
               .thermal = of(lp::cost_kind::thermal),
               .deficit = of(lp::cost_kind::deficit),
               .excess = of(lp::cost_kind::excess),
               .storage_violation = of(lp::cost_kind::storage_violation),
               .outflow_violation_below = of(lp::cost_kind::outflow_below),
               .outflow_violation_above = of(lp::cost_kind::outflow_above),
               .turbined_violation = of(lp::cost_kind::turbined_below),
               .generation_violation = of(lp::cost_kind::generation_below),
               .evaporation_violation = of(lp::cost_kind::evaporation),
               .withdrawal_violation = of(lp::cost_kind::withdrawal),
               .inflow_penalty = of(lp::cost_kind::negative_inflow),
               .generic_violation = of(lp::cost_kind::generic),
               .spillage = of(lp::cost_kind::spillage),
               .diversion = of(lp::cost_kind::diversion),
               .fpha_turbined = of(lp::cost_kind::fpha_turbined),
               .curtailment = of(lp::cost_kind::curtailment),
               .exchange = of(lp::cost_kind::exchange)};
  row.immediate = row.thermal + row.deficit + row.excess + row.storage_violation + row.hydro_violation() +
                  row.generic_violation + row.spillage + row.diversion + row.fpha_turbined + row.curtailment +
                  row.exchange;
  return row;
}

}  // namespace

simulation_result optimizer::engine::simulate(std::size_t scenarios,
                                              std::span<const std::vector<std::uint32_t>> paths) {
  const std::size_t n = stages_.size();
  simulation_result out{.scenarios = paths.empty() ? scenarios : paths.size(), .stages = n};
  out.total_cost.resize(out.scenarios);
  out.costs.resize(out.scenarios * n);
  const draws d{.phase = simulation_phase,
                .source = &settings_.simulation.source,
                .tree_seed = settings_.training.tree_seed};
  const auto run = [&](std::size_t i) {
    worker& w = here();
    std::vector<double> x(system_.initial.storage_hm3);
    x.insert(x.end(), system_.initial.inflow_lags_m3s.begin(), system_.initial.inflow_lags_m3s.end());
    std::vector<double> next(width_);
    double total = 0.0;
    for (std::size_t t = 0; t < n; ++t) {
      // The basis is one a stage, so that a scenario does not depend on those before it.
      w.stage.begin(stages_[t], x, forward_basis_[t * passes_]);
      const std::span<const double> noise =
          paths.empty() ? noise_of(d, i, t, w) : tree_.opening(t, paths[i][t]);
      w.stage.solve(noise, solver::keep::nothing, {"simulation", 0, static_cast<std::uint32_t>(i)});
      out.costs[i * n + t] = costs_of(w.stage, present_value_[t]);
      total += present_value_[t] * out.costs[i * n + t].immediate;
      w.stage.outgoing(next);
      std::swap(x, next);
    }
    out.total_cost[i] = total;
    if (options_.on_scenario) options_.on_scenario();
  };
  pool_.scope([&](par::scope_t&) {
    if (paths.empty()) prepare_noise(d, scenarios);
    train::for_units(0, out.scenarios, run);
  });
  const train::mean_and_spread costs = train::spread_of(out.total_cost);
  out.mean = costs.mean;
  out.std = costs.std;
  out.ci_half_width = costs.half_width;
  for (const std::unique_ptr<worker>& w : workers_) {
    out.negative_inflows += w->stage.negative_inflows;
    w->stage.negative_inflows = 0;
  }
  return out;
}

}  // namespace twill::sddp
