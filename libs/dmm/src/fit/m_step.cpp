// SPDX-License-Identifier: Apache-2.0
#include "fit/m_step.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <utility>

namespace twill::dmm::detail {
namespace {

double dot(std::span<const double> a, std::span<const double> b) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// The Newton direction by Sherman and Morrison, with floors that keep it a direction of descent where the
// Hessian is not positive definite (Minka 2000 for the form; the floors are ours).
void newton_direction(const objective& at, std::span<const double> alpha, double eta,
                      std::span<double> step) {
  const std::size_t s = alpha.size();
  std::vector<double> diagonal(s);
  double norm = 0;
  double along = 0;
  for (std::size_t j = 0; j < s; ++j) {
    const double d = at.curvature[j];
    diagonal[j] = d > eta / 2 ? d : std::max(eta / 2, std::abs(d));
    norm += alpha[j] * alpha[j] / diagonal[j];
    along += alpha[j] * at.gradient[j] / diagonal[j];
  }
  constexpr double least = 0.05;
  const double c = norm > 0 ? std::max(at.rank_one, (least - 1) / norm) : 0;
  const double share = c * along / (1 + c * norm);
  for (std::size_t j = 0; j < s; ++j) step[j] = -(at.gradient[j] - share * alpha[j]) / diagonal[j];
}

// Limited-memory BFGS (Nocedal 1980) with ten pairs.
class bfgs_memory {
 public:
  void direction(std::span<const double> gradient, std::span<double> step) const {
    std::vector<double> q(gradient.begin(), gradient.end());
    std::vector<double> a(pairs_.size());
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      a[i] = dot(pairs_[i].s, q) / pairs_[i].sy;
      for (std::size_t j = 0; j < q.size(); ++j) q[j] -= a[i] * pairs_[i].y[j];
    }
    if (!pairs_.empty()) {
      const double scale = pairs_.back().sy / dot(pairs_.back().y, pairs_.back().y);
      for (double& x : q) x *= scale;
    } else {
      const double length = std::sqrt(dot(q, q));
      for (double& x : q) x /= std::max(1.0, length);
    }
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const double b = dot(pairs_[i].y, q) / pairs_[i].sy;
      for (std::size_t j = 0; j < q.size(); ++j) q[j] += (a[i] - b) * pairs_[i].s[j];
    }
    for (std::size_t j = 0; j < q.size(); ++j) step[j] = -q[j];
  }
  void learn(std::vector<double> s, std::vector<double> y) {
    const double sy = dot(s, y);
    if (!(sy > 0)) return;
    pairs_.push_back({std::move(s), std::move(y), sy});
    if (pairs_.size() > 10) pairs_.pop_front();
  }
  void forget() { pairs_.clear(); }
  [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }

 private:
  struct pair {
    std::vector<double> s;
    std::vector<double> y;
    double sy;
  };
  std::deque<pair> pairs_;
};

void set_alpha(std::span<const double> lambda, std::span<double> alpha) {
  active_kernels().exps(lambda.size(), lambda.data(), alpha.data());
}

}  // namespace

void evaluate_objective(const problem& p, component_terms& terms, const prior& pr,
                        std::span<const double> lambda, std::span<const double> alpha,
                        std::vector<taxon_sums>& sums, objective& out) {
  const std::size_t s = alpha.size();
  const double theta = terms.evaluate(p, alpha, sums);
  const taxon_sums& total = sums[s];
  const double b = total.g;
  out.rank_one = -total.r;
  out.total_slope = b;
  out.gradient.resize(s);
  out.curvature.resize(s);
  double data = 0;
  double lambdas = 0;
  double squares = 0;
  for (std::size_t j = 0; j < s; ++j) {
    const double a = alpha[j];
    const double slope = a * ((b + pr.nu) - sums[j].g);
    out.gradient[j] = slope - pr.eta;
    out.curvature[j] = slope + a * a * sums[j].r;
    squares += out.gradient[j] * out.gradient[j];
    data += sums[j].f;
    lambdas += lambda[j];
  }
  out.norm = std::sqrt(squares);
  out.value = (total.f - data) + (pr.nu * theta - pr.eta * lambdas);
}

m_step_outcome minimise(const problem& p, component_terms& terms, const prior& pr,
                        const m_step_options& options, const std::stop_token& stop, std::span<double> lambda,
                        std::span<double> alpha) {
  const std::size_t s = lambda.size();
  m_step_outcome outcome;
  std::vector<taxon_sums> sums;
  objective at;
  objective next;
  std::vector<double> step(s);
  std::vector<double> trial(s);
  std::vector<double> trial_alpha(s);
  bfgs_memory memory;
  set_alpha(lambda, alpha);
  evaluate_objective(p, terms, pr, lambda, alpha, sums, at);
  ++outcome.evaluations;
  while (at.norm >= options.grad_tol && outcome.steps < static_cast<std::uint64_t>(options.max_iter) &&
         !stop.stop_requested()) {
    if (options.solver == m_step_solver::newton) {
      newton_direction(at, alpha, pr.eta, step);
    } else {
      memory.direction(at.gradient, step);
    }
    double largest = 0;
    for (const double x : step) largest = std::max(largest, std::abs(x));
    constexpr double longest = 3;  // in ln alpha
    if (largest > longest) {
      for (double& x : step) x *= longest / largest;
    }
    const double slope = dot(at.gradient, step);
    bool moved = false;
    for (double t = 1; t > 1e-9 && !stop.stop_requested(); t /= 2) {
      for (std::size_t j = 0; j < s; ++j) trial[j] = std::clamp(lambda[j] + t * step[j], -600.0, 600.0);
      set_alpha(trial, trial_alpha);
      evaluate_objective(p, terms, pr, trial, trial_alpha, sums, next);
      ++outcome.evaluations;
      // Near the end the decrease drowns in the rounding of the value; the gradient still tells.
      const bool drowned = std::abs(slope) < 1e-11 * std::abs(at.value) && next.norm < at.norm;
      if (next.value <= at.value + 1e-4 * t * slope || drowned) {
        moved = true;
        break;
      }
    }
    if (!moved) {
      if (memory.empty()) break;
      memory.forget();
      continue;
    }
    ++outcome.steps;
    if (options.solver == m_step_solver::bfgs) {
      std::vector<double> ds(s);
      std::vector<double> dy(s);
      for (std::size_t j = 0; j < s; ++j) {
        ds[j] = trial[j] - lambda[j];
        dy[j] = next.gradient[j] - at.gradient[j];
      }
      memory.learn(std::move(ds), std::move(dy));
    }
    std::copy(trial.begin(), trial.end(), lambda.begin());
    std::copy(trial_alpha.begin(), trial_alpha.end(), alpha.begin());
    std::swap(at, next);
  }
  outcome.gradient = at.norm;
  return outcome;
}

}  // namespace twill::dmm::detail
