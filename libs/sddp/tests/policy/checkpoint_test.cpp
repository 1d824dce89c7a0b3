// SPDX-License-Identifier: Apache-2.0
// Trainings that end early and go on: the same bits as without the interruption.
#include "make_system.hpp"
#include "twill/base/error.hpp"
#include "twill/hybrid/stop.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace twill::sddp {
namespace {
using twill::sddp::testing::plain_hydro;
using twill::sddp::testing::plain_settings;
using twill::sddp::testing::system_maker;

system two_plants() {
  system_maker m(4, {300.0, 430.0});
  const bus_index b = m.bus(90.0, {{20.0, 250.0}, {unlimited, 900.0}}, 9.0);
  m.thermal(b, 45.0, 60.0);
  const hydro_index up = m.hydro(b, plain_hydro(150.0, 60.0), 40.0, 10.0, 8.0);
  const hydro_index down = m.hydro(b, plain_hydro(80.0, 90.0), 30.0, 6.0, 5.0);
  m.flows_into(up, down);
  m.autoregression(up, {0.5, 0.2}, {20.0, 15.0});
  for (std::size_t t = 0; t < 4; ++t) {
    m.openings(t, {{0.7, -0.3, 0.5}, {-0.7, 0.9, -0.5}, {0.1, -1.0, 1.2}});
  }
  m.discount(0.95);
  return m.make();
}

// Cuts are laid aside, so that what is saved of them matters.
study_settings settings_of(std::uint32_t iterations, std::uint32_t passes = 3) {
  study_settings s = plain_settings(iterations, passes);
  s.training.selection = {
      .enabled = true, .method = cut_selection_method::lml1, .memory_window = 2, .check_frequency = 3};
  return s;
}

class checkpoint : public ::testing::Test {
 protected:
  checkpoint() : folder_(::testing::TempDir() + "sddp_checkpoint_" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    hybrid::clear_requests();
  }
  ~checkpoint() override {
    std::filesystem::remove_all(folder_);
    hybrid::clear_requests();
  }
  checkpoint(const checkpoint&) = delete;
  checkpoint& operator=(const checkpoint&) = delete;

  [[nodiscard]] optimizer_options options(std::size_t threads, bool resume,
                                          std::optional<std::uint32_t> limit = {}) const {
    return {.threads = threads,
            .max_iterations = limit,
            .checkpoints = {.folder = folder_, .every = 4, .resume = resume}};
  }

