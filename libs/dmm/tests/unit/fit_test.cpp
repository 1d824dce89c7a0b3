// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/fit.hpp"

#include "tables.hpp"
#include "twill/base/cpu.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <semaphore>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace twill::dmm {
namespace {

using testing::HasSubstr;

std::string refusal(const fit_options& o, std::size_t n = 4) {
  const std::vector<std::int32_t> cells(2 * n, 1);
  try {
    static_cast<void>(fit(count_table::from_dense(std::span<const std::int32_t>(cells), n, 2), o));
  } catch (const error& e) {
    return e.what();
  }
  return "nothing was refused";
}

TEST(fit, refuses_options_outside_their_range) {
  EXPECT_THAT(
      refusal({.components = 0}),
      HasSubstr(
          "error[bad_option] components: an option is outside its range (found 0, expected 1 or more)"));
  EXPECT_THAT(refusal({.components = -3}), HasSubstr("found -3"));
  EXPECT_THAT(refusal({.components = 5}), HasSubstr("error[too_many_components] components: there are more "
                                                    "components than samples (found 5, expected at most 4)"));
  EXPECT_THAT(refusal({.starts = 0}), HasSubstr("bad_option] starts"));
  EXPECT_THAT(
      refusal({.eta = 0}),
      HasSubstr("bad_option] eta: an option is outside its range (found 0, expected a number above 0)"));
  EXPECT_THAT(refusal({.nu = std::nan("")}), HasSubstr("bad_option] nu"));
  EXPECT_THAT(refusal({.kmeans = {.beta = -1}}), HasSubstr("bad_option] kmeans.beta"));
  EXPECT_THAT(refusal({.em = {.tol = -1}}), HasSubstr("bad_option] em.tol"));
  EXPECT_THAT(refusal({.em = {.max_iter = 0}}), HasSubstr("bad_option] em.max_iter"));
  EXPECT_THAT(refusal({.m_step = {.max_iter = 0}}), HasSubstr("bad_option] m_step.max_iter"));
  EXPECT_THAT(refusal({.threads = -1}), HasSubstr("bad_option] threads"));
}

TEST(fit, a_single_taxon_has_likelihood_one_and_the_prior_mode) {
  const std::vector<std::int32_t> cells{5, 7, 100, 1};
  const mixture_fit f =
      fit(count_table::from_dense(std::span<const std::int32_t>(cells), 4, 1), {.components = 1});
  EXPECT_NEAR(f.log_likelihood, 0, 1e-12);
  EXPECT_NEAR(f.alpha[0], 1, 1e-5);
}

TEST(fit, a_taxon_without_counts_changes_the_value_by_what_the_prior_says) {
  const simulated s = tests::draw_table(60, 8, 1, 21);
  std::vector<std::int64_t> wide;
  for (std::size_t i = 0; i < 60; ++i) {
    wide.insert(wide.end(), s.counts.begin() + static_cast<std::ptrdiff_t>(i * 8),
                s.counts.begin() + static_cast<std::ptrdiff_t>(i * 8 + 8));
    wide.push_back(0);
  }
  const count_table counts = count_table::from_dense(std::span<const std::int64_t>(wide), 60, 9);
  const mixture_fit f = fit(counts, {.components = 1});
  // At the optimum a (B + nu) = eta for that taxon: its mode follows from the totals' slope alone.
  double slope = 0;
  for (std::size_t i = 0; i < 60; ++i) slope += gamma_difference(f.theta(0), counts.total(i)).digamma;
  EXPECT_NEAR(f.alpha[8] * (slope + 0.1), 0.1, 1e-6);
  EXPECT_TRUE(std::isfinite(f.laplace));
  EXPECT_GT(f.lower[8], 0);
}

TEST(fit, as_many_components_as_samples_and_equal_samples_still_fit) {
  const std::vector<std::int32_t> two{10, 0, 0, 10};
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    const mixture_fit f = fit(count_table::from_dense(std::span<const std::int32_t>(two), 2, 2),
                              {.components = 2, .seed = seed});
    EXPECT_TRUE(std::isfinite(f.nle) && std::isfinite(f.laplace)) << seed;
    for (const double p : f.group) EXPECT_TRUE(p >= 0 && p <= 1) << seed;
  }
  const std::vector<std::int32_t> same(18, 4);
  const mixture_fit f =
      fit(count_table::from_dense(std::span<const std::int32_t>(same), 6, 3), {.components = 4});
  EXPECT_TRUE(std::isfinite(f.nle));
  EXPECT_NEAR(std::accumulate(f.weights.begin(), f.weights.end(), 0.0), 1, 1e-12);
}

