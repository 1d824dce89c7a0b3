// SPDX-License-Identifier: Apache-2.0
// The accuracy contract against the results of pyDMM 0.2.2 that lie beside the data. Where those are absent
// the same is asked of tables of our own, against figures of this library's definition.
#include "tables.hpp"
#include "twill/table/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace twill::dmm {
namespace {

using table::json::value;

double number(const value& v, std::string_view key) { return v.find(key)->as_double().value(); }
std::vector<double> numbers(const value& v) {
  std::vector<double> out;
  for (const value x : v) out.push_back(x.as_double().value_or(std::nan("")));
  return out;
}

void expect_agreement(const std::string& name, const count_table& counts, const value& peer) {
  SCOPED_TRACE(name + " K=" + std::to_string(static_cast<int>(number(peer, "K"))) +
               " seed=" + std::to_string(static_cast<int>(number(peer, "seed"))));
  fit_options o;
  o.components = static_cast<int>(number(peer, "K"));
  o.seed = static_cast<std::uint32_t>(number(peer, "seed"));
  const mixture_fit f = fit(counts, o);
  const value figures = *peer.find("peer");
  const value exact = *peer.find("correct_hessian");
  const double gradient = number(exact, "max_gradient_norm");
  EXPECT_NEAR(f.nle / number(figures, "NLE"), 1, gradient < 1e-2 ? 1e-8 : 1e-6);
  EXPECT_LE(f.nle, number(figures, "NLE") * (1 + 1e-8));
  EXPECT_NEAR(f.bic / number(figures, "BIC"), 1, 1e-6);
  EXPECT_NEAR(f.aic / number(figures, "AIC"), 1, 1e-6);
  EXPECT_NEAR(f.laplace, number(exact, "Laplace"), 0.06);
  EXPECT_NEAR(f.laplace_symmetric, number(exact, "Laplace_symmetric"), 0.06);
  const std::vector<double> weights = numbers(*peer.find("weights"));
  for (std::size_t c = 0; c < weights.size(); ++c) EXPECT_NEAR(f.weights[c], weights[c], 1e-4) << c;
  for (const double g : f.diag.gradient) EXPECT_LT(g, 1e-6);
  if (const auto alpha = peer.find("alpha")) {
    std::size_t j = 0;
    for (const value row : *alpha) {
      const std::vector<double> of = numbers(row);
      for (std::size_t c = 0; c < of.size(); ++c) {
        EXPECT_NEAR(f.alpha[c * f.taxa + j] / of[c], 1, 1e-2) << "taxon " << j << " component " << c;
      }
      ++j;
    }
    const std::vector<double> best = numbers(*peer.find("argmax"));
    for (std::size_t i = 0; i < best.size(); ++i) {
      const double* p = f.group.data() + i * weights.size();
      std::vector<double> sorted(p, p + weights.size());
      std::sort(sorted.rbegin(), sorted.rend());
      if (sorted[0] - sorted[1] > 1e-3) {
        EXPECT_EQ(std::max_element(p, p + weights.size()) - p, best[i]) << i;
      }
    }
  }
  o.hessian = hessian_mode::peer;
  const mixture_fit old = fit(counts, o);
  EXPECT_EQ(old.nle, f.nle);
  EXPECT_NEAR(old.log_det, number(figures, "LogDet"), 0.25);
  EXPECT_NEAR(old.laplace, number(figures, "Laplace"), 0.13);
  const auto none = static_cast<std::ptrdiff_t>(number(peer, "peer_lower_nan"));
  const auto found =
      std::count_if(old.lower.begin(), old.lower.end(), [](double x) { return std::isnan(x); });
  EXPECT_LE(std::abs(found - none), 2);
  EXPECT_EQ(std::count_if(f.lower.begin(), f.lower.end(), [](double x) { return std::isnan(x); }), 0);
}

void every_fit_of(const std::string& name) {
  if (!tests::has_shared(name + ".peer.json")) {
    const count_table own = tests::own_table(120, 20, 3, 31);
    const mixture_fit f = fit(own, {.components = 3});
    EXPECT_NEAR(f.nle / negative_log_posterior(f, own), 1, 1e-13);
    for (const double g : f.diag.gradient) EXPECT_LT(g, 1e-6);
    return;
  }
  const named_counts t = read_counts(tests::shared_file(name + ".csv"));
  const auto document = table::json::read_file(tests::shared_file(name + ".peer.json"));
  int fits = 0;
  const value all = *document.root().find("fits");
  for (const value peer : all) {
    expect_agreement(name, t.counts, peer);
    ++fits;
  }
  EXPECT_GE(fits, 7);
}

TEST(peers, every_fit_of_the_twins_agrees) { every_fit_of("twins"); }
TEST(peers, every_fit_of_synth_a_agrees) { every_fit_of("synth-a"); }
TEST(peers, every_fit_of_synth_b_agrees) { every_fit_of("synth-b"); }

TEST(peers, the_exact_hessian_finds_the_published_choice_and_the_truth) {
  if (!tests::has_shared("twins.csv")) {
    // Without the data: three components are found in a table that was drawn from three.
    const std::vector<int> ks{1, 2, 3, 4};
    EXPECT_EQ(
        fit_range(tests::own_table(150, 25, 3, 7), ks, sweep_options{}).best(criterion::laplace).components,
        3);
    return;
  }
  const std::vector<int> ks{1, 2, 3, 4, 5, 6, 7};
  const sweep twins = fit_range(read_counts(tests::shared_file("twins.csv")).counts, ks, sweep_options{});
  EXPECT_EQ(twins.best(criterion::laplace).components, 4);
  EXPECT_NEAR(twins.best(criterion::laplace).laplace, 38781.09, 0.02);
  EXPECT_EQ(twins.best(criterion::laplace_symmetric).components, 4);
  const std::vector<int> few{1, 2, 3, 4};
  const count_table synth = read_counts(tests::shared_file("synth-a.csv")).counts;
  sweep_options exact;
  sweep_options peer;
  peer.fit.hessian = hessian_mode::peer;
  EXPECT_EQ(fit_range(synth, few, exact).best(criterion::laplace).components, 3);
  EXPECT_EQ(fit_range(synth, few, peer).best(criterion::laplace).components, 2);
}

TEST(peers, ten_starts_find_the_better_of_two_optima) {
  if (!tests::has_shared("twins.csv")) {
    const count_table own = tests::own_table(80, 15, 4, 77);
    const double single = fit(own, {.components = 4, .seed = 3}).nle;
    EXPECT_LE(fit(own, {.components = 4, .seed = 3, .starts = 6}).nle, single);
    return;
  }
  const count_table twins = read_counts(tests::shared_file("twins.csv")).counts;
  const mixture_fit best = fit(twins, {.components = 5, .seed = 1, .starts = 10});
  EXPECT_NEAR(best.nle, 39154.21, 0.01);
  EXPECT_NEAR(fit(twins, {.components = 5, .seed = 6}).nle, best.nle, 1e-3);
  EXPECT_NEAR(fit(twins, {.components = 5, .seed = 1}).nle, 39160.6, 0.1);
}

}  // namespace
}  // namespace twill::dmm
