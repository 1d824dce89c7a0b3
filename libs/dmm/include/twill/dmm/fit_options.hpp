// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

namespace twill::dmm {

/// How a component's parameters are found in an M-step.
enum class m_step_solver : std::uint8_t {
  newton,  ///< with the exact Hessian, diagonal plus rank one
  bfgs     ///< gradients only: slower, for checking the other
};

/// Which Hessian stands behind log-determinant, Laplace and intervals.
enum class hessian_mode : std::uint8_t {
  exact,  ///< data terms weighted by responsibility
  peer    ///< data terms unweighted, as pyDMM and R's DirichletMultinomial have them since 2012
};

/// What a model is chosen by; lower is better.
enum class criterion : std::uint8_t {
  laplace,  ///< as Holmes, Harris and Quince (2012) define it: the weight of component 0 left out: with
            ///< `sort`, the largest one
  laplace_symmetric,  ///< with the determinant of all weights: does not depend on the order of components
  bic,                ///< half of the usual scale
  aic                 ///< half of the usual scale
};

/// "laplace", "laplace_symmetric", "bic", "aic".
[[nodiscard]] std::string_view name_of(criterion c) noexcept;

/// Where a fit is.
enum class fit_phase : std::uint8_t { start, expectation_maximization, hessian };

/// What a fit tells while it runs.
struct fit_progress {
  fit_phase phase = fit_phase::start;  ///< soft k-means, EM, or the errors at the end
  int components = 0;                  ///< K of the run
  int start = 0;                       ///< which of the starts
  int iteration = 0;                   ///< rounds of the phase so far
  double nle = 0;                      ///< negative log posterior; 0 during the start
  double change = 0;                   ///< what convergence is judged by
};

/// Called after each round of each run, from any thread, several at once in a sweep; false cancels.
using progress_callback = std::function<bool(const fit_progress&)>;

/// What the posterior of the first M-step comes from.
enum class start_method : std::uint8_t {
  soft_kmeans,  ///< soft k-means of the samples' proportions, begun with drawn components
  random        ///< the drawn components themselves
};

/// Parameters that a fit begins with.
struct start_parameters {
  std::vector<double> weights{};  ///< K, above 0; empty: equal ones
  std::vector<double> alpha{};    ///< K x S, above 0; empty: the fit begins by its start_method
};

/// The soft k-means start.
struct kmeans_options {
  double beta = 50;     ///< stiffness
  double tol = 1e-6;    ///< largest move of a centre at the end
  int max_iter = 1000;  ///< rounds
};

/// The EM iteration.
struct em_options {
  double tol = 1e-6;      ///< change of the negative log posterior at the end
  bool relative = false;  ///< the change is taken relative to its value
  int max_iter = 100;     ///< iterations
};

/// The optimisation within an M-step.
struct m_step_options {
  m_step_solver solver = m_step_solver::newton;  ///< how
  double grad_tol = 1e-6;                        ///< Euclidean norm of the gradient at the end
  int max_iter = 100;                            ///< steps
};

/// All that decides a fit. Equal options and equal tables give equal bits, whatever the threads or ranks.
struct fit_options {
  int components = 2;       ///< K
  std::uint32_t seed = 42;  ///< of start 0; start s has seed + s
  int starts = 1;           ///< the fit with the lowest negative log posterior wins, then the lowest start
  double eta = 0.1;         ///< shape of the Gamma prior on each alpha
  double nu = 0.1;          ///< rate of that prior
  start_method init = start_method::soft_kmeans;  ///< how each start begins
  start_parameters from{};  ///< with alphas in it, start 0 begins with the posterior under these instead
  kmeans_options kmeans{};  ///< the start
  em_options em{};          ///< the iteration
  m_step_options m_step{};  ///< its inner optimisation
  hessian_mode hessian = hessian_mode::exact;  ///< of log-determinant, Laplace and intervals
  bool sort = false;                           ///< components by falling weight, ties by start order
  bool final_e_step = false;     ///< `group` from the final parameters, not from the last E-step before them
  int threads = 0;               ///< 0: as the settings say
  std::stop_token stop{};        ///< ends the fit within its round, or ranks after it, with `cancelled` set
  progress_callback progress{};  ///< told after each round
};

}  // namespace twill::dmm
