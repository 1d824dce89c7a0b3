// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/select.hpp"

#include "tables.hpp"
#include "twill/base/file.hpp"
#include "twill/hybrid/stop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

namespace twill::dmm {
namespace {

const std::vector<int> ks{1, 2, 3};

std::string folder(const std::string& name) {
  const std::string path = testing::TempDir() + "dmm_" + name;
  std::filesystem::remove_all(path);
  return path;
}

TEST(sweep, keeps_the_best_start_of_each_number_of_components) {
  const count_table t = tests::own_table(80, 12, 3, 51);
  sweep_options o;
  o.fit.starts = 3;
  const sweep all = fit_range(t, ks, o);
  ASSERT_EQ(all.fits.size(), 3U);
  ASSERT_EQ(all.runs.size(), 9U);
  for (std::size_t i = 0; i < 3; ++i) {
    fit_options single = o.fit;
    single.components = ks[i];
    EXPECT_EQ(all.fits[i].alpha, fit(t, single).alpha);
    for (std::size_t s = 0; s < 3; ++s) EXPECT_GE(all.runs[3 * i + s].nle, all.fits[i].nle);
  }
  EXPECT_EQ(fit_range(t, ks, o.fit).size(), 3U);
}

TEST(sweep, bits_do_not_depend_on_threads) {
  const count_table t = tests::own_table(150, 20, 3, 53);
  sweep_options o;
  o.fit.starts = 2;
  o.fit.threads = 1;
  const sweep one = fit_range(t, ks, o);
  for (const int threads : {2, 7}) {
    o.fit.threads = threads;
    const sweep many = fit_range(t, ks, o);
    for (std::size_t i = 0; i < ks.size(); ++i) {
      EXPECT_EQ(one.fits[i].alpha, many.fits[i].alpha);
      EXPECT_EQ(one.fits[i].group, many.fits[i].group);
    }
  }
}

TEST(sweep, resumes_from_checkpoints_and_knows_whose_they_are) {
  const count_table t = tests::own_table(60, 10, 2, 55);
  sweep_options o;
  o.checkpoint = folder("resume");
  o.fit.starts = 2;
  const sweep first = fit_range(t, ks, o);
  EXPECT_TRUE(std::filesystem::exists(o.checkpoint + "/run-k3-s1.twill"));
  std::filesystem::remove(o.checkpoint + "/run-k2-s0.twill");
  const sweep second = fit_range(t, ks, o);
  int resumed = 0;
  for (const sweep_run& r : second.runs) resumed += r.resumed ? 1 : 0;
  EXPECT_EQ(resumed, 5);
  for (std::size_t i = 0; i < ks.size(); ++i) {
    EXPECT_EQ(first.fits[i].alpha, second.fits[i].alpha);
    EXPECT_EQ(first.fits[i].group, second.fits[i].group);
    EXPECT_EQ(first.fits[i].diag.nle_trace, second.fits[i].diag.nle_trace);
  }
  // Another seed, and a damaged file: fitted anew.
  o.fit.seed = 7;
  for (const sweep_run& r : fit_range(t, ks, o).runs) EXPECT_FALSE(r.resumed);
  std::string bytes = read_file(o.checkpoint + "/run-k1-s0.twill");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file_atomically(o.checkpoint + "/run-k1-s0.twill", std::string_view(bytes));
  const sweep third = fit_range(t, ks, o);
  EXPECT_FALSE(third.runs[0].resumed);
  EXPECT_TRUE(third.runs[1].resumed);
}

TEST(sweep, a_refusal_of_progress_ends_every_run_and_keeps_the_finished_ones) {
  const count_table t = tests::own_table(60, 10, 2, 57);
  sweep_options o;
  o.fit.threads = 1;
  o.fit.progress = [](const fit_progress& at) { return at.components != 1; };  // K = 3 and 2 come first
  const sweep some = fit_range(t, ks, o);
  EXPECT_TRUE(some.cancelled);
  ASSERT_EQ(some.fits.size(), 2U);
  EXPECT_EQ(some.fits[0].components, 2);
  EXPECT_FALSE(some.runs[0].finished);
  EXPECT_THROW(static_cast<void>(sweep{}.best(criterion::bic)), error);
}

TEST(sweep, results_do_not_depend_on_the_size_of_waves) {
  const count_table t = tests::own_table(90, 12, 3, 67);
  sweep_options o;
  o.fit.starts = 3;
  o.fit.threads = 2;
  const sweep chosen = fit_range(t, ks, o);
  for (const std::size_t wave : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
    o.wave = wave;
    const sweep s = fit_range(t, ks, o);
    EXPECT_FALSE(s.cancelled);
    for (std::size_t i = 0; i < ks.size(); ++i) {
      EXPECT_EQ(s.fits[i].alpha, chosen.fits[i].alpha) << wave;
      EXPECT_EQ(s.fits[i].diag.start, chosen.fits[i].diag.start) << wave;
    }
    for (std::size_t i = 0; i < s.runs.size(); ++i) EXPECT_EQ(s.runs[i].nle, chosen.runs[i].nle) << wave;
  }
}

TEST(sweep, ends_between_waves_when_little_time_is_left) {
  const count_table t = tests::own_table(60, 10, 2, 69);
  sweep_options o;
  o.fit.threads = 1;
  o.wave = 1;
  o.max_wall = 1e-9;
  const sweep some = fit_range(t, ks, o);
  EXPECT_TRUE(some.cancelled);
  EXPECT_TRUE(some.out_of_time);
  // It takes two waves to know how long one lasts; the largest K come first.
  ASSERT_EQ(some.fits.size(), 2U);
  EXPECT_EQ(some.fits[0].components, 2);
  EXPECT_EQ(some.fits[1].components, 3);
  o.max_wall = 1000;
  EXPECT_FALSE(fit_range(t, ks, o).cancelled);
}

TEST(sweep, a_signal_ends_the_runs_under_way_and_keeps_the_finished_ones) {
  const count_table t = tests::own_table(60, 10, 2, 71);
  sweep_options o;
  o.fit.threads = 1;
  o.wave = 1;
  o.fit.progress = [](const fit_progress& at) {
    if (at.components == 2) hybrid::post_request(hybrid::request::stop);
    return true;
  };
  const sweep some = fit_range(t, ks, o);
  hybrid::clear_requests();
  EXPECT_TRUE(some.cancelled);
  EXPECT_FALSE(some.out_of_time);
  ASSERT_EQ(some.fits.size(), 1U);
  EXPECT_EQ(some.fits[0].components, 3);
  o.fit.progress = nullptr;
  EXPECT_FALSE(fit_range(t, ks, o).cancelled);
}

TEST(fit_auto, ends_when_nothing_improves) {
  const count_table t = tests::own_table(120, 15, 3, 59);
  const sweep s = fit_auto(t, {.min_k = 2, .max_k = 9, .gap = 2}, {});
  const int best = s.best(criterion::laplace).components;
  EXPECT_EQ(best, 3);
  EXPECT_EQ(s.fits.back().components, best + 2);
  EXPECT_EQ(fit_auto(t, {.min_k = 1, .max_k = 2, .gap = 9}, {}).fits.size(), 2U);
}

TEST(drivers, come_by_falling_difference_and_their_shares_end_at_one) {
  const count_table t = tests::own_table(120, 15, 3, 61);
  const sweep s = fit_range(t, ks, sweep_options{});
  const std::vector<driver> d = drivers(s.fits[2], s.fits[0]);
  ASSERT_EQ(d.size(), 15U);
  for (std::size_t i = 1; i < d.size(); ++i) EXPECT_LE(d[i].difference, d[i - 1].difference);
  EXPECT_NEAR(d.back().cumulated, 1, 1e-12);
  double plain = 0;
  for (int c = 0; c < 3; ++c)
    plain += std::abs(s.fits[2].alpha_of(c)[d[0].taxon] / s.fits[2].theta(c) -
                      s.fits[0].alpha[d[0].taxon] / s.fits[0].theta(0));
  EXPECT_NEAR(d[0].difference, plain, 1e-14);
  EXPECT_THROW(static_cast<void>(drivers(s.fits[0], s.fits[1])), error);
}

TEST(cross_validation, prefers_the_number_of_components_that_was_drawn) {
  const count_table t = tests::own_table(150, 20, 3, 63);
  const std::vector<held_out> out = cross_validate(t, ks, 3, {});
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[2].components, 3);
  EXPECT_EQ(out[2].folds.size(), 3U);
  EXPECT_GT(out[2].mean_log_likelihood, out[1].mean_log_likelihood);
  EXPECT_GT(out[1].mean_log_likelihood, out[0].mean_log_likelihood);
  EXPECT_THROW(static_cast<void>(cross_validate(t, ks, 1, {})), error);
}

TEST(groups, samples_are_told_apart_by_models_that_have_not_seen_them) {
  const simulated s = tests::draw_table(120, 15, 3, 65);
  const count_table t = count_table::from_dense(std::span<const std::int64_t>(s.counts), 120, 15);
  std::vector<std::string> labels;
  for (const int c : s.component) labels.push_back(c == 0 ? "lean" : c == 1 ? "obese" : "other");
  const std::vector<int> one{1, 2};
  const group_classifier g = fit_groups(t, labels, one, criterion::laplace, {});
  EXPECT_EQ(g.classes, (std::vector<std::string>{"lean", "obese", "other"}));
  EXPECT_NEAR(std::accumulate(g.priors.begin(), g.priors.end(), 0.0), 1, 1e-15);
  const std::vector<double> held = cross_validate_groups(t, labels, 4, one, criterion::laplace, {});
  int right = 0;
  for (std::size_t i = 0; i < 120; ++i) {
    const double* p = held.data() + 3 * i;
    EXPECT_NEAR(p[0] + p[1] + p[2], 1, 1e-12);
    right += std::max_element(p, p + 3) - p == s.component[i] ? 1 : 0;
  }
  EXPECT_GE(right, 110);
  EXPECT_THROW(static_cast<void>(fit_groups(t, std::vector<std::string>(3, "a"), one, criterion::bic, {})),
               error);
}

}  // namespace
}  // namespace twill::dmm
