// SPDX-License-Identifier: Apache-2.0
// Each item of the stage problem by a case that can be solved by hand.
#include "lp/stage_problem.hpp"

#include "make_system.hpp"
#include "twill/base/error.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace twill::sddp {
namespace {
using twill::sddp::testing::plain_hydro;
using twill::sddp::testing::plain_settings;
using twill::sddp::testing::system_maker;

constexpr double hours = 730.0;
constexpr double zeta = 657.0 / 250.0;  // hm3 that 1 m3/s brings in 730 hours

double bound_of(const system& s, state_fixing fixing = state_fixing::columns) {
  study_settings settings = plain_settings(12);
  settings.solver.fixing = fixing;
  optimizer o(s, settings, {.threads = 1});
  return o.train().lower_bound;
}

// One stage, one bus, one thermal plant at 50; one hydro with the given flow of water.
struct one_stage {
  one_stage(double load, hydro_at_stage x, double inflow, double stored = 0.0) : m(1) {
    b = m.bus(load);
    m.thermal(b, 1000.0, 50.0);
    h = m.hydro(b, x, stored, inflow);
  }
  [[nodiscard]] double cost() const { return bound_of(m.make()); }
  system_maker m;
  bus_index b{};
  hydro_index h{};
};

TEST(stage_problem, prices_deficit_by_segments) {
  system_maker m(2);
  const bus_index b = m.bus(50.0, {{10.0, 500.0}, {unlimited, 5000.0}});
  m.thermal(b, 30.0, 10.0);
  EXPECT_NEAR(bound_of(m.make()), (30 * 10 + 10 * 500 + 10 * 5000) * hours * 2, 1e-6);
}

TEST(stage_problem, sells_surplus_at_the_cost_of_excess) {
  system_maker m(1);
  const bus_index b = m.bus(10.0);
  m.thermal(b, 30.0, 10.0, 25.0);
  EXPECT_NEAR(bound_of(m.make()), (25 * 10 + 15 * 0.001) * hours, 1e-9);
}

TEST(stage_problem, exchanges_between_buses_within_the_limits_of_the_line) {
  system_maker m(2);
  const bus_index a = m.bus(20.0);
  const bus_index b = m.bus(40.0);
  m.thermal(a, 100.0, 10.0);
  m.line(a, b, 15.0, 99.0, 0.01);
  EXPECT_NEAR(bound_of(m.make()), (35 * 10 + 25 * 1000 + 15 * 0.01) * hours * 2, 1e-6);
}

TEST(stage_problem, earns_what_a_source_gives) {
  system_maker m(2);
  const bus_index b = m.bus(80.0);
  m.thermal(b, 100.0, 10.0);
  m.source(b, 100.0, 0.001, 0.5);
  EXPECT_NEAR(bound_of(m.make()), (30 * 10 - 0.001 * 50) * hours * 2, 1e-9);
}

TEST(stage_problem, lets_the_future_cost_less_than_nothing_where_sources_earn_more_than_all_else_costs) {
  system_maker m(3);
  const bus_index b = m.bus(50.0);
  m.source(b, 100.0, 2.0);
  m.discount(0.9);
  const double a_stage = -2.0 * 50.0 * hours + 0.0;
  // Excess costs 0.001, so the source gives all of its 100 MW.
  const double best = (-2.0 * 100.0 + 0.001 * 50.0) * hours;
  EXPECT_LT(best, a_stage);
  EXPECT_NEAR(bound_of(m.make()), best * (1 + 0.9 + 0.81), 1e-6);
  const std::vector<double> floors = lp::future_cost_floors(m.make());
  EXPECT_NEAR(floors[1], -200.0 * hours, 1e-9);
  EXPECT_NEAR(floors[0], -200.0 * hours * 1.9, 1e-9);
  EXPECT_EQ(floors[2], 0.0);
}

TEST(stage_problem, evaporates_by_the_mean_of_both_storages) {
  // kv = 1/5256, k0 = 25/1314: stage 0 turbines 50, stage 1 what is left.
  system_maker m(2);
  const bus_index b = m.bus(80.0);
  m.thermal(b, 100.0, 50.0);
  hydro_at_stage x = plain_hydro(200.0, 50.0);
  x.evaporation = evaporation_line{
      .constant_m3s = 25.0 / 1314.0, .m3s_per_hm3 = 1.0 / 5256.0, .least_m3s = 0.0, .most_m3s = 10.0};
  const hydro_index h = m.hydro(b, x, 100.0);
  m.base[h.index()] = {40.0, 10.0};
  for (const state_fixing f : {state_fixing::columns, state_fixing::rows}) {
    EXPECT_NEAR(bound_of(m.make(), f), 94644561875.0 / 36009.0, 1e-4);
  }
}

TEST(stage_problem, pays_evaporation_that_the_water_does_not_allow) {
  hydro_at_stage x = plain_hydro(0.0, 50.0);
  x.evaporation =
      evaporation_line{.constant_m3s = 3.0, .m3s_per_hm3 = 0.0, .least_m3s = 0.0, .most_m3s = 6.0};
  x.costs.evaporation_under_per_m3s_h = 7.0;
  // The cubic metre that is there is worth 50 below and 7 here.
  EXPECT_NEAR(one_stage(10.0, x, 1.0).cost(), (3 * 7.0 + 9 * 50) * hours, 1e-6);
  x.evaporation->most_m3s = 0.0;
  x.costs.evaporation_over_per_m3s_h = 9.0;
  x.evaporation->constant_m3s = -2.0;
  EXPECT_NEAR(one_stage(10.0, x, 1.0).cost(), (2 * 9.0 + 9 * 50) * hours, 1e-6);
}

TEST(stage_problem, withdraws_water_or_pays_for_what_is_short) {
  hydro_at_stage x = plain_hydro(0.0, 50.0);
  x.withdrawal_m3s = 10.0;
  EXPECT_NEAR(one_stage(30.0, x, 25.0).cost(), 15 * 50 * hours, 1e-6);
  x.costs.withdrawal_under_per_m3s_h = 3.0;
  // Water is worth 50 a m3/s and hour, and may be kept back at 3.
  x.max_turbined_m3s = 12.0;
  EXPECT_NEAR(one_stage(30.0, x, 4.0).cost(), ((30 - 12) * 50 + 18 * 3.0) * hours, 1e-6);
}

TEST(stage_problem, keeps_minimum_outflow_in_every_block_or_pays) {
  // 57.56 hm3 for 157.68: hydro d22 of the reference cases.
  system_maker m(2, {200.0, 300.0, 230.0});
  const bus_index b = m.bus(20.0);
  m.thermal(b, 100.0, 100.0);
  hydro_at_stage x = plain_hydro(1000.0, 100.0);
  x.min_outflow_m3s = 30.0;
  m.hydro(b, x, 5.0, 10.0);
  const double volume = 5 + 2 * 10 * zeta;
  const double short_flow = (2 * 30 * zeta - volume) / 0.0036;
  EXPECT_NEAR(bound_of(m.make()), short_flow * 5000 + (2 * 20 * hours - volume / 0.0036) * 100, 1e-2);
}

TEST(stage_problem, counts_diversion_as_outflow_and_delivers_it_to_its_target) {
  system_maker m(1);
  const bus_index b = m.bus(100.0);
  m.thermal(b, 1000.0, 50.0);
  hydro_at_stage up = plain_hydro(0.0, 0.0);
  up.max_diversion_m3s = 8.0;
  up.max_outflow_m3s = 5.0;
  up.costs.outflow_above_per_m3s_h = 2.0;
  up.costs.diversion_per_m3s_h = 0.5;
  up.costs.spillage_per_m3s_h = 0.25;
  const hydro_index u = m.hydro(b, up, 0.0, 10.0);
  const hydro_index d = m.hydro(b, plain_hydro(0.0, 50.0), 0.0, 1.0);
  m.diverts_into(u, d);
  // 8 m3/s are diverted and turbined below, 2 are spilled out of the system, 5 are beyond the limit.
  EXPECT_NEAR(bound_of(m.make()), ((100 - 9) * 50 + 8 * 0.5 + 2 * 0.25 + 5 * 2.0) * hours, 1e-6);
  m.flows_into(u, d);
  // What is spilled now arrives too, and is cheaper than diversion.
  EXPECT_NEAR(bound_of(m.make()), ((100 - 11) * 50 + 10 * 0.25 + 5 * 2.0) * hours, 1e-6);
}

TEST(stage_problem, keeps_minimum_turbined_flow_and_generation_or_pays) {
  hydro_at_stage x = plain_hydro(0.0, 50.0);
  x.min_turbined_m3s = 12.0;
  x.costs.turbined_below_per_m3s_h = 4.0;
  EXPECT_NEAR(one_stage(30.0, x, 10.0).cost(), (20 * 50 + 2 * 4.0) * hours, 1e-6);
  x.min_turbined_m3s = 0.0;
  x.productivity_mw_per_m3s = 0.5;
  x.min_generation_mw = 9.0;
  x.costs.generation_below_per_mwh = 6.0;
  EXPECT_NEAR(one_stage(30.0, x, 10.0).cost(), (25 * 50 + 4 * 6.0) * hours, 1e-6);
}

TEST(stage_problem, limits_turbined_flow_by_generation_where_productivity_is_constant) {
  hydro_at_stage x = plain_hydro(0.0, 100.0);
  x.productivity_mw_per_m3s = 1.2;
  x.max_generation_mw = 50.0;
  x.costs.spillage_per_m3s_h = 0.5;
  const double turbined = 50.0 / 1.2;
  EXPECT_NEAR(one_stage(80.0, x, 60.0).cost(), (30 * 50 + (60 - turbined) * 0.5) * hours, 1e-6);
}

TEST(stage_problem, buys_minimum_storage_by_the_cubic_hectometre_where_it_is_soft) {
  hydro_at_stage x = plain_hydro(100.0, 50.0);
  x.min_storage_hm3 = 20.0;
  x.costs.storage_below_per_hm3 = 700.0;
  one_stage c(0.0, x, 1.0, 5.0);
  c.m.s.soft_min_storage = true;
  EXPECT_NEAR(c.cost(), (15.0 - zeta) * 700.0, 1e-6);
}

TEST(stage_problem, bounds_generation_by_the_least_of_the_planes_at_the_mean_storage) {
  // g <= 2 + 0.1 (v_in + v) / 2 + 0.5 q - 0.2 s and g <= 0.8 q.
  system_maker m(1);
  const bus_index b = m.bus(100.0);
  m.thermal(b, 1000.0, 50.0);
  hydro_at_stage x = plain_hydro(40.0, 30.0);
  x.min_storage_hm3 = 40.0;
  x.max_generation_mw = 90.0;
  x.costs.fpha_turbined_per_m3s_h = 0.125;
  const hydro_index h = m.hydro(b, x, 40.0, 32.0);
  m.planes(h,
           {{.intercept_mw = 2.0, .mw_per_hm3 = 0.1, .mw_per_m3s_turbined = 0.5, .mw_per_m3s_spilled = -0.2},
            {.intercept_mw = 0.0, .mw_per_hm3 = 0.0, .mw_per_m3s_turbined = 0.8}});
  const double g = 2.0 + 0.1 * 40.0 + 0.5 * 30.0 - 0.2 * 2.0;
  EXPECT_NEAR(bound_of(m.make()), ((100 - g) * 50 + 30 * 0.125 + 2 * 0.01) * hours, 1e-6);
}

TEST(stage_problem, passes_inflow_of_an_absent_hydro_on_and_keeps_its_storage) {
  system_maker m(2);
  const bus_index b = m.bus(100.0);
  m.thermal(b, 1000.0, 50.0);
  const hydro_index u = m.hydro(b, plain_hydro(90.0, 40.0), 30.0, 6.0);
  const hydro_index d = m.hydro(b, plain_hydro(0.0, 100.0), 0.0, 2.0);
  m.flows_into(u, d);
  m.s.stages[0].hydros[u.index()].exists = false;
  // Stage 0: 8 m3/s through the lower plant. Stage 1: the stored 30 hm3 and the inflow through both.
  const double second = 30.0 / zeta + 6.0;
  EXPECT_NEAR(bound_of(m.make()), ((100 - 8) * 50 + (100 - 2 * second - 2) * 50) * hours, 1e-4);
}

TEST(stage_problem, meets_negative_inflow_as_the_method_says) {
  const auto cost = [](negative_inflow method) {
    one_stage c(10.0, plain_hydro(50.0, 50.0), 2.0, 20.0);
    c.m.sigma[0] = {10.0};
    c.m.openings(0, {{-1.0}});
    c.m.s.inflow_method = method;
    return c.cost();
  };
  const double water = 20.0 / zeta;  // 7.61 m3/s: more than the 8 that are missing would need
  // none: 20 hm3 less 8 m3/s over the stage would be below zero: the stage is infeasible.
  EXPECT_THROW(static_cast<void>(cost(negative_inflow::none)), twill::error);
  EXPECT_NEAR(cost(negative_inflow::truncation), (10 - water) * 50 * hours, 1e-6);
  EXPECT_NEAR(cost(negative_inflow::penalty), ((8 - water) * 1000 + 10 * 50) * hours, 1e-3);
  EXPECT_NEAR(cost(negative_inflow::truncation_with_penalty), (10 - water) * 50 * hours, 1e-6);
}

struct constrained : one_stage {
  constrained() : one_stage(50.0, plain_hydro(0.0, 40.0), 30.0) {}
  double with(std::vector<constraint_term> terms, constraint_sense sense, double bound,
              std::optional<double> slack) {
    generic_constraint g{.id = constraint_id(1), .name = "g", .expression = ""};
    g.terms = std::move(terms);
    g.sense = sense;
    g.slack_cost_per_unit_h = slack;
    m.s.constraints = {g};
    m.s.stages[0].constraint_rows = {{.constraint = constraint_index(0), .block = 0, .bound = bound}};
    return cost();
  }
};

TEST(stage_problem, keeps_generic_constraints_or_pays_their_slack) {
  constrained c;
  const auto term = [](quantity what, double factor = 1.0) {
    return constraint_term{.coefficient = factor, .what = what, .entity = 0};
  };
  // Without a constraint 30 from water and 20 from fuel.
  EXPECT_NEAR(c.cost(), 20 * 50 * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::thermal_generation)}, constraint_sense::at_least, 25.0, {}),
              (25 * 50 + 5 * 0.001) * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::thermal_generation)}, constraint_sense::at_most, 12.0, 100.0),
              (20 * 50 + 8 * 100.0) * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::thermal_generation)}, constraint_sense::at_most, 12.0, {}),
              (12 * 50 + 8 * 1000.0) * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::hydro_turbined, 2.0)}, constraint_sense::equal, 50.0, 1.0),
              (20 * 50 + 10 * 1.0) * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::hydro_turbined), term(quantity::bus_deficit, -1.0)},
                     constraint_sense::at_least, 36.0, 3.0),
              (20 * 50 + 6 * 3.0) * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::hydro_outflow)}, constraint_sense::at_most, 28.0, 2.0),
              (20 * 50 + 2 * 2.0) * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::hydro_generation)}, constraint_sense::at_most, 10.0, {}),
              (40 * 50 + 20 * 0.01) * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::bus_excess)}, constraint_sense::equal, 4.0, {}),
              (24 * 50 + 4 * 0.001) * hours, 1e-6);
  EXPECT_NEAR(c.with({term(quantity::hydro_spillage)}, constraint_sense::at_least, 5.0, {}),
              (25 * 50 + 5 * 0.01) * hours, 1e-6);
}