TEST(fit, the_value_never_rises) {
  const mixture_fit f = fit(tests::own_table(120, 20, 4, 3), {.components = 4});
  ASSERT_GE(f.diag.nle_trace.size(), 2U);
  for (std::size_t i = 1; i < f.diag.nle_trace.size(); ++i)
    EXPECT_LE(f.diag.nle_trace[i], f.diag.nle_trace[i - 1] * (1 + 1e-8));
}

TEST(fit, bits_do_not_depend_on_threads) {
  const count_table t = tests::own_table(2500, 40, 4, 13);
  fit_options o{.components = 4};
  o.em.max_iter = 8;
  o.threads = 1;
  const mixture_fit one = fit(t, o);
  for (const int threads : {2, 3, 7}) {
    o.threads = threads;
    const mixture_fit many = fit(t, o);
    EXPECT_EQ(one.alpha, many.alpha) << threads;
    EXPECT_EQ(one.group, many.group) << threads;
    EXPECT_EQ(one.lower, many.lower) << threads;
    EXPECT_EQ(one.diag.nle_trace, many.diag.nle_trace) << threads;
    EXPECT_EQ(one.laplace, many.laplace) << threads;
  }
}

TEST(fit, bits_do_not_depend_on_the_vector_level) {
  const count_table t = tests::own_table(200, 30, 3, 14);
  const simd_level before = active_simd_level();
  use_simd_level(simd_level::baseline);
  const mixture_fit plain = fit(t, {.components = 3});
  use_simd_level(before);
  const mixture_fit fast = fit(t, {.components = 3});
  EXPECT_EQ(plain.alpha, fast.alpha);
  EXPECT_EQ(plain.group, fast.group);
}

TEST(fit, two_starts_with_one_optimum_agree_closely) {
  const count_table t = tests::own_table(150, 20, 2, 17);
  fit_options o{.components = 2};
  o.em.tol = 1e-10;
  o.em.max_iter = 5000;
  const mixture_fit a = fit(t, o);
  o.seed = 5;
  o.sort = true;
  const mixture_fit b = fit(t, o);
  o.seed = 42;
  const mixture_fit sorted = fit(t, o);
  EXPECT_NEAR(a.nle / b.nle, 1, 1e-8);
  for (std::size_t i = 0; i < b.alpha.size(); ++i) EXPECT_NEAR(sorted.alpha[i] / b.alpha[i], 1, 1e-5) << i;
  EXPECT_GE(sorted.weights[0], sorted.weights[1]);
}

TEST(fit, the_ends_of_our_solvers_are_one_optimum) {
  const count_table t = tests::own_table(100, 12, 2, 19);
  fit_options o{.components = 2};
  o.em.tol = 1e-11;
  o.em.max_iter = 3000;
  const mixture_fit newton = fit(t, o);
  o.m_step.solver = m_step_solver::bfgs;
  o.m_step.max_iter = 3000;
  const mixture_fit bfgs = fit(t, o);
  for (std::size_t i = 0; i < newton.alpha.size(); ++i)
    EXPECT_NEAR(newton.alpha[i] / bfgs.alpha[i], 1, 1e-5) << i;
}

TEST(fit, begins_with_given_parameters_and_stays_at_their_optimum) {
  const count_table counts = tests::own_table(200, 12, 3, 5);
  const mixture_fit cold = fit(counts, {.components = 5});
  ASSERT_TRUE(cold.diag.converged);
  const mixture_fit warm =
      fit(counts, {.components = 5, .from = {.weights = cold.weights, .alpha = cold.alpha}});
  EXPECT_LE(warm.diag.em_iterations, 3);
  EXPECT_LT(warm.diag.em_iterations, cold.diag.em_iterations);
  EXPECT_EQ(warm.diag.kmeans_rounds, 0);
  EXPECT_NEAR(warm.nle, cold.nle, 1e-4);
  for (std::size_t c = 0; c < 5; ++c) EXPECT_NEAR(warm.weights[c], cold.weights[c], 1e-3);
  // Equal weights are assumed where none are given; other starts begin as they would.
  const fit_options two{.components = 5, .starts = 2, .from = {.alpha = cold.alpha}};
  EXPECT_LE(fit(counts, two).nle, cold.nle + 1e-4);
  EXPECT_EQ(fit(counts, two).alpha, fit(counts,
                                        [&] {
                                          fit_options more = two;
                                          more.threads = 3;
                                          return more;
                                        }())
                                        .alpha);
}

