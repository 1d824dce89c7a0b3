// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/fit.hpp"

#include "fit/em.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/special.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

namespace twill::dmm {
namespace {

void check_model(const mixture_fit& model, const count_table& counts) {
  if (model.taxa != counts.taxa()) {
    throw error(errc::mismatched_taxa, {.what = "the samples have another number of taxa than the model",
                                        .found = fmt::format("{} taxa", counts.taxa()),
                                        .expected = fmt::format("{} taxa", model.taxa)});
  }
}

void check_size(std::size_t found, std::size_t expected) {
  if (found != expected) {
    throw error(errc::invalid_shape, {.what = "the result does not fit into the given span",
                                      .found = fmt::format("{} numbers", found),
                                      .expected = fmt::format("{}", expected)});
  }
}

// Evidences without coefficients (normalise false), or posteriors with the logarithm of their norms.
template <class Use>
void with_evidence(const mixture_fit& model, const count_table& counts, int threads, bool weighted,
                   const Use& use) {
  const detail::dataset& d = *counts.data();
  const detail::plan cuts(d);
  detail::with_crew(threads, [&](const detail::crew& team) {
    const detail::problem p{d, cuts, team, nullptr};
    std::vector<double> table;
    std::vector<double> z;
    std::vector<double> norm;
    std::vector<double> log_weights(static_cast<std::size_t>(model.components), 0.0);
    if (weighted) {
      for (std::size_t c = 0; c < log_weights.size(); ++c) log_weights[c] = std::log(model.weights[c]);
    }
    detail::difference_table(p, model.alpha, log_weights.size(), table);
    detail::evidence_pass(p, table, log_weights, z, norm, weighted);
    use(p, z, norm);
  });
}

}  // namespace

double mixture_fit::theta(int component) const noexcept {
  double sum = 0;
  for (const double a : alpha_of(component)) sum += a;
  return sum;
}

double mixture_fit::value(criterion c) const noexcept {
  switch (c) {
    case criterion::laplace: return laplace;
    case criterion::laplace_symmetric: return laplace_symmetric;
    case criterion::bic: return bic;
    case criterion::aic: break;
  }
  return aic;
}

std::string_view name_of(criterion c) noexcept {
  switch (c) {
    case criterion::laplace: return "laplace";
    case criterion::laplace_symmetric: return "laplace_symmetric";
    case criterion::bic: return "bic";
    case criterion::aic: break;
  }
  return "aic";
}

mixture_fit fit(const count_table& counts, const fit_options& options) {
  detail::check_options(options, counts.samples());
  const detail::dataset& d = *counts.data();
  const detail::plan cuts(d);
  return detail::inside_crew(options.threads, [&](const detail::crew& team) {
    return detail::run_starts({d, cuts, team, nullptr}, options);
  });
}

void log_evidence(const mixture_fit& model, const count_table& counts, std::span<double> out, int threads) {
  check_model(model, counts);
  const auto k = static_cast<std::size_t>(model.components);
  check_size(out.size(), counts.samples() * k);
  with_evidence(model, counts, threads, false, [&](const detail::problem& p, const auto& z, const auto&) {
    for (std::size_t i = 0; i < p.rows(); ++i) {
      for (std::size_t c = 0; c < k; ++c) out[i * k + c] = z[i * k + c] + p.data.coefficient[i];
    }
  });
}

void posterior(const mixture_fit& model, const count_table& counts, std::span<double> out, int threads) {
  check_model(model, counts);
  check_size(out.size(), counts.samples() * static_cast<std::size_t>(model.components));
  with_evidence(model, counts, threads, true, [&](const detail::problem&, const auto& z, const auto&) {
    std::copy(z.begin(), z.end(), out.begin());
  });
}

void log_likelihood(const mixture_fit& model, const count_table& counts, std::span<double> out, int threads) {
  check_model(model, counts);
  check_size(out.size(), counts.samples());
  with_evidence(model, counts, threads, true, [&](const detail::problem& p, const auto&, const auto& norm) {
    for (std::size_t i = 0; i < p.rows(); ++i) out[i] = norm[i] + p.data.coefficient[i];
  });
}

double negative_log_posterior(const mixture_fit& model, const count_table& counts, int threads) {
  check_model(model, counts);
  double log_prior = static_cast<double>(model.alpha.size()) *
                     (model.eta * std::log(model.nu) - gamma_at(model.eta).log_gamma);
  double lambdas = 0;
  double alphas = 0;
  for (const double a : model.alpha) {
    lambdas += std::log(a);
    alphas += a;
  }
  log_prior += model.eta * lambdas - model.nu * alphas;
  double nle = 0;
  with_evidence(model, counts, threads, true, [&](const detail::problem& p, const auto&, const auto& norm) {
    std::vector<double> rows(norm);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += p.data.coefficient[i];
    nle = -p.row_sums(rows.data(), 1).front() - log_prior;
  });
  return nle;
}

}  // namespace twill::dmm