TEST(stage_problem, measures_withdrawal_storage_and_curtailment_in_generic_constraints) {
  system_maker m(1);
  const bus_index b = m.bus(50.0);
  m.thermal(b, 1000.0, 50.0);
  hydro_at_stage x = plain_hydro(100.0, 40.0);
  x.withdrawal_m3s = 5.0;
  x.costs.withdrawal_under_per_m3s_h = 60.0;
  m.hydro(b, x, 10.0, 30.0);
  m.source(b, 20.0, 0.5, 0.8, 0.25);
  m.openings(0, {{0.0, -0.8}});  // 60 % of 20 MW
  generic_constraint g{.id = constraint_id(1), .name = "g", .expression = ""};
  const auto with = [&](quantity what, constraint_sense sense, double bound) {
    g.terms = {{.coefficient = 1.0, .what = what, .entity = 0}};
    g.sense = sense;
    m.s.constraints = {g};
    m.s.stages[0].constraint_rows = {{.constraint = constraint_index(0), .block = 0, .bound = bound}};
    return bound_of(m.make());
  };
  const double turbined = 10.0 / zeta + 25.0;
  const double free_cost = ((50 - turbined - 12) * 50 - 12 * 0.5) * hours;
  EXPECT_NEAR(with(quantity::hydro_storage, constraint_sense::at_least, 0.0), free_cost, 1e-6);
  EXPECT_NEAR(with(quantity::hydro_storage, constraint_sense::at_least, 4.0),
              free_cost + 4.0 / zeta * 50 * hours, 1e-6);
  // 4 of the 12 MW that are there may be used no more than 9.
  EXPECT_NEAR(with(quantity::non_controllable_curtailment, constraint_sense::at_least, 3.0),
              free_cost + 3 * (50 + 0.5) * hours, 1e-6);
  EXPECT_NEAR(with(quantity::non_controllable_generation, constraint_sense::at_most, 9.0),
              free_cost + 3 * (50 + 0.5) * hours, 1e-6);
  EXPECT_NEAR(with(quantity::hydro_withdrawal, constraint_sense::at_most, 3.0),
              free_cost + 2 * (60 - 50) * hours, 1e-6);
}