TEST(fit, refuses_parameters_that_are_none_of_the_model) {
  EXPECT_THAT(
      refusal({.components = 2, .from = {.alpha = {1, 2, 3}}}),
      HasSubstr("bad_option] from.alpha: the alphas to start from are not as many as those of the model "
                "(found 3, expected 2 x 2)"));
  EXPECT_THAT(
      refusal({.components = 2, .from = {.alpha = {1, 2, 0, 1}}}),
      HasSubstr(
          "bad_option] from.alpha: an option is outside its range (found 0, expected a number above 0)"));
  EXPECT_THAT(
      refusal({.components = 2, .from = {.weights = {1}, .alpha = {1, 2, 3, 1}}}),
      HasSubstr("bad_option] from.weights: an option is outside its range (found 1 weights, expected 2)"));
}

TEST(fit, a_random_start_goes_without_soft_k_means) {
  const count_table counts = tests::own_table(200, 12, 3, 5);
  const mixture_fit f = fit(counts, {.components = 3, .starts = 5, .init = start_method::random});
  EXPECT_EQ(f.diag.kmeans_rounds, 0);
  const mixture_fit usual = fit(counts, {.components = 3, .starts = 5});
  EXPECT_GT(usual.diag.kmeans_rounds, 0);
  EXPECT_NEAR(f.nle, usual.nle, 1e-3 * usual.nle);
}

TEST(fit, order_of_taxa_does_not_matter) {
  const simulated s = tests::draw_table(80, 10, 2, 23);
  std::vector<std::int64_t> turned(s.counts.size());
  for (std::size_t i = 0; i < 80; ++i) {
    for (std::size_t j = 0; j < 10; ++j) turned[i * 10 + j] = s.counts[i * 10 + 9 - j];
  }
  const mixture_fit a =
      fit(count_table::from_dense(std::span<const std::int64_t>(s.counts), 80, 10), {.components = 2});
  const mixture_fit b =
      fit(count_table::from_dense(std::span<const std::int64_t>(turned), 80, 10), {.components = 2});
  EXPECT_NEAR(a.nle / b.nle, 1, 1e-9);
  EXPECT_NEAR(a.alpha[3], b.alpha[6], 1e-4 * a.alpha[3]);
}

TEST(fit, a_stop_ends_it_and_leaves_what_is_there) {
  const count_table t = tests::own_table(200, 30, 3, 29);
  fit_options o{.components = 3};
  int rounds = 0;
  o.em.tol = 0;
  o.progress = [&](const fit_progress& at) {
    return at.phase != fit_phase::expectation_maximization || ++rounds < 4;
  };
  const mixture_fit stopped = fit(t, o);
  EXPECT_TRUE(stopped.diag.cancelled);
  EXPECT_EQ(stopped.diag.em_iterations, 4);
  EXPECT_TRUE(std::isfinite(stopped.laplace));
  std::stop_source stop;
  stop.request_stop();
  o.stop = stop.get_token();
  o.progress = nullptr;
  const mixture_fit none = fit(t, o);
  EXPECT_TRUE(none.diag.cancelled);
  EXPECT_EQ(none.diag.em_iterations, 0);
  EXPECT_EQ(none.nle, std::numeric_limits<double>::infinity());
  EXPECT_EQ(none.laplace, std::numeric_limits<double>::infinity());
  EXPECT_EQ(none.alpha, std::vector<double>(90, 1.0));
  EXPECT_EQ(none.group, std::vector<double>(600, 1.0 / 3));
}

TEST(fit, a_stop_at_any_moment_leaves_a_whole_fit_or_one_that_says_so) {
  const count_table t = tests::own_table(300, 30, 3, 73);
  fit_options o{.components = 3};
  o.threads = 1;
  const mixture_fit whole = fit(t, o);
  ASSERT_TRUE(whole.diag.converged);
  for (int i = 1; i <= whole.diag.em_iterations; ++i) {
    std::stop_source stop;
    std::binary_semaphore reached(0);
    fit_options stopped = o;
    stopped.threads = 1 + i % 2;
    stopped.stop = stop.get_token();
    stopped.progress = [&](const fit_progress& at) {
      if (at.phase == fit_phase::expectation_maximization && at.iteration == i) reached.release();
      return true;
    };
    // Somewhere in the iteration after this one, or after the end of the fit.
    std::jthread stopper([&] {
      reached.acquire();
      stop.request_stop();
    });
    const mixture_fit f = fit(t, stopped);
    if (i == whole.diag.em_iterations) reached.release();
    stopper.join();
    EXPECT_FALSE(f.diag.cancelled && f.diag.converged) << i;
    ASSERT_EQ(f.diag.nle_trace.size(), static_cast<std::size_t>(f.diag.em_iterations)) << i;
    EXPECT_EQ(f.nle, f.diag.nle_trace.back()) << i;
    EXPECT_NEAR(negative_log_posterior(f, t), f.nle, 1e-9 * std::abs(f.nle)) << i;
    EXPECT_TRUE(std::isfinite(f.laplace)) << i;
    if (!f.diag.cancelled) {
      EXPECT_EQ(f.alpha, whole.alpha) << i;
    }
  }
}

