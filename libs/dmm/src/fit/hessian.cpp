// SPDX-License-Identifier: Apache-2.0
#include "fit/hessian.hpp"

#include "twill/dmm/special.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

namespace twill::dmm::detail {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct component_errors {
  double log_det = 0;
  bool singular = false;
};

// H = diag(d) + c a a^T: determinant and diagonal of the inverse by the lemma, in O(S).
component_errors errors_of(std::span<const double> d, double c, std::span<const double> a, double* lower,
                           double* upper) {
  component_errors out;
  double norm = 0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    norm += a[j] * a[j] / d[j];
    out.log_det += std::log(std::abs(d[j]));
  }
  const double rest = 1 + c * norm;
  out.log_det += std::log(std::abs(rest));
  out.singular = !std::isfinite(out.log_det);
  for (std::size_t j = 0; j < a.size(); ++j) {
    const double ratio = a[j] / d[j];
    const double variance = 1 / d[j] - c * ratio * ratio / rest;
    const double s = std::sqrt(variance);
    const bool usable = variance >= 0 && s < 100;
    lower[j] = usable ? a[j] * std::exp(-2 * s) : nan;
    upper[j] = usable ? a[j] * std::exp(2 * s) : nan;
  }
  return out;
}

// The diagonal that the peers use: the data terms of every sample with a positive responsibility count once.
void peer_diagonal(const problem& p, const prior& pr, const std::vector<double>& ones, std::size_t k,
                   std::size_t component, double weight, double total_slope, std::span<const double> alpha,
                   std::vector<double>& d) {
  component_terms terms(p, ones.data(), k, component);
  std::vector<taxon_sums> sums;
  static_cast<void>(terms.evaluate(p, alpha, sums));
  const double left_out = static_cast<double>(p.all_rows()) - weight;
  for (std::size_t j = 0; j < alpha.size(); ++j) {
    const double a = alpha[j];
    const gamma_values at = gamma_at(a);
    d[j] = a * ((total_slope + pr.nu) - (sums[j].g + left_out * at.digamma)) -
           a * a * (left_out * at.trigamma - sums[j].r);
  }
}

}  // namespace

void set_errors(const problem& p, const fit_options& options, const std::vector<double>& z,
                std::span<const double> weight, std::span<const objective> objectives, mixture_fit& fit) {
  const auto k = static_cast<std::size_t>(fit.components);
  const std::size_t s = p.data.s;
  const prior pr{options.eta, options.nu};
  std::vector<double> ones;
  if (options.hessian == hessian_mode::peer) {
    std::vector<double> present(z.size());
    for (std::size_t i = 0; i < z.size(); ++i) present[i] = z[i] > 0 ? 1 : 0;
    p.bucket_sums(present.data(), k, ones);
  }
  fit.lower.resize(k * s);
  fit.upper.resize(k * s);
  std::vector<component_errors> errors(k);
  p.team.each(k, 30.0 * static_cast<double>(k * s), [&](std::size_t c) {
    std::vector<double> d = objectives[c].curvature;
    const std::span<const double> alpha = fit.alpha_of(static_cast<int>(c));
    if (options.hessian == hessian_mode::peer) {
      peer_diagonal(p, pr, ones, k, c, weight[c], objectives[c].total_slope, alpha, d);
    }
    errors[c] =
        errors_of(d, objectives[c].rank_one, alpha, fit.lower.data() + c * s, fit.upper.data() + c * s);
  });
  const double ln_n = std::log(static_cast<double>(p.all_rows()));
  constexpr double least = 1e-300;  // of a component that lost all its samples
  // The component that will be number 0: its weight is the one that Holmes, Harris and Quince leave out.
  const std::size_t first =
      options.sort ? static_cast<std::size_t>(std::max_element(weight.begin(), weight.end()) - weight.begin())
                   : 0;
  for (std::size_t c = 0; c < k; ++c) {
    fit.log_det += errors[c].log_det;
    fit.log_det_symmetric += errors[c].log_det - std::log(std::max(weight[c], least));
    if (c != first) fit.log_det += 2 * ln_n - std::log(std::max(weight[c], least));
    fit.diag.singular += errors[c].singular ? 1 : 0;
  }
  fit.log_det_symmetric += static_cast<double>(2 * k - 1) * ln_n;
  const auto parameters = static_cast<double>(fit.parameters());
  const double constant = parameters / 2 * std::log(2 * std::numbers::pi);
  fit.laplace = fit.nle + fit.log_det / 2 - constant;
  fit.laplace_symmetric = fit.nle + fit.log_det_symmetric / 2 - constant;
  fit.bic = fit.nle + parameters / 2 * ln_n;
  fit.aic = fit.nle + parameters;
}

}  // namespace twill::dmm::detail
