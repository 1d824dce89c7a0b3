// SPDX-License-Identifier: Apache-2.0
#include "fit/em.hpp"

#include "fit/hessian.hpp"
#include "fit/kmeans.hpp"
#include "fit/m_step.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/special.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

namespace twill::dmm::detail {
namespace {

class stopwatch {
 public:
  explicit stopwatch(double& to) noexcept : to_(to) {}
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;
  ~stopwatch() { to_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  double& to_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The state of one run of EM.
class run {
 public:
  run(const problem& p, const fit_options& options, int start)
      : p_(p), o_(options), k_(static_cast<std::size_t>(options.components)), s_(p.data.s) {
    fit_.components = options.components;
    fit_.samples = p.all_rows();
    fit_.taxa = s_;
    fit_.eta = options.eta;
    fit_.nu = options.nu;
    fit_.diag.start = start;
    // Alone, loops end between chunks; ranks have to agree on a stop, which they do between rounds.
    if (p.link == nullptr || p.link->size() == 1) p_.team.stop = {.stop = &o_.stop};
    prior_constant_ =
        static_cast<double>(k_ * s_) * (options.eta * std::log(options.nu) - gamma_at(options.eta).log_gamma);
  }

  mixture_fit all() {
    try {
      begin();
      maximise();
      evaluate();  // the first E-step
      keep();
      iterate();
    } catch (const interrupted&) {
      fit_.diag.cancelled = true;
      if (kept_.alpha.empty()) return nothing();
      go_back();
    }
    p_.team.stop = {};  // what is there gets its errors and intervals, also after a stop
    finish();
    return std::move(fit_);
  }

 private:
  // What a round leaves behind, for when the next one is cut short.
  struct whole_round {
    std::vector<double> lambda, alpha, weight, bucket_weight;
  };
  void keep() {
    kept_.lambda = lambda_;
    kept_.alpha = alpha_;
    kept_.weight = weight_;
    step_ = progress_of_round::none;
  }
  void go_back() {
    lambda_ = std::move(kept_.lambda);
    alpha_ = std::move(kept_.alpha);
    weight_ = std::move(kept_.weight);
    if (step_ == progress_of_round::none) return;
    bucket_weight_.swap(kept_.bucket_weight);
    if (step_ == progress_of_round::posterior) {
      next_ = z_;  // the posterior of what is kept; the one before is written over
    } else {
      z_.swap(next_);
    }
  }
  // Of a fit that was stopped before its first E-step: nobody prefers it to another.
  mixture_fit nothing() {
    constexpr double worst = std::numeric_limits<double>::infinity();
    for (double* x : {&fit_.nle, &fit_.log_det, &fit_.log_det_symmetric, &fit_.laplace,
                      &fit_.laplace_symmetric, &fit_.bic, &fit_.aic})
      *x = worst;
    fit_.log_likelihood = -worst;
    const double share = 1 / static_cast<double>(k_);
    fit_.weights.assign(k_, share);
    fit_.group.assign(p_.rows() * k_, share);
    for (auto* x : {&fit_.alpha, &fit_.lower, &fit_.upper}) x->assign(k_ * s_, o_.eta / o_.nu);
    fit_.diag.gradient.assign(k_, worst);
    return std::move(fit_);
  }

  // Whether any rank wants to stop.
  bool halted(bool here) {
    double flag = here || o_.stop.stop_requested() ? 1 : 0;
    if (p_.link != nullptr && p_.link->size() > 1) {
      std::vector<double> all(static_cast<std::size_t>(p_.link->size()));
      const std::vector<std::size_t> ones(all.size(), 1);
      p_.link->allgatherv(std::span<const double>(&flag, 1), all, ones);
      flag = *std::max_element(all.begin(), all.end());
    }
    if (flag > 0) fit_.diag.cancelled = true;
    return flag > 0;
  }
  bool told(fit_phase phase, int iteration, double nle, double change) {
    return !o_.progress || o_.progress({phase, o_.components, fit_.diag.start, iteration, nle, change});
  }

  void begin() {
    if (fit_.diag.start == 0 && !o_.from.alpha.empty()) return begin_with(o_.from);
    const stopwatch timed(fit_.diag.kmeans_seconds);
    kmeans_options rounds = o_.kmeans;
    if (o_.init == start_method::random) rounds.max_iter = 0;
    kmeans_result start = soft_kmeans(
        p_, o_.components, o_.seed + static_cast<std::uint32_t>(fit_.diag.start), rounds,
        [&](int round, double change) { return !halted(!told(fit_phase::start, round, 0, change)); });
    z_ = std::move(start.z);
    lambda_ = std::move(start.lambda);
    weight_ = std::move(start.weight);
    alpha_.resize(lambda_.size());
    active_kernels().exps(lambda_.size(), lambda_.data(), alpha_.data());
    fit_.diag.kmeans_rounds = start.rounds;
    fit_.diag.reseeded = start.reseeded;
  }

  void begin_with(const start_parameters& from) {
    if (from.alpha.size() != k_ * s_) {
      throw error(errc::bad_option, {.what = "the alphas to start from are not as many as those of the model",
                                     .where = location{.file = "from.alpha"},
                                     .found = fmt::format("{}", from.alpha.size()),
                                     .expected = fmt::format("{} x {}", k_, s_)});
    }
    const auto n = static_cast<double>(p_.all_rows());
    const double total = std::accumulate(from.weights.begin(), from.weights.end(), 0.0);
    for (std::size_t c = 0; c < k_; ++c)
      weight_.push_back(from.weights.empty() ? n / static_cast<double>(k_) : n * (from.weights[c] / total));
    alpha_ = from.alpha;
    lambda_.resize(alpha_.size());
    active_kernels().logs(alpha_.size(), alpha_.data(), lambda_.data());
    evaluate();
    z_.swap(next_);
    weight_ = p_.row_sums(z_.data(), k_);
  }

  void maximise() {
    const stopwatch timed(fit_.diag.m_step_seconds);
    p_.bucket_sums(z_.data(), k_, bucket_weight_);
    std::vector<m_step_outcome> outcome(k_);
    const double cost = 10.0 * static_cast<double>(bucket_weight_.size());
    p_.team.each(k_, cost, [&](std::size_t c) {
      if (o_.stop.stop_requested()) return;
      component_terms terms(p_, bucket_weight_.data(), k_, c);
      outcome[c] = minimise(p_, terms, {o_.eta, o_.nu}, o_.m_step, o_.stop,
                            std::span(lambda_).subspan(c * s_, s_), std::span(alpha_).subspan(c * s_, s_));
    });
    for (const m_step_outcome& one : outcome) {
      fit_.diag.newton_steps += one.steps;
      fit_.diag.evaluations += one.evaluations;
    }
  }

  // The posterior of the current parameters into next_, their likelihood and NLE into fit_.
  void evaluate() {
    const stopwatch timed(fit_.diag.e_step_seconds);
    const auto n = static_cast<double>(p_.all_rows());
    std::vector<double> log_weights(k_);
    for (std::size_t c = 0; c < k_; ++c) log_weights[c] = std::log(weight_[c] / n);
    difference_table(p_, alpha_, k_, table_);
    if (step_ != progress_of_round::none) step_ = progress_of_round::posterior;
    evidence_pass(p_, table_, log_weights, next_, norm_);
    for (std::size_t i = 0; i < p_.rows(); ++i) norm_[i] += p_.data.coefficient[i];
    fit_.log_likelihood = p_.row_sums(norm_.data(), 1).front();
    double lambdas = 0;
    double alphas = 0;
    for (std::size_t i = 0; i < lambda_.size(); ++i) {
      lambdas += lambda_[i];
      alphas += alpha_[i];
    }
    fit_.nle = -fit_.log_likelihood - (prior_constant_ + o_.eta * lambdas - o_.nu * alphas);
  }

  void iterate() {
    double before = 0;
    if (halted(false)) return;
    while (fit_.diag.em_iterations < o_.em.max_iter) {
      z_.swap(next_);
      bucket_weight_.swap(kept_.bucket_weight);
      step_ = progress_of_round::parameters;
      weight_ = p_.row_sums(z_.data(), k_);  // of the E-step, for the weights after the M-step
      maximise();
      evaluate();
      keep();
      const double change = std::abs(fit_.nle - before);
      before = fit_.nle;
      fit_.diag.nle_trace.push_back(fit_.nle);
      ++fit_.diag.em_iterations;
      const bool small = change <= o_.em.tol * (o_.em.relative ? std::abs(fit_.nle) : 1.0);
      const bool refused =
          !small && !told(fit_phase::expectation_maximization, fit_.diag.em_iterations, fit_.nle, change);
      // First of all: an M-step that was cut short changes little and would pass for convergence.
      if (halted(refused)) break;
      if (small) {
        fit_.diag.converged = true;
        break;
      }
    }
  }

  void finish() {
    const stopwatch timed(fit_.diag.hessian_seconds);
    if (!std::isfinite(fit_.nle)) {
      throw error(errc::numerical, {.what = "a fit ended with figures that are not finite",
                                    .found = fmt::format("a negative log posterior of {}", fit_.nle)});
    }
    std::vector<objective> objectives(k_);
    p_.team.each(k_, 10.0 * static_cast<double>(bucket_weight_.size()), [&](std::size_t c) {
      component_terms terms(p_, bucket_weight_.data(), k_, c);
      std::vector<taxon_sums> sums;
      evaluate_objective(p_, terms, {o_.eta, o_.nu}, std::span<const double>(lambda_).subspan(c * s_, s_),
                         std::span<const double>(alpha_).subspan(c * s_, s_), sums, objectives[c]);
    });
    for (const objective& one : objectives) fit_.diag.gradient.push_back(one.norm);
    const auto n = static_cast<double>(p_.all_rows());
    for (const double w : weight_) fit_.weights.push_back(w / n);
    fit_.alpha = std::move(alpha_);
    set_errors(p_, o_, z_, weight_, objectives, fit_);
    fit_.group = o_.final_e_step ? std::move(next_) : std::move(z_);
    if (o_.sort) sort_components(fit_);
    told(fit_phase::hessian, fit_.diag.em_iterations, fit_.nle, 0);
  }

  // How far the round under way is: nothing touched, parameters, or the posterior that replaces the last but
  // one.
  enum class progress_of_round : std::uint8_t { none, parameters, posterior };

  problem p_;
  const fit_options& o_;
  std::size_t k_;
  std::size_t s_;
  double prior_constant_ = 0;
  mixture_fit fit_;
  std::vector<double> z_, next_, norm_, table_, bucket_weight_, lambda_, alpha_, weight_;
  whole_round kept_;
  progress_of_round step_ = progress_of_round::none;
};

[[noreturn]] void bad(const char* name, std::string found, std::string expected) {
  throw error(errc::bad_option, {.what = "an option is outside its range",
                                 .where = location{.file = name},
                                 .found = std::move(found),
                                 .expected = std::move(expected)});
}

void check_positive(const char* name, double value, bool zero_too) {
  if (std::isfinite(value) && (value > 0 || (zero_too && value == 0))) return;
  bad(name, fmt::format("{}", value), zero_too ? "a number from 0" : "a number above 0");
}

}  // namespace

void check_options(const fit_options& o, std::size_t samples) {
  if (o.components < 1) bad("components", fmt::format("{}", o.components), "1 or more");
  if (static_cast<std::size_t>(o.components) > samples) {
    throw error(errc::too_many_components, {.what = "there are more components than samples",
                                            .where = location{.file = "components"},
                                            .found = fmt::format("{}", o.components),
                                            .expected = fmt::format("at most {}", samples)});
  }
  if (o.starts < 1) bad("starts", fmt::format("{}", o.starts), "1 or more");
  if (o.threads < 0) bad("threads", fmt::format("{}", o.threads), "0 (as the settings say) or more");
  check_positive("eta", o.eta, false);
  check_positive("nu", o.nu, false);
  check_positive("kmeans.beta", o.kmeans.beta, false);
  check_positive("kmeans.tol", o.kmeans.tol, true);
  check_positive("em.tol", o.em.tol, true);
  check_positive("m_step.grad_tol", o.m_step.grad_tol, true);
  for (const double a : o.from.alpha) check_positive("from.alpha", a, false);
  for (const double w : o.from.weights) check_positive("from.weights", w, false);
  if (!o.from.weights.empty() && o.from.weights.size() != static_cast<std::size_t>(o.components))
    bad("from.weights", fmt::format("{} weights", o.from.weights.size()), fmt::format("{}", o.components));
  if (o.kmeans.max_iter < 1) bad("kmeans.max_iter", fmt::format("{}", o.kmeans.max_iter), "1 or more");
  if (o.em.max_iter < 1) bad("em.max_iter", fmt::format("{}", o.em.max_iter), "1 or more");
  if (o.m_step.max_iter < 1) bad("m_step.max_iter", fmt::format("{}", o.m_step.max_iter), "1 or more");
}

bool better(const mixture_fit& a, const mixture_fit& b) noexcept {
  return a.nle < b.nle || (a.nle == b.nle && a.diag.start < b.diag.start);
}

void sort_components(mixture_fit& fit) {
  const auto k = static_cast<std::size_t>(fit.components);
  std::vector<std::size_t> order(k);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return fit.weights[a] != fit.weights[b] ? fit.weights[a] > fit.weights[b] : a < b;
  });
  const auto blocks = [&](std::vector<double>& v, std::size_t width) {
    std::vector<double> out(v.size());
    for (std::size_t c = 0; c < k; ++c)
      std::copy_n(v.begin() + static_cast<std::ptrdiff_t>(order[c] * width), width,
                  out.begin() + static_cast<std::ptrdiff_t>(c * width));
    v = std::move(out);
  };
  blocks(fit.weights, 1);
  blocks(fit.diag.gradient, 1);
  blocks(fit.alpha, fit.taxa);
  blocks(fit.lower, fit.taxa);
  blocks(fit.upper, fit.taxa);
  std::vector<double> row(k);
  for (std::size_t i = 0; i < fit.group.size(); i += k) {
    for (std::size_t c = 0; c < k; ++c) row[c] = fit.group[i + order[c]];
    std::copy(row.begin(), row.end(), fit.group.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

mixture_fit run_start(const problem& p, const fit_options& options, int start) {
  return run(p, options, start).all();
}

mixture_fit run_starts(const problem& p, const fit_options& options) {
  mixture_fit best;
  if (options.starts == 1 || p.team.serial || p.link != nullptr) {
    for (int s = 0; s < options.starts; ++s) {
      mixture_fit one = run_start(p, options, s);
      const bool stopped = one.diag.cancelled;
      if (s == 0 || (!stopped && better(one, best))) best = std::move(one);
      if (stopped) {
        best.diag.cancelled = true;
        break;
      }
    }
    return best;
  }
  std::vector<mixture_fit> all(static_cast<std::size_t>(options.starts));
  p.team.each(all.size(), 1e9, [&](std::size_t s) { all[s] = run_start(p, options, static_cast<int>(s)); });
  bool stopped = false;
  for (const mixture_fit& one : all) stopped = stopped || one.diag.cancelled;
  std::size_t at = 0;
  for (std::size_t s = 1; s < all.size(); ++s) {
    if (better(all[s], all[at])) at = s;
  }
  best = std::move(all[at]);
  best.diag.cancelled = stopped;
  return best;
}

}  // namespace twill::dmm::detail
