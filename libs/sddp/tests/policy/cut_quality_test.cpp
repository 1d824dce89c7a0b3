// SPDX-License-Identifier: Apache-2.0
// Cuts against the functions they bound, slopes against differences, balances against the data.
#include "make_system.hpp"
#include "policy/risk.hpp"
#include "train/stage_solver.hpp"
#include "twill/base/philox.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace twill::sddp {
namespace {
using twill::sddp::testing::plain_hydro;
using twill::sddp::testing::plain_settings;
using twill::sddp::testing::system_maker;

// Two plants in a row, lags of two and one stage, planes, evaporation, two blocks, an uncertain load, CVaR.
system rich_system(negative_inflow method = negative_inflow::penalty) {
  system_maker m(4, {300.0, 430.0});
  const bus_index a = m.bus(90.0, {{unlimited, 800.0}}, 12.0);
  const bus_index b = m.bus(60.0, {{20.0, 250.0}, {unlimited, 900.0}});
  m.line(a, b, 25.0, 30.0);
  m.thermal(a, 40.0, 60.0);
  m.thermal(b, 50.0, 110.0, 5.0);
  m.source(b, 15.0, 0.5, 0.6, 0.2);
  hydro_at_stage x = plain_hydro(150.0, 60.0);
  x.max_generation_mw = 70.0;
  x.min_outflow_m3s = 6.0;
  x.evaporation =
      evaporation_line{.constant_m3s = 0.1, .m3s_per_hm3 = 0.002, .least_m3s = 0.0, .most_m3s = 2.0};
  const hydro_index up = m.hydro(a, x, 40.0, 4.0, 8.0);
  hydro_at_stage y = plain_hydro(80.0, 90.0);
  y.withdrawal_m3s = 1.5;
  const hydro_index down = m.hydro(b, y, 30.0, 3.0, 5.0);
  m.flows_into(up, down);
  m.planes(
      up, {{.intercept_mw = 1.0, .mw_per_hm3 = 0.05, .mw_per_m3s_turbined = 0.7, .mw_per_m3s_spilled = -0.02},
           {.intercept_mw = 0.0, .mw_per_hm3 = 0.01, .mw_per_m3s_turbined = 0.9}});
  m.autoregression(up, {0.5, 0.2}, {20.0, 15.0});
  m.autoregression(down, {0.3}, {10.0});
  for (std::size_t t = 0; t < 4; ++t) {
    m.openings(t, {{0.7, -0.3, 0.5, 0.4}, {-1.7, 0.9, -0.5, -1.1}, {0.1, -1.0, 1.2, 0.2}});
  }
  m.discount(0.95);
  m.risk({.lambda = 0.3, .alpha = 0.4});
  system s = m.make();
  s.inflow_method = method;
  return s;
}

// The programs of a system with the cuts of a policy.
struct programs {
  programs(const system& s, const policy& p, state_fixing fixing) : model(s), stages(s.stages.size()) {
    const std::vector<double> floors = lp::future_cost_floors(s);
    for (std::size_t t = 0; t < stages.size(); ++t) {
      stages[t].problem = lp::build_stage(s, t, {.fixing = fixing}, floors[t]);
      stages[t].pool = &p.stages[t];
      train::bake(stages[t].problem, p.stages[t], s.hydros.size(), stages[t].baked);
    }
  }
  // The cost of stage t and its future from state x in one opening; slopes where wanted.
  double value(std::size_t t, std::span<const double> x, std::size_t opening,
               std::vector<double>* slopes = {}) {
    solver.begin(stages[t], x, {});
    solver.solve(model.noise.tree->opening(t, opening), solver::keep::nothing, {"test"});
    if (slopes != nullptr) {
      slopes->resize(x.size());
      solver.slopes(*slopes);
    }
    return solver.objective();
  }
  // The measured cost over the openings of stage t, as stage t - 1 sees it.
  double measured(std::size_t t, std::span<const double> x) {
    const std::size_t n = model.noise.tree->openings(t);
    std::vector<double> costs;
    for (std::size_t w = 0; w < n; ++w) costs.push_back(value(t, x, w));
    const std::vector<double> p(n, 1.0 / static_cast<double>(n));
    std::vector<double> weights(n);
    std::vector<std::size_t> order;
    risk_weights(model.stages[t - 1].risk, costs, p, weights, order);
    return risk_value(costs, weights);
  }
  const system& model;
  std::vector<train::shared_stage> stages;
  train::stage_solver solver{model, {}, ""};
};

std::vector<double> random_state(const system& s, std::uint64_t n) {
  const twill::philox rng{twill::philox_key(2024, n)};
  std::vector<double> x(s.state_size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double most = i < s.hydros.size() ? s.stages[0].hydros[i].max_storage_hm3 : 60.0;
    x[i] = rng.uniform(i) * most;
  }
  return x;
}

TEST(cut, is_tight_at_its_trial_point_and_below_the_future_everywhere) {
  const system s = rich_system();
  const std::uint32_t iterations = 12;
  optimizer o(s, plain_settings(iterations, 2), {.threads = 1});
  o.train();
  programs p(s, o.cuts(), state_fixing::columns);
  for (std::size_t t = 0; t + 1 < s.stages.size(); ++t) {
    const cut_pool& pool = o.cuts().stages[t];
    ASSERT_EQ(pool.size(), 2 * iterations);
    for (std::size_t slot = 0; slot < pool.size(); ++slot) {
      const cut_view cut = pool[slot];
      if (cut.iteration != iterations) continue;
      // The stages behind had all their cuts when this one was made.
      const double exact = p.measured(t + 1, cut.trial_point);
      EXPECT_NEAR(pool.value_of(slot, cut.trial_point), exact, 1e-9 * exact) << "stage " << t;
    }
    for (std::uint64_t n = 0; n < 100; ++n) {
      const std::vector<double> x = random_state(s, n);
      const double exact = p.measured(t + 1, x);
      for (std::size_t slot = 0; slot < pool.size(); ++slot) {
        ASSERT_LE(pool.value_of(slot, x), exact + 1e-7 * std::fabs(exact))
            << "stage " << t << " cut " << slot;
      }
    }
  }
}

TEST(cut, never_says_that_more_water_costs_more) {
  const system s = rich_system();
  optimizer o(s, plain_settings(10), {.threads = 1});
  o.train();
  for (const cut_pool& pool : o.cuts().stages) {
    for (std::size_t slot = 0; slot < pool.size(); ++slot) {
      for (std::size_t h = 0; h < s.hydros.size(); ++h) EXPECT_LE(pool.coefficients(slot)[h], 1e-6);
    }
  }
}

// A slope lies between the differences to the left and to the right, of which a convex function has the
// first below the second.
void expect_slopes_between_differences(const system& s, state_fixing fixing) {
  optimizer o(s, plain_settings(8), {.threads = 1});
  o.train();
  programs p(s, o.cuts(), fixing);
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    for (std::uint64_t n = 0; n < 6; ++n) {
      const std::vector<double> x = random_state(s, 500 + n);
      std::vector<double> slopes;
      const double here = p.value(t, x, n % 3, &slopes);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double h = 1e-3;
        std::vector<double> y = x;
        y[i] = x[i] + h;
        const double right = (p.value(t, y, n % 3) - here) / h;
        y[i] = x[i] - h;
        const double left = (here - p.value(t, y, n % 3)) / h;
        const double tolerance = 1e-4 * (1.0 + std::fabs(slopes[i]));
        EXPECT_LE(left, slopes[i] + tolerance) << "stage " << t << " state " << i;
        EXPECT_GE(right, slopes[i] - tolerance) << "stage " << t << " state " << i;
      }
    }
  }
}

