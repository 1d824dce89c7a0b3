// SPDX-License-Identifier: Apache-2.0
#include "policy/risk.hpp"

#include "make_system.hpp"
#include "policy/selection.hpp"
#include "stochastic/noise.hpp"
#include "train/bounds.hpp"
#include "train/stored_basis.hpp"
#include "twill/base/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace twill::sddp {
namespace {
std::vector<double> weights_of(risk_measure m, std::vector<double> costs, std::vector<double> p = {}) {
  if (p.empty()) p.assign(costs.size(), 1.0 / static_cast<double>(costs.size()));
  std::vector<double> w(costs.size());
  std::vector<std::size_t> order;
  risk_weights(m, costs, p, w, order);
  return w;
}

double value_of(risk_measure m, const std::vector<double>& costs) {
  return risk_value(costs, weights_of(m, costs));
}

TEST(risk_weights, of_cvar_are_the_mean_of_the_worst_share) {
  const std::vector<double> costs{10, 20, 30, 40};
  EXPECT_DOUBLE_EQ(value_of({.lambda = 1.0, .alpha = 0.5}, costs), 35.0);
  EXPECT_DOUBLE_EQ(value_of({.lambda = 0.5, .alpha = 0.5}, costs), 30.0);
  EXPECT_DOUBLE_EQ(value_of({.lambda = 1.0, .alpha = 0.25}, costs), 40.0);
  EXPECT_DOUBLE_EQ(value_of({.lambda = 1.0, .alpha = 0.3}, costs), (0.25 * 40 + 0.05 * 30) / 0.3);
}

TEST(risk_weights, keep_the_floor_of_the_expectation) {
  const std::vector<double> w = weights_of({.lambda = 0.4, .alpha = 0.5}, {10, 40, 30, 20});
  EXPECT_DOUBLE_EQ(w[0], 0.15);
  EXPECT_DOUBLE_EQ(w[3], 0.15);
  EXPECT_DOUBLE_EQ(w[1], 0.15 + 0.2);
  EXPECT_DOUBLE_EQ(w[2], 0.15 + 0.2);
  EXPECT_DOUBLE_EQ(std::accumulate(w.begin(), w.end(), 0.0), 1.0);
}

TEST(risk_weights, are_the_probabilities_bit_for_bit_without_a_tail) {
  const std::vector<double> p{0.1, 0.2, 0.3, 0.4};
  EXPECT_EQ(weights_of({.lambda = 0.0, .alpha = 0.5}, {4, 3, 2, 1}, p), p);
  EXPECT_EQ(weights_of({.lambda = 0.7, .alpha = 1.0}, {4, 3, 2, 1}, p), p);
}

TEST(risk_weights, give_ties_to_the_lower_opening) {
  const std::vector<double> w = weights_of({.lambda = 1.0, .alpha = 0.25}, {5, 7, 7, 7});
  EXPECT_EQ(w, (std::vector<double>{0, 1, 0, 0}));
}

// A pool over one reservoir with cuts 10 - x, 8 - x/2 and 4, made in iterations 1, 2 and 3.
cut_pool pool_of_three() {
  cut_pool pool(1);
  const std::vector<double> steep{-1.0};
  const std::vector<double> half{-0.5};
  const std::vector<double> flat{0.0};
  pool.add(1, 0, 10.0, steep, std::vector<double>{0.0});
  pool.add(2, 0, 8.0, half, std::vector<double>{6.0});
  pool.add(3, 0, 4.0, flat, std::vector<double>{9.0});
  return pool;
}

TEST(cut_pool, gives_the_greatest_of_its_active_cuts) {
  cut_pool pool = pool_of_three();
  EXPECT_EQ(pool.value(std::vector<double>{0.0}), 10.0);
  EXPECT_EQ(pool.value(std::vector<double>{6.0}), 5.0);
  EXPECT_EQ(pool.value(std::vector<double>{20.0}), 4.0);
  pool.set_active(2, false);
  EXPECT_EQ(pool.value(std::vector<double>{20.0}), 0.0);
  EXPECT_EQ(pool.active(), 2U);
  EXPECT_EQ(pool[1].trial_point[0], 6.0);
}

TEST(cut_selection, of_level_1_lays_aside_what_was_never_used) {
  cut_pool pool = pool_of_three();
  pool.count_uses(1, 3, 2);
  const cut_selection how{.enabled = true, .method = cut_selection_method::level1, .check_frequency = 3};
  EXPECT_EQ(select_cuts(pool, how, 2).laid_aside, 0U) << "not due yet";
  EXPECT_EQ(select_cuts(pool, how, 3).laid_aside, 1U);
  EXPECT_FALSE(pool.is_active(0));
  EXPECT_TRUE(pool.is_active(1));
  EXPECT_TRUE(pool.is_active(2)) << "made in this iteration";
}

TEST(cut_selection, of_lml1_lays_aside_what_was_not_used_lately) {
  cut_pool pool = pool_of_three();
  pool.count_uses(0, 1, 9);
  const cut_selection how{
      .enabled = true, .method = cut_selection_method::lml1, .memory_window = 4, .check_frequency = 1};
  EXPECT_EQ(select_cuts(pool, how, 10).laid_aside, 2U);
  EXPECT_TRUE(pool.is_active(0));
}

TEST(cut_selection, by_domination_keeps_what_is_best_at_a_trial_point) {
  cut_pool pool = pool_of_three();
  pool.add(4, 0, 9.0, std::vector<double>{-1.0}, std::vector<double>{5.0});  // below the first everywhere
  const cut_selection how{.enabled = true, .method = cut_selection_method::domination, .check_frequency = 5};
  EXPECT_EQ(select_cuts(pool, how, 5).laid_aside, 1U);
  EXPECT_FALSE(pool.is_active(3));
}

TEST(cut_selection, evicts_the_least_recently_used_beyond_the_limit) {
  cut_pool pool = pool_of_three();
  pool.count_uses(0, 1, 5);
  const cut_selection how{.max_active_per_stage = 2};
  EXPECT_EQ(select_cuts(pool, how, 6).evicted, 1U);
  EXPECT_FALSE(pool.is_active(1));
}

TEST(cut_pool, tells_which_cut_repeats_an_older_active_one) {
  cut_pool pool(2);
  const std::vector<double> at{1.0, 2.0};
  const auto add = [&](double intercept, std::vector<double> slope) {
    return pool.add(1, 0, intercept, slope, at);
  };
  add(1e6, {-3.0, 0.0});
  EXPECT_FALSE(pool.repeats(0)) << "nothing is older";
  EXPECT_TRUE(pool.repeats(add(1e6 + 1e-7, {-3.0, 1e-13}))) << "1e-13 of intercept and greatest coefficient";
  pool.set_active(1, false);
  EXPECT_FALSE(pool.repeats(add(1e6 + 1e-3, {-3.0, 0.0}))) << "1e-9 of the intercept";
  EXPECT_FALSE(pool.repeats(add(1e6, {-3.0, 1e-9})));
  EXPECT_FALSE(pool.repeats(add(1e6, {-3.0 + 1e-9, 0.0})));
  pool.set_active(0, false);
  EXPECT_FALSE(pool.repeats(add(1e6, {-3.0, 0.0}))) << "what was laid aside comes back as a new cut";
  EXPECT_TRUE(pool.repeats(add(1e6, {-3.0, 0.0})));
}

using solver::basis_status;

TEST(stored_basis, follows_its_cuts_through_additions_and_removals) {
  const auto slots = [](std::vector<std::uint32_t> s) {
    return std::make_shared<const std::vector<std::uint32_t>>(std::move(s));
  };
  // Two columns, one static row, cuts 3, 5 and 9; the tight cut 5 goes, 11 comes.
  train::stored_basis from{.statuses = {.columns = {basis_status::basic, basis_status::basic},
                                        .rows = {basis_status::at_lower, basis_status::basic,
                                                 basis_status::at_lower, basis_status::basic}},
                           .cuts = slots({3, 5, 9})};
  solver::basis out;
  const std::vector<std::uint32_t> now{3, 9, 11};
  train::carry_over(from, 1, now, out);
  EXPECT_EQ(out.columns, from.statuses.columns);
  // Basic would be 2 columns, cuts 3, 9 and 11: one more than there are rows, so the last one is tight.
  EXPECT_EQ(out.rows, (std::vector{basis_status::at_lower, basis_status::basic, basis_status::basic,
                                   basis_status::at_lower}));
}

TEST(stored_basis, fits_a_program_of_the_same_shape_without_cuts) {
  const auto none = std::make_shared<const std::vector<std::uint32_t>>();
  const solver::basis statuses{.columns = {basis_status::basic}, .rows = {basis_status::at_lower}};
  solver::problem p;
  p.column_lower = {0.0};
  p.row_lower = {1.0};
  EXPECT_TRUE(train::fits({.statuses = statuses, .cuts = none}, p));
  EXPECT_FALSE(train::fits({.statuses = statuses, .cuts = {}}, p)) << "never stored";
  const auto one = std::make_shared<const std::vector<std::uint32_t>>(1, 0);
  EXPECT_FALSE(train::fits({.statuses = statuses, .cuts = one}, p)) << "its last row is a cut";
  p.row_lower = {1.0, 2.0};
  EXPECT_FALSE(train::fits({.statuses = statuses, .cuts = none}, p));
  p.row_lower = {1.0};
  p.column_lower = {0.0, 0.0};
  EXPECT_FALSE(train::fits({.statuses = statuses, .cuts = none}, p));
}

TEST(bounds, have_the_spread_of_their_values) {
  const train::mean_and_spread s = train::spread_of(std::vector<double>{1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(s.mean, 2.5);
  EXPECT_DOUBLE_EQ(s.std, std::sqrt(5.0 / 3.0));
  EXPECT_NEAR(s.half_width.value(), 3.182446305 * s.std / 2, 1e-12);
  EXPECT_FALSE(train::spread_of(std::vector<double>{7}).half_width.has_value());
  EXPECT_EQ(train::t_quantile(30), 1.96);
  EXPECT_NEAR(train::t_quantile(29), 2.048, 1e-3);
}

std::vector<iteration_record> history_of(std::vector<double> bounds) {
  std::vector<iteration_record> out;
  for (const double b : bounds) out.push_back({.lower_bound = b});
  return out;
}

TEST(stopping_rules, fire_by_iteration_time_and_a_bound_that_stalls) {
  const std::vector<iteration_record> h = history_of({50, 90, 100, 100.01});
  const train::rule_inputs in{.iteration = 4, .wall_s = 2.0, .history = h};
  EXPECT_TRUE(train::triggered(iteration_limit{4}, in));
  EXPECT_FALSE(train::triggered(iteration_limit{5}, in));
  EXPECT_TRUE(train::triggered(time_limit{2.0}, in));
  EXPECT_FALSE(train::triggered(time_limit{2.1}, in));
  EXPECT_TRUE(train::triggered(bound_stalling{1, 1e-3}, in));
  EXPECT_FALSE(train::triggered(bound_stalling{2, 1e-3}, in));
  EXPECT_FALSE(train::triggered(bound_stalling{4, 1.0}, in)) << "the history is too short";
  const simulation_stop sim{
      .replications = 10, .period = 2, .bound_window = 1, .distance_tolerance = 0.1, .bound_tolerance = 1e-3};
  EXPECT_TRUE(train::wants_simulation(sim, in));
  EXPECT_FALSE(train::triggered(sim, in));
  EXPECT_TRUE(train::triggered(sim, {.iteration = 4, .history = h, .simulated_distance = 0.05}));
  EXPECT_DOUBLE_EQ(train::distance(std::vector<double>{11, 5}, std::vector<double>{10, 5}), 0.1);
}

TEST(stopping_rules, combine_as_any_or_all) {
  const std::vector<iteration_record> h = history_of({100, 100});
  const std::vector<stopping_rule> rules{iteration_limit{5}, bound_stalling{1, 1e-3}};
  const train::rule_inputs in{.iteration = 2, .history = h};
  EXPECT_EQ(train::decide(rules, stopping_mode::any, in), stop_reason::bound_stalling);
  EXPECT_EQ(train::decide(rules, stopping_mode::all, in), std::nullopt);
  EXPECT_EQ(train::decide(rules, stopping_mode::all, {.iteration = 5, .history = h}),
            stop_reason::bound_stalling);
}

TEST(noise, is_a_function_of_its_place) {
  const noise_key key{.seed = 42, .purpose = 1, .iteration = 0, .scenario = 3, .stage = 7};
  // The same number however it is reached, another one at every other place.
  EXPECT_EQ(noise_bits(key, 5), noise_bits(key, 5));
  EXPECT_NE(noise_bits(key, 4), noise_bits(key, 5));
  for (noise_key other : {noise_key{43, 1, 0, 3, 7}, noise_key{42, 2, 0, 3, 7}, noise_key{42, 1, 1, 3, 7},
                          noise_key{42, 1, 0, 4, 7}, noise_key{42, 1, 0, 3, 8}}) {
    EXPECT_NE(noise_bits(other, 5), noise_bits(key, 5));
  }
}

// The published answers of Philox4x32-10 through the counter layout of this part: key 0, counter 0.
TEST(noise, uses_the_published_generator) {
  const std::uint64_t first = noise_bits({.seed = 0, .purpose = 0}, 0);
  EXPECT_EQ(static_cast<std::uint32_t>(first), 0x6627e8d5U);
  EXPECT_EQ(static_cast<std::uint32_t>(first >> 32U), 0xe169c58dU);
  const std::uint64_t second = noise_bits({.seed = 0, .purpose = 0}, 1);
  EXPECT_EQ(static_cast<std::uint32_t>(second), 0xbc57ac4cU);
  EXPECT_EQ(static_cast<std::uint32_t>(second >> 32U), 0x9b00dbd8U);
}

TEST(correlation_factor, squares_to_the_matrix) {
  const std::vector<double> matrix{1.0, 0.6, -0.2, 0.6, 1.0, 0.1, -0.2, 0.1, 1.0};
  for (const correlation_method method : {correlation_method::spectral, correlation_method::cholesky}) {
    const std::vector<double> f = correlation_factor(matrix, 3, method);
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        double sum = 0.0;
        for (std::size_t k = 0; k < 3; ++k) sum += f[i * 3 + k] * f[j * 3 + k];
        EXPECT_NEAR(sum, matrix[i * 3 + j], 1e-12);
      }
    }
  }
  // Not positive definite: the spectral factor takes over and drops the negative eigenvalue.
  const std::vector<double> singular{1.0, 1.0, 1.0, 1.0};
  const std::vector<double> f = correlation_factor(singular, 2, correlation_method::cholesky);
  EXPECT_NEAR(f[0] * f[0] + f[1] * f[1], 1.0, 1e-12);
}

TEST(opening_tree, is_drawn_by_the_method_of_each_stage) {
  system s = testing::two_drawn_hydros(3, 200);
  s.stages[1].sampling = sampling_method::lhs;
  s.stages[2].sampling = sampling_method::qmc_halton;
  const opening_tree tree = make_opening_tree(s, 42);
  EXPECT_EQ(tree.values, make_opening_tree(s, 42).values);
  EXPECT_NE(tree.values, make_opening_tree(s, 43).values);
  const std::vector<double> tolerance{0.25, 0.02, 0.1};
  for (std::size_t t = 0; t < 3; ++t) {
    ASSERT_EQ(tree.openings(t), 200U);
    for (std::size_t d = 0; d < 2; ++d) {
      double mean = 0.0;
      double square = 0.0;
      for (std::size_t w = 0; w < 200; ++w) {
        mean += tree.opening(t, w)[d] / 200;
        square += tree.opening(t, w)[d] * tree.opening(t, w)[d] / 200;
      }
      EXPECT_NEAR(mean, 0.0, tolerance[t]) << "stage " << t;
      EXPECT_NEAR(square, 1.0, 0.35) << "stage " << t;
    }
  }
  s.stages[1].sampling = sampling_method::historical_residuals;
  EXPECT_THROW(static_cast<void>(make_opening_tree(s, 42)), twill::error);
}

TEST(opening_tree, correlates_the_groups_of_a_stage) {
  system s = testing::two_drawn_hydros(1, 3000);
  testing::correlate(s, 0.8);
  const opening_tree tree = make_opening_tree(s, 1);
  double product = 0.0;
  for (std::size_t w = 0; w < 3000; ++w) product += tree.opening(0, w)[0] * tree.opening(0, w)[1] / 3000;
  EXPECT_NEAR(product, 0.8, 0.06);
}

}  // namespace
}  // namespace twill::sddp
