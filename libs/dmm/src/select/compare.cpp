// SPDX-License-Identifier: Apache-2.0
// Models compared with one another: what tells components apart, and how well what was held out is predicted.
#include "twill/base/philox.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/select.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace twill::dmm {
namespace {

// The fold of each sample: a shuffle by seed, then in turn.
std::vector<std::size_t> fold_of(std::size_t n, int folds, std::uint64_t seed) {
  if (folds < 2 || static_cast<std::size_t>(folds) > n) {
    throw error(errc::bad_option, {.what = "a number of folds does not fit the samples",
                                   .where = location{.file = "folds"},
                                   .found = fmt::format("{}", folds),
                                   .expected = fmt::format("2 to {}", n)});
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const philox stream{philox_key(seed, std::uint64_t{0x666f'6c64})};
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[stream.bounded(i, i)]);
  std::vector<std::size_t> out(n);
  for (std::size_t i = 0; i < n; ++i) out[order[i]] = i % static_cast<std::size_t>(folds);
  return out;
}

struct split {
  std::vector<std::size_t> in;
  std::vector<std::size_t> out;
};

split split_at(const std::vector<std::size_t>& fold, std::size_t held) {
  split s;
  for (std::size_t i = 0; i < fold.size(); ++i) (fold[i] == held ? s.out : s.in).push_back(i);
  return s;
}

}  // namespace

std::vector<driver> drivers(const mixture_fit& model, const mixture_fit& one) {
  if (one.components != 1 || one.taxa != model.taxa) {
    throw error(errc::mismatched_taxa,
                {.what = "drivers are told against a fit of one component and the same taxa",
                 .found = fmt::format("{} components, {} taxa", one.components, one.taxa),
                 .expected = fmt::format("1 component, {} taxa", model.taxa)});
  }
  std::vector<driver> out(model.taxa);
  const double theta_one = one.theta(0);
  double total = 0;
  for (std::size_t j = 0; j < model.taxa; ++j) out[j].taxon = j;
  for (int c = 0; c < model.components; ++c) {
    const double theta = model.theta(c);
    for (std::size_t j = 0; j < model.taxa; ++j)
      out[j].difference += std::abs(model.alpha_of(c)[j] / theta - one.alpha[j] / theta_one);
  }
  for (const driver& d : out) total += d.difference;
  std::sort(out.begin(), out.end(), [](const driver& a, const driver& b) {
    return a.difference != b.difference ? a.difference > b.difference : a.taxon < b.taxon;
  });
  double sum = 0;
  for (driver& d : out) {
    sum += d.difference;
    d.cumulated = total > 0 ? sum / total : 0;
  }
  return out;
}

std::vector<held_out> cross_validate(const count_table& counts, std::span<const int> ks, int folds,
                                     const fit_options& options) {
  const std::vector<std::size_t> fold = fold_of(counts.samples(), folds, options.seed);
  std::vector<held_out> out;
  for (const int k : ks) out.push_back({.components = k});
  for (std::size_t f = 0; f < static_cast<std::size_t>(folds); ++f) {
    const split parts = split_at(fold, f);
    const count_table train = counts.select(parts.in);
    const count_table test = counts.select(parts.out);
    const sweep fits = fit_range(train, ks, sweep_options{.fit = options});
    if (fits.cancelled) throw error(errc::cancelled, {.what = "a cross-validation was stopped"});
    std::vector<double> score(test.samples());
    for (std::size_t i = 0; i < ks.size(); ++i) {
      log_likelihood(fits.fits[i], test, score, options.threads);
      const double sum = std::accumulate(score.begin(), score.end(), 0.0);
      out[i].folds.push_back(sum / static_cast<double>(test.samples()));
      out[i].mean_log_likelihood += sum / static_cast<double>(counts.samples());
    }
  }
  return out;
}

group_classifier fit_groups(const count_table& counts, std::span<const std::string> labels,
                            std::span<const int> ks, criterion by, const fit_options& options) {
  if (labels.size() != counts.samples()) {
    throw error(errc::invalid_shape, {.what = "there is not one label a sample",
                                      .found = fmt::format("{} labels", labels.size()),
                                      .expected = fmt::format("{}", counts.samples())});
  }
  std::map<std::string, std::vector<std::size_t>, std::less<>> members;
  for (std::size_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(i);
  group_classifier out;
  for (const auto& [name, rows] : members) {
    std::vector<int> usable;
    for (const int k : ks) {
      if (k >= 1 && static_cast<std::size_t>(k) <= rows.size()) usable.push_back(k);
    }
    if (usable.empty()) {
      throw error(errc::too_many_components, {.what = "a class has fewer samples than components",
                                              .found = name + fmt::format(" with {}", rows.size())});
    }
    out.classes.push_back(name);
    out.priors.push_back(static_cast<double>(rows.size()) / static_cast<double>(labels.size()));
    out.models.push_back(fit_range(counts.select(rows), usable, sweep_options{.fit = options}).best(by));
  }
  return out;
}

std::vector<double> classify(const group_classifier& model, const count_table& counts, int threads) {
  const std::size_t classes = model.classes.size();
  std::vector<double> out(counts.samples() * classes);
  std::vector<double> one(counts.samples());
  for (std::size_t g = 0; g < classes; ++g) {
    log_likelihood(model.models[g], counts, one, threads);
    for (std::size_t i = 0; i < one.size(); ++i) out[i * classes + g] = one[i] + std::log(model.priors[g]);
  }
  for (std::size_t i = 0; i < one.size(); ++i) {
    double* const row = out.data() + i * classes;
    const double most = *std::max_element(row, row + classes);
    double sum = 0;
    for (std::size_t g = 0; g < classes; ++g) sum += row[g] = std::exp(row[g] - most);
    for (std::size_t g = 0; g < classes; ++g) row[g] /= sum;
  }
  return out;
}

std::vector<double> cross_validate_groups(const count_table& counts, std::span<const std::string> labels,
                                          int folds, std::span<const int> ks, criterion by,
                                          const fit_options& options) {
  const std::vector<std::size_t> fold = fold_of(counts.samples(), folds, options.seed);
  std::vector<std::string> names(labels.begin(), labels.end());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<double> out(counts.samples() * names.size(), 0.0);
  for (std::size_t f = 0; f < static_cast<std::size_t>(folds); ++f) {
    const split parts = split_at(fold, f);
    std::vector<std::string> known;
    for (const std::size_t i : parts.in) known.push_back(labels[i]);
    const group_classifier model = fit_groups(counts.select(parts.in), known, ks, by, options);
    const std::vector<double> p = classify(model, counts.select(parts.out), options.threads);
    for (std::size_t g = 0; g < model.classes.size(); ++g) {
      const auto at = static_cast<std::size_t>(
          std::lower_bound(names.begin(), names.end(), model.classes[g]) - names.begin());
      for (std::size_t i = 0; i < parts.out.size(); ++i)
        out[parts.out[i] * names.size() + at] = p[i * model.classes.size() + g];
    }
  }
  return out;
}

}  // namespace twill::dmm
