// SPDX-License-Identifier: Apache-2.0
// What differs by block, stage or noise, by cases that can be solved by hand.
#include "make_system.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace twill::sddp {
namespace {
using twill::sddp::testing::plain_hydro;
using twill::sddp::testing::plain_settings;
using twill::sddp::testing::system_maker;

double least_cost(const system& s) {
  optimizer o(s, plain_settings(12), {.threads = 1});
  return o.train().lower_bound;
}

TEST(stage_blocks, have_limits_and_costs_of_thermals_of_their_own) {
  system_maker m(2, {200.0, 530.0});
  const bus_index b = m.bus(100.0);
  m.thermal(b, 60.0, 10.0);
  m.thermal(b, 100.0, 40.0);
  // Stage 0: the cheap plant gives 30 MW in the second block. Stage 1: it costs 55 and must give 45.
  m.s.stages[0].thermals[1].max_generation_mw = 30.0;
  for (std::size_t k = 0; k < 2; ++k) {
    m.s.stages[1].thermals[k].cost_per_mwh = 55.0;
    m.s.stages[1].thermals[k].min_generation_mw = 45.0;
  }
  const double first = 200 * (60 * 10.0 + 40 * 40.0) + 530 * (30 * 10.0 + 70 * 40.0);
  const double second = 730 * (45 * 55.0 + 55 * 40.0);
  EXPECT_NEAR(least_cost(m.make()), first + second, 1e-6);
}

TEST(stage_blocks, spread_the_load_by_their_factors_and_keep_it_above_zero) {
  system_maker m(1, {300.0, 430.0});
  const bus_index b = m.bus(50.0, {{unlimited, 1000.0}}, 40.0);
  m.thermal(b, 500.0, 20.0);
  m.s.stages[0].load_factors = {1.5, 0.5};
  m.openings(0, {{0.5}, {-2.0}});
  // 70 MW in one opening, and not -30 but none in the other.
  EXPECT_NEAR(least_cost(m.make()), 0.5 * 70 * 20 * (1.5 * 300 + 0.5 * 430), 1e-6);
}

TEST(stage_blocks, bound_sources_by_their_factors_and_a_share_between_none_and_all) {
  system_maker m(1, {300.0, 430.0});
  const bus_index b = m.bus(100.0);
  m.thermal(b, 500.0, 20.0);
  m.source(b, 40.0, 0.5, 0.5, 0.5);
  m.s.stages[0].source_factors = {0.5, 1.0};
  m.openings(0, {{3.0}, {-3.0}, {0.2}});
  // All, none, and six tenths of what the factors leave of 40 MW.
  const auto cost = [](double share) {
    double sum = 0.0;
    for (const auto& [hours, factor] : {std::pair(300.0, 0.5), std::pair(430.0, 1.0)}) {
      const double used = 40.0 * factor * share;
      sum += hours * ((100.0 - used) * 20.0 - 0.5 * used);
    }
    return sum;
  };
  EXPECT_NEAR(least_cost(m.make()), (cost(1.0) + cost(0.0) + cost(0.6)) / 3, 1e-6);
}

TEST(stage_blocks, limit_lines_each_by_itself) {
  system_maker m(1, {300.0, 430.0});
  const bus_index a = m.bus(0.0);
  const bus_index b = m.bus(30.0, {{unlimited, 500.0}});
  m.thermal(a, 100.0, 10.0);
  m.line(a, b, 20.0, 20.0, 0.25);
  m.s.stages[0].lines[1] = {.direct_mw = 5.0, .reverse_mw = 0.0, .exchange_cost_per_mwh = 0.5};
  const double cost = 300 * (20 * 10.25 + 10 * 500.0) + 430 * (5 * 10.5 + 25 * 500.0);
  EXPECT_NEAR(least_cost(m.make()), cost, 1e-6);
}

TEST(stage_blocks, pay_for_outflow_above_its_limit_by_their_hours) {
  system_maker m(1, {300.0, 430.0});
  const bus_index b = m.bus(0.0);
  hydro_at_stage x = plain_hydro(0.0, 0.0);
  x.max_outflow_m3s = 6.0;
  x.costs.outflow_above_per_m3s_h = 8.0;
  x.costs.spillage_per_m3s_h = 0.125;
  m.hydro(b, x, 0.0, 10.0);
  EXPECT_NEAR(least_cost(m.make()), 730 * (10 * 0.125 + 4 * 8.0), 1e-6);
}

TEST(stage_blocks, take_more_water_than_scheduled_where_that_is_cheaper_than_spilling) {
  system_maker m(1);
  const bus_index b = m.bus(0.0);
  hydro_at_stage x = plain_hydro(0.0, 0.0);
  x.withdrawal_m3s = 3.0;
  x.costs.withdrawal_over_per_m3s_h = 0.5;
  x.costs.spillage_per_m3s_h = 2.0;
  m.hydro(b, x, 0.0, 10.0);
  EXPECT_NEAR(least_cost(m.make()), 730 * 7 * 0.5, 1e-6);
}

TEST(stage_blocks, gain_water_where_evaporation_is_below_zero) {
  system_maker m(1);
  const bus_index b = m.bus(20.0);
  m.thermal(b, 100.0, 50.0);
  hydro_at_stage x = plain_hydro(0.0, 50.0);
  x.evaporation =
      evaporation_line{.constant_m3s = -2.0, .m3s_per_hm3 = 0.0, .least_m3s = -4.0, .most_m3s = 0.0};
  m.hydro(b, x, 0.0, 5.0);
  EXPECT_NEAR(least_cost(m.make()), (20 - 7) * 50 * 730.0, 1e-6);
}

TEST(stage_blocks, count_at_their_present_value) {
  system_maker m(3);
  const bus_index b = m.bus(10.0);
  m.thermal(b, 100.0, 30.0);
  m.discount(0.9);
  m.s.stages[1].discount = 0.5;  // of what comes after the second stage
  const system s = m.make();
  optimizer o(s, plain_settings(4), {.threads = 1});
  const double stage_cost = 10 * 30 * 730.0;
  const training_result r = o.train();
  EXPECT_NEAR(r.lower_bound, stage_cost * (1 + 0.9 + 0.45), 1e-6);
  EXPECT_NEAR(r.iterations.back().upper_bound_mean, stage_cost * (1 + 0.9 + 0.45), 1e-6);
  const simulation_result sim = o.simulate(2);
  EXPECT_EQ(sim.at(1, 0).discount_factor, 1.0);
  EXPECT_DOUBLE_EQ(sim.at(1, 2).discount_factor, 0.45);
  EXPECT_NEAR(sim.at(1, 1).immediate, stage_cost, 1e-6);
  EXPECT_NEAR(sim.at(1, 0).future, stage_cost * 1.5, 1e-6);
}

TEST(stage_blocks, add_water_against_negative_inflow_at_the_price_of_the_stage) {
  system_maker m(1, {300.0, 430.0});
  const bus_index b = m.bus(10.0);
  m.thermal(b, 100.0, 50.0);
  hydro_at_stage x = plain_hydro(0.0, 50.0);
  x.costs.negative_inflow_per_m3s_h = 60.0;
  m.hydro(b, x, 0.0, -4.0);
  m.s.inflow_method = negative_inflow::penalty;
  EXPECT_NEAR(least_cost(m.make()), (4 * 60.0 + 10 * 50.0) * 730, 1e-6);
}

}  // namespace
}  // namespace twill::sddp