TEST(stage_problem, leaves_out_what_cannot_matter) {
  system_maker m(2);
  const bus_index b = m.bus(50.0);
  m.thermal(b, 0.0, 50.0);
  m.hydro(b, plain_hydro(100.0, 40.0), 10.0, 30.0);
  const system s = m.make();
  const lp::stage_problem p = lp::build_stage(s, 0, {}, 0.0);
  // v, v_in, theta, q, s, deficit, excess; water and load.
  EXPECT_EQ(p.program.num_columns(), 7);
  EXPECT_EQ(p.program.num_rows(), 2);
  EXPECT_EQ(p.where.thermal[0], lp::layout::none);
  EXPECT_EQ(p.where.outflow_under[0], lp::layout::none);
  EXPECT_EQ(p.where.inflow_slack[0], lp::layout::none);
  const lp::stage_problem last = lp::build_stage(s, 1, {.fixing = state_fixing::rows}, 0.0);
  EXPECT_EQ(last.where.theta, lp::layout::none);
  EXPECT_EQ(last.program.num_rows(), 3);
  EXPECT_EQ(lp::names_of(p, {}).columns[0], "storage.hydro1");
  EXPECT_EQ(lp::describe(s, p.row_labels[0]), "water balance of hydro 1");
}

}  // namespace
}  // namespace twill::sddp
