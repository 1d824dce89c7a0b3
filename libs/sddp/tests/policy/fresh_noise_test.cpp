// SPDX-License-Identifier: Apache-2.0
#include "make_system.hpp"
#include "stochastic/designs.hpp"
#include "twill/base/error.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace twill::sddp {
namespace {

constexpr std::size_t trajectories = 64;

// (stage, trajectory, quantity) of one pass.
std::vector<double> pass(const system& s, std::uint32_t iteration, std::uint64_t seed = 42,
                         std::uint32_t phase = 0, std::size_t count = trajectories) {
  fresh_noise fresh(s, 2);
  fresh.begin({.seed = seed, .iteration = iteration}, phase, count);
  std::vector<double> out;
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    fresh.prepare(t);
    for (std::size_t m = 0; m < count; ++m) {
      std::vector<double> x(2);
      fresh.fill(t, m, x);
      out.insert(out.end(), x.begin(), x.end());
    }
  }
  return out;
}

double at(const std::vector<double>& pass, std::size_t t, std::size_t m, std::size_t d) {
  return pass[(t * trajectories + m) * 2 + d];
}

// Which of `count` intervals of equal probability a normal number lies in.
std::size_t stratum(double z, std::size_t count) {
  return static_cast<std::size_t>(0.5 * std::erfc(-z / std::sqrt(2.0)) * static_cast<double>(count));
}

class designs : public ::testing::TestWithParam<sampling_method> {};

TEST_P(designs, are_made_of_the_seed_the_iteration_and_the_phase) {
  const system s = testing::two_drawn_hydros(2, 8, GetParam());
  const std::vector<double> first = pass(s, 0);
  EXPECT_EQ(first, pass(s, 0));
  EXPECT_NE(first, pass(s, 1));
  EXPECT_NE(first, pass(s, 0, 43));
  EXPECT_NE(first, pass(s, 0, 42, simulation_phase));
  for (const double x : pass(s, 0, 42, 0, 3)) EXPECT_TRUE(std::isfinite(x));
  EXPECT_TRUE(std::isfinite(pass(s, 5, 42, 0, 1)[0]));
}

TEST_P(designs, do_not_repeat_the_opening_tree) {
  const system s = testing::two_drawn_hydros(2, trajectories, GetParam());
  const std::vector<double> drawn = pass(s, 0);
  const std::set<double> in_tree = [&] {
    const opening_tree tree = make_opening_tree(s, 42);
    return std::set<double>(tree.values.begin(), tree.values.end());
  }();
  for (const double x : drawn) EXPECT_FALSE(in_tree.contains(x)) << x;
}

// A trajectory that is high at one stage must not be high at the next for that reason.
TEST_P(designs, have_stages_and_quantities_that_are_independent) {
  const system s = testing::two_drawn_hydros(2, 8, GetParam());
  double across_stages = 0.0, within = 0.0;
  constexpr std::uint32_t passes = 50;
  for (std::uint32_t k = 0; k < passes; ++k) {
    const std::vector<double> x = pass(s, k);
    for (std::size_t m = 0; m < trajectories; ++m) {
      across_stages += at(x, 0, m, 0) * at(x, 1, m, 0);
      within += at(x, 0, m, 0) * at(x, 0, m, 1);
    }
  }
  // 3200 products of standard deviation 1: four deviations of their mean.
  EXPECT_LT(std::fabs(across_stages / (passes * trajectories)), 4 / std::sqrt(3200.0));
  EXPECT_LT(std::fabs(within / (passes * trajectories)), 4 / std::sqrt(3200.0));
}

// Costs that are linear in the inflow: their mean is known, and a design meets it better than independent
// draws, whose error here has a deviation of 1/8 of that of one trajectory.
TEST_P(designs, reach_the_trajectories_of_a_simulation) {
  testing::system_maker m(3);
  const bus_index b = m.bus(1000.0);
  m.hydro(b, testing::plain_hydro(0.0, 1e6), 0.0, 500.0, 20.0);
  system s = m.make();
  for (stage& each : s.stages) each.sampling = GetParam();
  study_settings how = testing::plain_settings(2, 4);
  how.training.scenarios.inflow = sampling_scheme::out_of_sample;
  how.simulation.source.inflow = sampling_scheme::out_of_sample;
  const auto simulated = [&](std::size_t threads) {
    optimizer o(s, how, {.threads = threads});
    const double bound = o.train().lower_bound;
    const simulation_result r = o.simulate(trajectories);
    return std::pair(bound, r.total_cost);
  };
  const auto [bound, costs] = simulated(1);
  EXPECT_EQ(std::pair(bound, costs), simulated(3));
  const double exact = 3 * 500.0 * 1000.0 * 730.0;
  const double deviation = 20.0 * 1000.0 * 730.0;
  double mean = 0.0;
  for (const double c : costs) mean += c / trajectories;
  const bool is_design = GetParam() != sampling_method::saa && GetParam() != sampling_method::selective;
  EXPECT_LT(std::fabs(mean - exact), deviation * (is_design ? 0.1 : 1.0));
  EXPECT_GT(*std::max_element(costs.begin(), costs.end()) - exact, deviation);
}