TEST(fit, progress_tells_phase_iteration_and_value) {
  std::vector<fit_progress> told;
  fit_options o{.components = 2};
  o.threads = 1;
  o.progress = [&](const fit_progress& at) {
    told.push_back(at);
    return true;
  };
  const mixture_fit f = fit(tests::own_table(50, 10, 2, 37), o);
  EXPECT_EQ(told.front().phase, fit_phase::start);
  EXPECT_EQ(told.front().iteration, 1);
  EXPECT_EQ(told.back().phase, fit_phase::hessian);
  EXPECT_EQ(told.back().nle, f.nle);
  EXPECT_EQ(told.back().components, 2);
}

TEST(predict, training_samples_get_the_posterior_of_the_final_parameters) {
  const count_table t = tests::own_table(90, 15, 3, 41);
  const mixture_fit f = fit(t, {.components = 3, .final_e_step = true});
  std::vector<double> p(90 * 3);
  posterior(f, t, p, 1);
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], f.group[i], 1e-12);
  EXPECT_NEAR(negative_log_posterior(f, t) / f.nle, 1, 1e-13);
}

TEST(predict, evidence_is_the_density_sample_by_sample) {
  const count_table t = tests::own_table(20, 6, 2, 43);
  const mixture_fit f = fit(t, {.components = 2});
  std::vector<double> e(40);
  std::vector<double> l(20);
  log_evidence(f, t, e, 1);
  log_likelihood(f, t, l, 1);
  for (std::size_t i = 0; i < 20; ++i) {
    double sum = 0;
    for (int c = 0; c < 2; ++c) {
      double plain = gamma_at(t.total(i) + 1).log_gamma - gamma_difference(f.theta(c), t.total(i)).log_gamma;
      for (const count_entry& x : t.row(i))
        plain +=
            gamma_difference(f.alpha_of(c)[x.taxon], x.count).log_gamma - gamma_at(x.count + 1).log_gamma;
      EXPECT_NEAR(e[2 * i + static_cast<std::size_t>(c)], plain, 1e-10);
      sum += f.weights[static_cast<std::size_t>(c)] * std::exp(plain);
    }
    EXPECT_NEAR(l[i], std::log(sum), 1e-10);
  }
}

TEST(predict, a_sample_without_counts_gets_the_weights_and_other_taxa_are_refused) {
  const count_table t = tests::own_table(60, 6, 2, 47);
  const mixture_fit f = fit(t, {.components = 2});
  const std::vector<std::int32_t> none(6, 0);
  std::vector<double> p(2);
  posterior(f, count_table::from_dense(std::span<const std::int32_t>(none), 1, 6, zero_rows::keep), p);
  EXPECT_NEAR(p[0], f.weights[0], 1e-14);
  const std::vector<std::int32_t> other(5, 1);
  try {
    posterior(f, count_table::from_dense(std::span<const std::int32_t>(other), 1, 5), p);
    FAIL();
  } catch (const error& e) {
    EXPECT_THAT(e.what(),
                HasSubstr("error[mismatched_taxa]: the samples have another number of taxa than the "
                          "model (found 5 taxa, expected 6 taxa)"));
  }
}

TEST(simulate, is_a_function_of_seed_and_index_and_has_the_models_means) {
  mixture_fit m;
  m.components = 2;
  m.taxa = 3;
  m.weights = {0.25, 0.75};
  m.alpha = {8, 1, 1, 1e-3, 3, 6};
  const std::vector<std::int64_t> depth(4000, 50);
  const simulated a = simulate(m, depth, 7, 1);
  const simulated b = simulate(m, depth, 7, 3);
  EXPECT_EQ(a.counts, b.counts);
  EXPECT_NE(a.counts, simulate(m, depth, 8, 1).counts);
  double first = 0;
  std::vector<double> share(3);
  for (std::size_t i = 0; i < depth.size(); ++i) {
    EXPECT_EQ(a.counts[3 * i] + a.counts[3 * i + 1] + a.counts[3 * i + 2], 50);
    if (a.component[i] != 0) continue;
    first += 1;
    for (std::size_t j = 0; j < 3; ++j) share[j] += static_cast<double>(a.counts[3 * i + j]) / 50;
  }
  EXPECT_NEAR(first / 4000, 0.25, 0.03);
  EXPECT_NEAR(share[0] / first, 0.8, 0.02);
  const std::vector<std::int64_t> bad{5, 0};
  EXPECT_THROW(static_cast<void>(simulate(m, bad, 1)), error);
}

}  // namespace
}  // namespace twill::dmm
