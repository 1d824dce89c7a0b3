// SPDX-License-Identifier: Apache-2.0
#include "fit/m_step.hpp"

#include "fit/em.hpp"
#include "tables.hpp"
#include "twill/dmm/special.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace twill::dmm {
namespace {

constexpr std::size_t n = 40;
constexpr std::size_t s = 6;

// One component of a table with uneven responsibilities.
struct component_case {
  component_case()
      : counts(tests::own_table(n, s, 2, 5, 3000)),
        cuts(*counts.data()),
        p{*counts.data(), cuts, {}, nullptr} {
    for (std::size_t i = 0; i < n; ++i)
      z.push_back(i % 5 == 0 ? 1e-30 : 0.1 + 0.8 * static_cast<double>(i) / n);
    p.bucket_sums(z.data(), 1, weights);
    lambda = {-2.5, -0.3, 0.4, 1.2, -7, 0.9};
  }
  [[nodiscard]] detail::objective at(const std::vector<double>& l) const {
    detail::component_terms terms(p, weights.data(), 1, 0);
    std::vector<double> alpha;
    for (const double x : l) alpha.push_back(std::exp(x));
    std::vector<detail::taxon_sums> sums;
    detail::objective out;
    detail::evaluate_objective(p, terms, {0.1, 0.1}, l, alpha, sums, out);
    return out;
  }
  // The objective as it is defined, sample by sample.
  [[nodiscard]] double plain(const std::vector<double>& l) const {
    double theta = 0;
    double value = 0;
    for (const double x : l) {
      theta += std::exp(x);
      value -= 0.1 * x;
    }
    value += 0.1 * theta;
    for (std::size_t i = 0; i < n; ++i) {
      value += z[i] * gamma_difference(theta, counts.total(i)).log_gamma;
      for (const count_entry& e : counts.row(i))
        value -= z[i] * gamma_difference(std::exp(l[e.taxon]), e.count).log_gamma;
    }
    return value;
  }
  count_table counts;
  detail::plan cuts;
  detail::problem p;
  std::vector<double> z, weights, lambda;
};

// A central difference of fourth order.
template <class F>
double slope(const F& f, std::vector<double> x, std::size_t j, double h) {
  const double start = x[j];
  const auto at = [&](double by) {
    x[j] = start + by * h;
    return f(x);
  };
  return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);
}

TEST(m_step, value_is_the_sum_over_samples) {
  const component_case c;
  EXPECT_NEAR(c.at(c.lambda).value / c.plain(c.lambda), 1, 1e-13);
}

TEST(m_step, gradient_agrees_with_differences_of_the_value) {
  const component_case c;
  const detail::objective at = c.at(c.lambda);
  for (std::size_t j = 0; j < s; ++j) {
    const double expected = slope([&](const auto& l) { return c.plain(l); }, c.lambda, j, 2e-3);
    EXPECT_NEAR(at.gradient[j], expected, 1e-7 * std::max(1.0, std::abs(expected))) << j;
  }
}

TEST(m_step, hessian_agrees_with_differences_of_the_gradient) {
  const component_case c;
  const detail::objective at = c.at(c.lambda);
  for (std::size_t j = 0; j < s; ++j) {
    for (std::size_t l = 0; l < s; ++l) {
      const double expected = slope([&](const auto& x) { return c.at(x).gradient[l]; }, c.lambda, j, 1e-3);
      const double found = (j == l ? at.curvature[j] : 0) + at.rank_one * std::exp(c.lambda[j] + c.lambda[l]);
      EXPECT_NEAR(found, expected, 1e-7 * std::max(1.0, std::abs(expected))) << j << l;
    }
  }
}

TEST(m_step, newton_and_bfgs_end_in_one_minimum) {
  const component_case c;
  std::vector<double> newton(c.lambda);
  std::vector<double> bfgs(c.lambda);
  std::vector<double> alpha(s);
  detail::component_terms terms(c.p, c.weights.data(), 1, 0);
  m_step_options o;
  const auto a = detail::minimise(c.p, terms, {0.1, 0.1}, o, {}, newton, alpha);
  o.solver = m_step_solver::bfgs;
  o.max_iter = 2000;
  const auto b = detail::minimise(c.p, terms, {0.1, 0.1}, o, {}, bfgs, alpha);
  EXPECT_LT(a.gradient, 1e-6);
  EXPECT_LT(b.gradient, 1e-6);
  EXPECT_LT(a.steps, 30U);
  for (std::size_t j = 0; j < s; ++j) EXPECT_NEAR(newton[j], bfgs[j], 1e-5) << j;
}

