// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm/count_table.hpp"
#include "twill/dmm/fit_options.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twill::dmm {

/// How a fit went.
struct diagnostics {
  int kmeans_rounds = 0;   ///< of the start
  int em_iterations = 0;   ///< until the change was small or the limit was reached
  bool converged = false;  ///< the change was small
  bool cancelled = false;  ///< a stop or the progress callback ended it; what is there is the last whole
                           ///< round, and before the first E-step figures are infinite
  int reseeded = 0;        ///< components that lost all samples at the start and got a new one
  int singular = 0;        ///< components whose Hessian has no usable determinant
  int start = 0;           ///< which start won
  std::uint64_t newton_steps = 0;   ///< over all components and iterations
  std::uint64_t evaluations = 0;    ///< of objective, gradient and Hessian
  std::vector<double> nle_trace{};  ///< negative log posterior after each iteration
  std::vector<double> gradient{};   ///< Euclidean norm at the end, one a component
  double kmeans_seconds = 0;        ///< wall-clock time of the start
  double e_step_seconds = 0;        ///< of all E-steps with their likelihoods
  double m_step_seconds = 0;        ///< of all M-steps
  double hessian_seconds = 0;       ///< of errors and intervals
};

/// A fitted mixture. Matrices of parameters are component by component, `group` sample by sample.
struct mixture_fit {
  int components = 0;             ///< K
  std::size_t samples = 0;        ///< N
  std::size_t taxa = 0;           ///< S
  double eta = 0.1;               ///< prior that was used
  double nu = 0.1;                ///< prior that was used
  std::vector<double> weights{};  ///< K, sum 1
  std::vector<double> alpha{};    ///< K x S
  std::vector<double> lower{};    ///< K x S; NaN where there is no interval
  std::vector<double> upper{};    ///< K x S; NaN where there is no interval
  std::vector<double> group{};    ///< N x K posterior probabilities
  double nle = 0;                 ///< negative log posterior
  double log_likelihood = 0;      ///< with the multinomial coefficients
  double log_det = 0;             ///< of the Hessian and the weights
  double log_det_symmetric = 0;   ///< the same with the determinant of all weights
  double laplace = 0;             ///< nle + log_det / 2 - P / 2 ln(2 pi)
  double laplace_symmetric = 0;   ///< the same of log_det_symmetric
  double bic = 0;                 ///< nle + P / 2 ln N
  double aic = 0;                 ///< nle + P
  diagnostics diag{};             ///< how it went

  /// Free parameters: K S + K - 1.
  [[nodiscard]] std::size_t parameters() const noexcept {
    const auto k = static_cast<std::size_t>(components);
    return k * taxa + k - 1;
  }
  /// The sum of a component's alpha: large where its samples are alike.
  [[nodiscard]] double theta(int component) const noexcept;
  /// The alphas of a component.
  [[nodiscard]] std::span<const double> alpha_of(int component) const noexcept {
    return std::span(alpha).subspan(static_cast<std::size_t>(component) * taxa, taxa);
  }
  /// The value of a criterion.
  [[nodiscard]] double value(criterion c) const noexcept;
};

/// Fits a Dirichlet-multinomial mixture (Holmes, Harris, Quince, PLoS ONE 7(2): e30126, 2012).
/// Throws: error (too_many_components, bad_option, numerical).
[[nodiscard]] mixture_fit fit(const count_table& counts, const fit_options& options);

/// ln p(sample | component) with the multinomial coefficient, N x K, into `out`.
/// Throws: error (mismatched_taxa, invalid_shape).
void log_evidence(const mixture_fit& model, const count_table& counts, std::span<double> out,
                  int threads = 0);
/// Posterior probability of each component for each sample, N x K; a sample without counts gets the weights.
/// Throws: as log_evidence.
void posterior(const mixture_fit& model, const count_table& counts, std::span<double> out, int threads = 0);
/// ln p(sample), one a sample: what a held-out score is the mean of. Throws: as log_evidence.
void log_likelihood(const mixture_fit& model, const count_table& counts, std::span<double> out,
                    int threads = 0);
/// The negative log posterior of the given parameters: what `fit` minimises. Throws: as log_evidence.
[[nodiscard]] double negative_log_posterior(const mixture_fit& model, const count_table& counts,
                                            int threads = 0);

/// Samples drawn from a model.
struct simulated {
  std::vector<std::int64_t> counts{};  ///< n x S, sample by sample
  std::vector<int> component{};        ///< of each sample
};

/// Draws depth.size() samples of these totals. Sample i is a function of seed and i alone.
/// Throws: error (bad_option) for a depth below 1.
[[nodiscard]] simulated simulate(const mixture_fit& model, std::span<const std::int64_t> depth,
                                 std::uint64_t seed, int threads = 0);

}  // namespace twill::dmm
