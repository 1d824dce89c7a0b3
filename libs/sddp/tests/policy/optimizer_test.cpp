// SPDX-License-Identifier: Apache-2.0
#include "twill/sddp/optimizer.hpp"

#include "extensive_form.hpp"
#include "make_system.hpp"
#include "own_folder.hpp"
#include "twill/base/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <mutex>

namespace twill::sddp {
namespace {
using twill::sddp::testing::extensive_optimum;
using twill::sddp::testing::plain_hydro;
using twill::sddp::testing::plain_settings;
using twill::sddp::testing::system_maker;

constexpr double zeta = 657.0 / 250.0;  // hm3 that 1 m3/s brings in 730 hours

// One reservoir and one thermal plant over two stages: water that is worth fuel.
system two_stages() {
  system_maker m(2);
  const bus_index b = m.bus(80.0);
  m.thermal(b, 100.0, 50.0);
  m.hydro(b, plain_hydro(200.0, 50.0), 100.0, 25.0);
  return m.make();
}

double bound_of(const system& s, std::uint32_t iterations, std::size_t threads = 1) {
  optimizer o(s, plain_settings(iterations), {.threads = threads});
  return o.train().lower_bound;
}

TEST(optimizer, dispatches_thermals_in_merit_order) {
  system_maker m(2);
  const bus_index b = m.bus(20.0);
  m.thermal(b, 15.0, 5.0);
  m.thermal(b, 15.0, 10.0);
  EXPECT_NEAR(bound_of(m.make(), 3), (15 * 5 + 5 * 10) * 730.0 * 2, 1e-6);
}

TEST(optimizer, values_water_by_the_fuel_it_saves) {
  const double water = 100 / zeta + 2 * 25;
  EXPECT_NEAR(bound_of(two_stages(), 10), (160 - water) * 50 * 730, 1e-4);
}

TEST(optimizer, reports_bounds_that_never_fall_and_a_gap_that_closes) {
  const system s = two_stages();
  optimizer o(s, plain_settings(6));
  const training_result r = o.train();
  ASSERT_EQ(r.iterations.size(), 6U);
  EXPECT_EQ(r.reason, stop_reason::iteration_limit);
  EXPECT_FALSE(r.converged);
  for (std::size_t i = 1; i < r.iterations.size(); ++i) {
    EXPECT_GE(r.iterations[i].lower_bound, r.iterations[i - 1].lower_bound);
    EXPECT_EQ(r.iterations[i].iteration, i + 1);
  }
  EXPECT_NEAR(r.iterations.back().gap_percent.value(), 0.0, 1e-8);
  EXPECT_FALSE(r.iterations.back().ci_half_width.has_value());
  // Forward: 2 programs, backward: 1, bound: 1.
  EXPECT_EQ(r.iterations.back().lp_solves, 4U);
  EXPECT_EQ(r.lp_solves, 24U);
  // Once the bound has converged, the cuts are those that are there.
  EXPECT_EQ(r.iterations.back().cuts_active, 2U);
  EXPECT_EQ(r.cuts_total, 6U);
}

// Four stages, four openings that come in pairs.
system stochastic(std::size_t stages = 4) {
  system_maker m(stages);
  const bus_index b = m.bus(100.0, {{30.0, 300.0}, {unlimited, 1500.0}});
  m.thermal(b, 30.0, 20.0);
  m.thermal(b, 40.0, 90.0);
  m.hydro(b, plain_hydro(180.0, 70.0), 60.0, 35.0, 14.0);
  for (std::size_t t = 0; t < stages; ++t) {
    const double x = 0.4 + 0.1 * static_cast<double>(t);
    m.openings(t, {{x}, {-x}, {1.5 - x}, {x - 1.5}});
  }
  m.discount(0.97);
  return m.make();
}

TEST(optimizer, converges_to_the_extensive_form_under_expectation) {
  const system s = stochastic();
  const double exact = extensive_optimum(s, *s.noise.tree);
  const double bound = bound_of(s, 60);
  EXPECT_NEAR(bound, exact, 1e-6 * exact);
  EXPECT_LE(bound, exact * (1 + 1e-9));
}

TEST(optimizer, converges_to_the_extensive_form_under_nested_cvar) {
  system s = stochastic();
  for (stage& at : s.stages) at.risk = {.lambda = 0.4, .alpha = 0.5};
  const double exact = extensive_optimum(s, *s.noise.tree);
  EXPECT_GT(exact, 1.01 * extensive_optimum(stochastic(), *s.noise.tree));
  EXPECT_NEAR(bound_of(s, 80), exact, 1e-6 * exact);
  // One measure a stage, all different: which openings each weighs is then part of the number.
  s.stages[0].risk = {.lambda = 0.7, .alpha = 0.3};
  s.stages[1].risk = {};
  s.stages[2].risk = {.lambda = 1.0, .alpha = 0.25};
  const double mixed = extensive_optimum(s, *s.noise.tree);
  EXPECT_NEAR(bound_of(s, 80), mixed, 1e-6 * mixed);
}

// Openings of different probability at every stage, the first as well.
system weighted() {
  system s = stochastic();
  s.noise.tree->probabilities = {{0.1, 0.2, 0.3, 0.4}, {0.7, 0.1, 0.1, 0.1}, {}, {0.05, 0.5, 0.05, 0.4}};
  return s;
}

TEST(optimizer, weighs_openings_by_their_probabilities_in_cuts_and_bound) {
  system s = weighted();
  const double exact = extensive_optimum(s, *s.noise.tree);
  EXPECT_GT(std::abs(exact / extensive_optimum(s, *stochastic().noise.tree) - 1.0), 0.01);
  EXPECT_NEAR(bound_of(s, 80), exact, 1e-6 * exact);
  s.stages[0].risk = {.lambda = 0.7, .alpha = 0.3};
  s.stages[1].risk = {.lambda = 0.4, .alpha = 0.5};
  s.stages[2].risk = {.lambda = 1.0, .alpha = 0.25};
  const double risky = extensive_optimum(s, *s.noise.tree);
  EXPECT_GT(risky, 1.01 * exact);
  EXPECT_NEAR(bound_of(s, 80), risky, 1e-6 * risky);
}

TEST(optimizer, draws_openings_by_their_probabilities) {
  const system s = weighted();
  optimizer o(s, plain_settings(80), {.threads = 1});
  static_cast<void>(o.train());
  const double exact = extensive_optimum(s, *s.noise.tree);
  const simulation_result sample = o.simulate(4000);
  EXPECT_NEAR(sample.mean, exact, 3 * sample.std / std::sqrt(4000.0));
  // Equal draws of the same policy would be told apart: they cost the sum over the tree without weights.
  std::vector<std::vector<std::uint32_t>> all;
  for (std::uint32_t i = 0; i < 256; ++i) all.push_back({i % 4, i / 4 % 4, i / 16 % 4, i / 64});
  const simulation_result equal = o.simulate(all);
  EXPECT_GT(std::abs(equal.mean - exact), 6 * sample.std / std::sqrt(4000.0));
  double mean = 0.0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    double p = 0.25;
    for (const std::size_t t : {0U, 1U, 3U}) p *= s.noise.tree->probabilities[t][all[i][t]];
    mean += p * equal.total_cost[i];
  }
  EXPECT_NEAR(mean, exact, 1e-6 * exact);
}

TEST(optimizer, carries_inflow_lags_in_the_state) {
  // z = 0.5 lag + 50 with lag 200: 150, 125, 112.5.
  system_maker m(3);
  const bus_index b = m.bus(200.0);
  m.thermal(b, 200.0, 50.0);
  const hydro_index h = m.hydro(b, plain_hydro(0.0, 500.0), 0.0, 50.0);
  m.autoregression(h, {0.5}, {200.0});
  EXPECT_NEAR(bound_of(m.make(), 20), (50 + 75 + 87.5) * 50 * 730, 1e-3);
}

system cascade_with_lags() {
  system_maker m(4, {300.0, 430.0});
  const bus_index a = m.bus(90.0, {{unlimited, 800.0}}, 12.0);
  const bus_index b = m.bus(60.0, {{20.0, 250.0}, {unlimited, 900.0}});
  m.line(a, b, 25.0, 30.0);
  m.thermal(a, 40.0, 60.0);
  m.thermal(b, 50.0, 110.0, 5.0);
  const hydro_index up = m.hydro(a, plain_hydro(150.0, 60.0), 40.0, 10.0, 8.0);
  const hydro_index down = m.hydro(b, plain_hydro(80.0, 90.0), 30.0, 6.0, 5.0);
  m.flows_into(up, down);
  m.autoregression(up, {0.5, 0.2}, {40.0, 30.0});
  m.autoregression(down, {0.3}, {20.0});
  for (std::size_t t = 0; t < 4; ++t) {
    m.openings(t, {{0.7, -0.3, 0.5}, {-0.7, 0.9, -0.5}, {0.1, -1.0, 1.2}});
  }
  m.discount(0.95);
  return m.make();
}

TEST(optimizer, converges_with_cascade_lags_blocks_and_uncertain_load) {
  const system s = cascade_with_lags();
  const double exact = extensive_optimum(s, *s.noise.tree);
  EXPECT_NEAR(bound_of(s, 120), exact, 1e-6 * exact);
}

TEST(optimizer, gives_the_same_bound_with_the_state_fixed_by_rows_and_by_columns) {
  const system s = cascade_with_lags();
  study_settings rows = plain_settings(60);
  rows.solver.fixing = state_fixing::rows;
  optimizer a(s, plain_settings(60));
  optimizer b(s, rows);
  const double by_columns = a.train().lower_bound;
  EXPECT_NEAR(b.train().lower_bound, by_columns, 1e-6 * by_columns);
}

TEST(optimizer, gives_the_same_bound_whatever_the_cost_scale) {
  const system s = stochastic();
  study_settings settings = plain_settings(60);
  const double reference = bound_of(s, 60);
  for (const double scale : {1.0, 1e5, 0.0}) {
    settings.solver.cost_scale = scale;
    optimizer o(s, settings);
    EXPECT_NEAR(o.train().lower_bound, reference, 1e-7 * reference) << "scale " << scale;
  }
}

bool same_cuts(const policy& a, const policy& b) {
  for (std::size_t t = 0; t < a.stages.size(); ++t) {
    if (a.stages[t].size() != b.stages[t].size()) return false;
    for (std::size_t slot = 0; slot < a.stages[t].size(); ++slot) {
      const cut_view x = a.stages[t][slot];
      const cut_view y = b.stages[t][slot];
      if (x.intercept != y.intercept || x.uses != y.uses || x.active != y.active) return false;
      if (!std::equal(x.coefficients.begin(), x.coefficients.end(), y.coefficients.begin())) return false;
    }
  }
  return true;
}

TEST(optimizer, gives_the_same_bits_for_every_number_of_threads) {
  const system s = cascade_with_lags();
  const auto run = [&](std::size_t threads, std::uint32_t per_task) {
    return optimizer(s, plain_settings(12, 5), {.threads = threads, .openings_per_task = per_task});
  };
  for (const std::uint32_t per_task : {0U, 2U}) {
    optimizer one = run(1, per_task);
    const training_result a = one.train();
    for (const std::size_t threads : {2U, 3U, 8U}) {
      optimizer many = run(threads, per_task);
      const training_result b = many.train();
      ASSERT_EQ(a.iterations.size(), b.iterations.size());
      for (std::size_t i = 0; i < a.iterations.size(); ++i) {
        EXPECT_EQ(a.iterations[i].lower_bound, b.iterations[i].lower_bound);
        EXPECT_EQ(a.iterations[i].upper_bound_mean, b.iterations[i].upper_bound_mean);
        EXPECT_EQ(a.iterations[i].simplex_iterations, b.iterations[i].simplex_iterations);
      }
      EXPECT_TRUE(same_cuts(one.cuts(), many.cuts())) << threads << " threads";
      const simulation_result x = one.simulate(20);
      const simulation_result y = many.simulate(20);
      EXPECT_EQ(x.total_cost, y.total_cost);
    }
  }
}

TEST(optimizer, simulates_the_whole_tree_at_the_cost_of_the_optimum) {
  const system s = stochastic(3);
  optimizer o(s, plain_settings(60));
  const double bound = o.train().lower_bound;
  std::vector<std::vector<std::uint32_t>> paths;
  for (std::uint32_t a = 0; a < 4; ++a) {
    for (std::uint32_t b = 0; b < 4; ++b) {
      for (std::uint32_t c = 0; c < 4; ++c) paths.push_back({a, b, c});
    }
  }
  const simulation_result r = o.simulate(paths);
  EXPECT_EQ(r.scenarios, 64U);
  EXPECT_NEAR(r.mean, bound, 1e-6 * bound);
  for (std::size_t i = 0; i < r.scenarios; ++i) {
    double total = 0.0;
    for (std::size_t t = 0; t < 3; ++t) total += r.at(i, t).immediate * r.at(i, t).discount_factor;
    EXPECT_NEAR(r.total_cost[i], total, 1e-9 * total);
  }
}

TEST(optimizer, tells_of_every_iteration_in_order_and_of_every_scenario) {
  const system s = stochastic(3);
  std::vector<std::uint32_t> told;
  std::mutex lock;
  std::size_t scenarios = 0;
  optimizer o(s, plain_settings(5, 2),
              {.threads = 3,
               .on_iteration = [&](const iteration_record& r) { told.push_back(r.iteration); },
               .on_scenario =
                   [&] {
                     const std::scoped_lock held(lock);
                     ++scenarios;
                   }});
  const training_result r = o.train();
  EXPECT_EQ(told, (std::vector<std::uint32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(scenarios, 0U);
  static_cast<void>(o.simulate(17));
  EXPECT_EQ(scenarios, 17U);
  // What is summed over the workers is what the iterations say.
  std::uint64_t solves = 0;
  for (const iteration_record& i : r.iterations) solves += i.lp_solves;
  EXPECT_EQ(r.lp_solves, solves);
}

TEST(optimizer, keeps_the_bound_with_every_method_of_cut_selection) {
  const system s = stochastic();
  const double exact = extensive_optimum(s, *s.noise.tree);
  for (const cut_selection_method method :
       {cut_selection_method::level1, cut_selection_method::lml1, cut_selection_method::domination}) {
    study_settings settings = plain_settings(100, 2);
    // Each cut is used once by the openings of its own iteration.
    settings.training.selection = {.enabled = true, .method = method, .threshold = 20, .check_frequency = 4};
    optimizer o(s, settings);
    const training_result r = o.train();
    EXPECT_NEAR(r.lower_bound, exact, 1e-6 * exact) << "method " << static_cast<int>(method);
    EXPECT_LT(r.cuts_active, r.cuts_total);
    std::uint64_t removed = 0;
    for (const iteration_record& i : r.iterations) removed += i.cuts_removed;
    EXPECT_GT(removed, 0U) << "method " << static_cast<int>(method);
  }
}

TEST(optimizer, names_the_rows_that_make_a_stage_infeasible) {
  system s = two_stages();
  // Nothing may be stored at the end of the second stage, and nothing can leave.
  s.stages[1].hydros[0].max_storage_hm3 = 10.0;
  s.stages[1].hydros[0].max_turbined_m3s = 0.0;
  s.stages[1].hydros[0].max_outflow_m3s = 1.0;
  s.stages[1].hydros[0].exists = true;
  s.hydros[0].name = "Furnas";
  // Hard: a generic constraint without slack forbids spillage.
  generic_constraint g{.id = constraint_id(9), .name = "no spill", .expression = "hydro_spillage(1)"};
  g.terms.push_back({.coefficient = 1.0, .what = quantity::hydro_spillage, .entity = 0});
  g.sense = constraint_sense::at_most;
  s.constraints.push_back(g);
  s.stages[1].constraint_rows.push_back({.constraint = constraint_index(0), .block = 0, .bound = 1.0});
  const twill::sddp::testing::own_folder own;
  optimizer o(s, plain_settings(3), {.dump_directory = own.path()});
  try {
    o.train();
    FAIL() << "the stage is infeasible";
  } catch (const twill::error& e) {
    const std::string what = e.what();
    EXPECT_NE(what.find("stage 1 (position 1), forward pass of iteration 1, trajectory 0"), std::string::npos)
        << what;
    EXPECT_NE(
        what.find("water balance of hydro 1 \"Furnas\"; generic constraint of constraint 9 \"no spill\""),
        std::string::npos)
        << what;
    EXPECT_NE(what.find(".mps"), std::string::npos) << what;
    EXPECT_EQ(e.exit(), twill::exit_code::numerical);
  }
}

}  // namespace
}  // namespace twill::sddp