TEST(m_step, a_component_without_weight_ends_at_the_prior_mode) {
  component_case c;
  std::fill(c.weights.begin(), c.weights.end(), 0.0);
  std::vector<double> alpha(s);
  detail::component_terms terms(c.p, c.weights.data(), 1, 0);
  const auto out = detail::minimise(c.p, terms, {0.1, 0.1}, {}, {}, c.lambda, alpha);
  EXPECT_LT(out.gradient, 1e-6);
  for (const double a : alpha) EXPECT_NEAR(a, 1, 1e-5);
}

// Gauss elimination with pivots: the dense way to determinant and inverse.
struct dense {
  double log_det = 0;
  std::vector<double> inverse_diagonal;
};
dense by_elimination(std::vector<std::vector<double>> m) {
  const std::size_t k = m.size();
  for (std::size_t i = 0; i < k; ++i) {
    m[i].resize(2 * k);
    m[i][k + i] = 1;
  }
  dense out;
  for (std::size_t i = 0; i < k; ++i) {
    std::size_t pivot = i;
    for (std::size_t r = i; r < k; ++r) pivot = std::abs(m[r][i]) > std::abs(m[pivot][i]) ? r : pivot;
    std::swap(m[i], m[pivot]);
    out.log_det += std::log(std::abs(m[i][i]));
    const double by = m[i][i];
    for (double& x : m[i]) x /= by;
    for (std::size_t r = 0; r < k; ++r) {
      if (r == i) continue;
      const double f = m[r][i];
      for (std::size_t c = 0; c < 2 * k; ++c) m[r][c] -= f * m[i][c];
    }
  }
  for (std::size_t i = 0; i < k; ++i) out.inverse_diagonal.push_back(m[i][k + i]);
  return out;
}

TEST(hessian, determinant_and_intervals_by_the_lemma_agree_with_elimination) {
  const count_table t = tests::own_table(80, 9, 2, 11);
  fit_options o;
  o.components = 2;
  const mixture_fit f = fit(t, o);
  const detail::plan cuts(*t.data());
  const detail::problem p{*t.data(), cuts, {}, nullptr};
  std::vector<double> weights;
  p.bucket_sums(f.group.data(), 2, weights);
  double log_det = 0;
  for (std::size_t c = 0; c < 2; ++c) {
    detail::component_terms terms(p, weights.data(), 2, c);
    std::vector<double> lambda;
    const auto alpha = f.alpha_of(static_cast<int>(c));
    for (const double a : alpha) lambda.push_back(std::log(a));
    std::vector<detail::taxon_sums> sums;
    detail::objective at;
    detail::evaluate_objective(p, terms, {o.eta, o.nu}, lambda, alpha, sums, at);
    std::vector<std::vector<double>> h(9, std::vector<double>(9));
    for (std::size_t i = 0; i < 9; ++i) {
      for (std::size_t j = 0; j < 9; ++j)
        h[i][j] = (i == j ? at.curvature[i] : 0) + at.rank_one * alpha[i] * alpha[j];
    }
    const dense plain = by_elimination(h);
    log_det += plain.log_det;
    for (std::size_t j = 0; j < 9; ++j) {
      const double sd = std::sqrt(plain.inverse_diagonal[j]);
      EXPECT_NEAR(f.lower[c * 9 + j] / (alpha[j] * std::exp(-2 * sd)), 1, 1e-9);
      EXPECT_NEAR(f.upper[c * 9 + j] / (alpha[j] * std::exp(2 * sd)), 1, 1e-9);
    }
  }
  const double ln_n = std::log(80.0);
  double symmetric = log_det + 3 * ln_n;
  for (const double w : f.weights) symmetric -= std::log(80 * w);
  EXPECT_NEAR(f.log_det_symmetric / symmetric, 1, 1e-10);
  EXPECT_NEAR(f.log_det, log_det + 2 * ln_n - std::log(80 * f.weights[1]), 1e-7);
  const double parameters = 2 * 9 + 1;
  EXPECT_NEAR(f.laplace, f.nle + f.log_det / 2 - parameters / 2 * std::log(2 * std::numbers::pi), 1e-9);
  EXPECT_NEAR(f.bic, f.nle + parameters / 2 * ln_n, 1e-9);
  EXPECT_NEAR(f.aic, f.nle + parameters, 1e-9);
}

}  // namespace
}  // namespace twill::dmm