INSTANTIATE_TEST_SUITE_P(all, designs,
                         ::testing::Values(sampling_method::saa, sampling_method::lhs,
                                           sampling_method::qmc_sobol, sampling_method::qmc_halton,
                                           sampling_method::selective),
                         [](const auto& made) -> std::string {
                           switch (made.param) {
                             case sampling_method::lhs: return "lhs";
                             case sampling_method::qmc_sobol: return "sobol";
                             case sampling_method::qmc_halton: return "halton";
                             case sampling_method::selective: return "selective";
                             default: return "saa";
                           }
                         });

TEST(fresh_noise, of_a_latin_hypercube_has_one_trajectory_in_each_stratum_of_every_stage) {
  const system s = testing::two_drawn_hydros(3, 8, sampling_method::lhs);
  const std::vector<double> x = pass(s, 4);
  for (std::size_t t = 0; t < 3; ++t) {
    for (std::size_t d = 0; d < 2; ++d) {
      std::set<std::size_t> strata;
      for (std::size_t m = 0; m < trajectories; ++m) strata.insert(stratum(at(x, t, m, d), trajectories));
      EXPECT_EQ(strata.size(), trajectories) << t << " " << d;
    }
  }
}

TEST(fresh_noise, of_sobol_points_fills_every_box_of_a_stage) {
  const system s = testing::two_drawn_hydros(3, 8, sampling_method::qmc_sobol);
  const std::vector<double> x = pass(s, 4);
  for (std::size_t t = 0; t < 3; ++t) {
    for (std::size_t wide = 1; wide <= trajectories; wide *= 2) {
      std::set<std::pair<std::size_t, std::size_t>> boxes;
      for (std::size_t m = 0; m < trajectories; ++m) {
        boxes.emplace(stratum(at(x, t, m, 0), wide), stratum(at(x, t, m, 1), trajectories / wide));
      }
      EXPECT_EQ(boxes.size(), trajectories) << "stage " << t << ", " << wide << " columns";
    }
  }
}

TEST(fresh_noise, of_halton_points_is_spread_evenly) {
  const system s = testing::two_drawn_hydros(2, 8, sampling_method::qmc_halton);
  for (std::uint32_t k = 0; k < 20; ++k) {
    const std::vector<double> x = pass(s, k);
    for (std::size_t d = 0; d < 2; ++d) {
      std::vector<double> u;
      for (std::size_t m = 0; m < trajectories; ++m) {
        u.push_back(0.5 * std::erfc(-at(x, 0, m, d) / std::sqrt(2.0)));
      }
      std::sort(u.begin(), u.end());
      double worst = 0.0;
      for (std::size_t i = 0; i < u.size(); ++i) {
        worst = std::max(worst, std::fabs(u[i] - (static_cast<double>(i) + 0.5) / trajectories));
      }
      // Independent numbers have 0.1 here as a rule.
      EXPECT_LT(worst, 0.06) << "pass " << k << ", quantity " << d;
    }
  }
}

TEST(fresh_noise, of_stages_without_a_design_is_independent_and_normal) {
  const system s = testing::two_drawn_hydros(2, 8, sampling_method::selective);
  const std::vector<double> x = pass(s, 3, 9);
  const noise_key key{.seed = 9,
                      .purpose = static_cast<std::uint32_t>(draw::out_of_sample),
                      .iteration = 3,
                      .scenario = 17,
                      .stage = static_cast<std::uint32_t>(s.stages[1].noise_group.value())};
  EXPECT_EQ(at(x, 1, 17, 0), noise_normal(key, 0));
  EXPECT_EQ(at(x, 1, 17, 1), noise_normal(key, 1));
}

TEST(fresh_noise, of_stages_that_share_a_noise_group_is_the_same) {
  for (const sampling_method how : {sampling_method::lhs, sampling_method::qmc_sobol, sampling_method::saa}) {
    system s = testing::two_drawn_hydros(2, 8, how);
    s.stages[1].noise_group = s.stages[0].noise_group;
    const std::vector<double> x = pass(s, 0);
    EXPECT_TRUE(std::equal(x.begin(), x.begin() + 2 * trajectories, x.begin() + 2 * trajectories));
  }
}

TEST(fresh_noise, of_sobol_points_is_refused_beyond_the_table) {
  const system s = testing::two_drawn_hydros(1, 8, sampling_method::qmc_sobol);
  EXPECT_THROW(fresh_noise(s, 21202), twill::error);
}

}  // namespace
}  // namespace twill::sddp