  std::string folder_;
};

void expect_same(const policy& a, const policy& b) {
  ASSERT_EQ(a.stages.size(), b.stages.size());
  for (std::size_t t = 0; t < a.stages.size(); ++t) {
    ASSERT_EQ(a.stages[t].size(), b.stages[t].size());
    for (std::size_t slot = 0; slot < a.stages[t].size(); ++slot) {
      const cut_view x = a.stages[t][slot];
      const cut_view y = b.stages[t][slot];
      EXPECT_EQ(x.intercept, y.intercept) << "stage " << t << " slot " << slot;
      EXPECT_TRUE(std::ranges::equal(x.coefficients, y.coefficients));
      EXPECT_TRUE(std::ranges::equal(x.trial_point, y.trial_point));
      EXPECT_EQ(x.iteration, y.iteration);
      EXPECT_EQ(x.active, y.active);
      EXPECT_EQ(x.uses, y.uses);
      EXPECT_EQ(x.last_use, y.last_use);
    }
  }
}

void expect_same(const training_result& a, const training_result& b) {
  ASSERT_EQ(a.iterations.size(), b.iterations.size());
  for (std::size_t i = 0; i < a.iterations.size(); ++i) {
    const iteration_record& x = a.iterations[i];
    const iteration_record& y = b.iterations[i];
    EXPECT_EQ(x.iteration, y.iteration);
    EXPECT_EQ(x.lower_bound, y.lower_bound);
    EXPECT_EQ(x.lower_bound_raw, y.lower_bound_raw);
    EXPECT_EQ(x.upper_bound_mean, y.upper_bound_mean);
    EXPECT_EQ(x.ci_half_width, y.ci_half_width);
    EXPECT_EQ(x.gap_percent, y.gap_percent);
    EXPECT_EQ(x.cuts_active, y.cuts_active);
    EXPECT_EQ(x.simplex_iterations, y.simplex_iterations);
  }
  EXPECT_EQ(a.lower_bound, b.lower_bound);
  EXPECT_EQ(a.lp_solves, b.lp_solves);
  EXPECT_EQ(a.cuts_total, b.cuts_total);
  EXPECT_EQ(a.reason, b.reason);
}

TEST_F(checkpoint, goes_on_with_the_same_bits_on_other_threads) {
  const system s = two_plants();
  optimizer whole(s, settings_of(14), {.threads = 1});
  const training_result expected = whole.train();
  ASSERT_LT(expected.cuts_active, expected.cuts_total);

  for (const std::size_t threads : {1U, 3U}) {
    std::filesystem::remove_all(folder_);
    const training_result half = optimizer(s, settings_of(14), options(2, false, 7)).train();
    EXPECT_EQ(half.iterations.size(), 7U);
    EXPECT_EQ(half.checkpoint, folder_ + "/checkpoint-000000000007.twck");
    optimizer second(s, settings_of(14), options(threads, true));
    const training_result rest = second.train();
    EXPECT_EQ(rest.resumed_at, 7U);
    expect_same(rest, expected);
    expect_same(second.cuts(), whole.cuts());
    EXPECT_EQ(second.simulate(10).total_cost, whole.simulate(10).total_cost);
  }
  // Where all iterations are done there is nothing to do.
  const training_result again = optimizer(s, settings_of(14), options(2, true)).train();
  EXPECT_EQ(again.resumed_at, 14U);
  expect_same(again, expected);
}

TEST_F(checkpoint, is_written_when_a_signal_asks_to_stop) {
  const system s = two_plants();
  optimizer whole(s, settings_of(9), {.threads = 1});
  const training_result expected = whole.train();

  optimizer_options asked = options(2, false);
  asked.on_iteration = [](const iteration_record& r) {
    if (r.iteration == 5) hybrid::post_request(hybrid::request::stop);
  };
  optimizer first(s, settings_of(9), asked);
  const training_result half = first.train();
  // A request is heard at the next boundary, which all ranks share.
  EXPECT_EQ(half.iterations.size(), 6U);
  EXPECT_EQ(half.reason, stop_reason::graceful_shutdown);
  EXPECT_FALSE(half.converged);
  EXPECT_TRUE(std::filesystem::exists(half.checkpoint));
  hybrid::clear_requests();
  optimizer second(s, settings_of(9), options(1, true));
  const training_result rest = second.train();
  EXPECT_EQ(rest.resumed_at, 6U);
  expect_same(rest, expected);
  expect_same(second.cuts(), whole.cuts());
}

TEST_F(checkpoint, goes_on_with_the_designs_of_fresh_noise) {
  system s = two_plants();
  study_settings settings = settings_of(6);
  settings.training.scenarios.inflow = sampling_scheme::out_of_sample;
  for (stage& at : s.stages) at.sampling = sampling_method::lhs;
  s.stages[0].sampling = sampling_method::qmc_sobol;
  const training_result expected = optimizer(s, settings, {.threads = 1}).train();
  EXPECT_EQ(optimizer(s, settings, options(2, false, 3)).train().iterations.size(), 3U);
  const training_result rest = optimizer(s, settings, options(3, true)).train();
  EXPECT_EQ(rest.resumed_at, 3U);
  expect_same(rest, expected);
}

TEST_F(checkpoint, is_written_when_a_token_asks_to_stop) {
  const system s = two_plants();
  std::stop_source stop;
  optimizer_options asked = options(1, false);
  asked.stop = stop.get_token();
  asked.on_iteration = [&](const iteration_record& r) {
    if (r.iteration == 3) stop.request_stop();
  };
  const training_result half = optimizer(s, settings_of(9), asked).train();
  EXPECT_EQ(half.iterations.size(), 3U);
  EXPECT_EQ(half.reason, stop_reason::graceful_shutdown);
  const training_result rest = optimizer(s, settings_of(9), options(1, true)).train();
  expect_same(rest, optimizer(s, settings_of(9), {.threads = 1}).train());
}

TEST_F(checkpoint, of_a_training_that_a_rule_has_ended_is_its_end) {
  const system s = two_plants();
  study_settings settings = settings_of(60);
  settings.training.stopping_rules.emplace_back(bound_stalling{.iterations = 5, .tolerance = 1e-7});
  optimizer first(s, settings, options(1, false));
  const training_result done = first.train();
  EXPECT_EQ(done.reason, stop_reason::bound_stalling);
  EXPECT_TRUE(done.converged);
  ASSERT_LT(done.iterations.size(), 60U);
  optimizer second(s, settings, options(1, true));
  const training_result again = second.train();
  EXPECT_TRUE(again.converged);
  EXPECT_EQ(again.resumed_at, done.iterations.size());
  expect_same(again, done);
  expect_same(second.cuts(), first.cuts());
}

TEST_F(checkpoint, carries_what_the_simulation_rule_remembers) {
  const system s = two_plants();
  study_settings settings = settings_of(40, 2);
  settings.training.stopping_rules.emplace_back(simulation_stop{.replications = 30,
                                                                .period = 3,
                                                                .bound_window = 2,
                                                                .distance_tolerance = 1e-3,
                                                                .bound_tolerance = 1e-3});
  optimizer whole(s, settings, {.threads = 1});
  const training_result expected = whole.train();
  ASSERT_EQ(expected.reason, stop_reason::simulation_based);
  EXPECT_TRUE(expected.converged);
  const auto limit = static_cast<std::uint32_t>(expected.iterations.size() - 2);
  static_cast<void>(optimizer(s, settings, options(1, false, limit)).train());
  optimizer second(s, settings, options(2, true));
  expect_same(second.train(), expected);
  expect_same(second.cuts(), whole.cuts());
}

TEST_F(checkpoint, of_another_case_is_refused_by_what_differs) {
  const system s = two_plants();
  static_cast<void>(optimizer(s, settings_of(3), options(1, false)).train());
  const auto refused = [&](const system& other, const study_settings& settings) -> std::string {
    try {
      optimizer(other, settings, options(1, true)).train();
    } catch (const twill::error& e) {
      return e.what();
    }
    return "not refused";
  };
  study_settings more = settings_of(3, 4);
  EXPECT_THAT(refused(s, more), ::testing::HasSubstr("forward passes"));
  more = settings_of(3);
  more.training.selection.memory_window = 3;
  EXPECT_THAT(refused(s, more), ::testing::HasSubstr("settings of the training"));
  system wetter = s;
  wetter.noise.tree->values[0] += 0.5;
  EXPECT_THAT(refused(wetter, settings_of(3)), ::testing::HasSubstr("openings and inflows"));
  // The openings are given and stay; fresh noise would be drawn in another way.
  system drawn = s;
  drawn.stages[1].sampling = sampling_method::lhs;
  EXPECT_THAT(refused(drawn, settings_of(3)), ::testing::HasSubstr("openings and inflows"));
  system dearer = s;
  dearer.stages[2].thermals[0].cost_per_mwh += 1.0;
  EXPECT_THAT(refused(dearer, settings_of(3)), ::testing::HasSubstr("linear programs of the stages"));
}

TEST_F(checkpoint, is_missed_where_there_is_none) {
  const system s = two_plants();
  try {
    optimizer(s, settings_of(3), options(1, true)).train();
    FAIL() << "there is nothing to go on from";
  } catch (const twill::error& e) {
    EXPECT_THAT(std::string(e.what()), ::testing::HasSubstr("there is no whole checkpoint to go on from"));
  }
}

TEST_F(checkpoint, that_is_damaged_is_passed_over_with_a_warning) {
  const system s = two_plants();
  const training_result first = optimizer(s, settings_of(8), options(1, false)).train();
  std::filesystem::resize_file(first.checkpoint, std::filesystem::file_size(first.checkpoint) / 2);
  const training_result again = optimizer(s, settings_of(8), options(1, true)).train();
  EXPECT_EQ(again.resumed_at, 4U);
  ASSERT_EQ(again.warnings.size(), 1U);
  EXPECT_THAT(again.warnings[0], ::testing::HasSubstr("checkpoint-000000000008.twck"));
  expect_same(again, optimizer(s, settings_of(8), {.threads = 1}).train());
}

}  // namespace
}  // namespace twill::sddp