TEST(slope, agrees_with_differences_where_columns_fix_the_state) {
  expect_slopes_between_differences(rich_system(), state_fixing::columns);
}
TEST(slope, agrees_with_differences_where_rows_fix_the_state) {
  expect_slopes_between_differences(rich_system(), state_fixing::rows);
}

TEST(dispatch, closes_the_balances_of_water_and_buses) {
  const system s = rich_system();
  optimizer o(s, plain_settings(8), {.threads = 1});
  o.train();
  programs p(s, o.cuts(), state_fixing::columns);
  double worst_water = 0.0;
  double worst_bus = 0.0;
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    const stage& at = s.stages[t];
    const lp::layout& w = p.stages[t].problem.where;
    for (std::uint64_t n = 0; n < 12; ++n) {
      const std::vector<double> x = random_state(s, 900 + n);
      static_cast<void>(p.value(t, x, n % 3));
      const std::span<const double> v = p.solver.primal();
      const auto of = [&](int column) { return column < 0 ? 0.0 : v[static_cast<std::size_t>(column)]; };
      const lp::realization& r = p.solver.noise();
      std::vector<double> water(s.hydros.size());
      std::vector<double> power(s.buses.size() * at.blocks.size());
      for (std::size_t h = 0; h < s.hydros.size(); ++h) {
        water[h] +=
            of(w.storage[h]) - x[h] - 0.0036 * 730.0 * (r.inflow_m3s[h] - at.hydros[h].withdrawal_m3s);
        water[h] += 0.0036 * 730.0 *
                    (of(w.evaporated[h]) - of(w.inflow_slack[h]) - of(w.withdrawal_under[h]) +
                     of(w.withdrawal_over[h]));
        for (std::size_t k = 0; k < at.blocks.size(); ++k) {
          const std::size_t i = h * at.blocks.size() + k;
          const double out = 0.0036 * at.blocks[k].hours * (of(w.turbined[i]) + of(w.spilled[i]));
          water[h] += out;
          if (s.hydros[h].downstream) water[s.hydros[h].downstream->index()] -= out;
          power[s.hydros[h].bus.index() * at.blocks.size() + k] +=
              at.hydros[h].planes ? of(w.generated[i]) : of(w.turbined[i]);
        }
      }
      for (std::size_t k = 0; k < at.blocks.size(); ++k) {
        const auto bus = [&](std::size_t b) -> double& { return power[b * at.blocks.size() + k]; };
        for (std::size_t j = 0; j < s.thermals.size(); ++j)
          bus(s.thermals[j].bus.index()) += of(w.thermal[w.at(j, k)]);
        bus(1) += of(w.source[k]);
        const double flow = of(w.direct[k]) - of(w.reverse[k]);
        bus(1) += flow;
        bus(0) -= flow;
        for (std::size_t b = 0; b < 2; ++b) {
          for (std::size_t i = w.segments[b]; i < w.segments[b + 1]; ++i) bus(b) += of(w.deficit[w.at(i, k)]);
          bus(b) -= of(w.excess[w.at(b, k)]);
        }
        bus(0) -= r.load_mw[k];
        bus(1) -= 60.0;
        worst_bus = std::max({worst_bus, std::fabs(bus(0)), std::fabs(bus(1))});
      }
      for (const double h : water) worst_water = std::max(worst_water, std::fabs(h));
    }
  }
  EXPECT_LT(worst_water, 1e-6);
  EXPECT_LT(worst_bus, 1e-6);
}

}  // namespace
}  // namespace twill::sddp
