// SPDX-License-Identifier: Apache-2.0
#include "twill/report.hpp"

#include "outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace twill::apps {
namespace {

report::figure criteria_chart(const std::vector<dmm::mixture_fit>& fits) {
  std::vector<double> k, laplace, bic, aic;
  for (const dmm::mixture_fit& f : fits) {
    k.push_back(f.components);
    laplace.push_back(f.laplace);
    bic.push_back(f.bic);
    aic.push_back(f.aic);
  }
  report::chart c({.title = "Model fit",
                   .subtitle = "Lower is better",
                   .x = {.label = "Components"},
                   .y = {.label = "Criterion", .decimals = 2}});
  c.line("Laplace", k, laplace).line("BIC", k, bic).line("AIC", k, aic);
  return c.draw();
}

// Samples by component, the surest first, in the taxa that tell components apart.
report::figure sample_map(const dmm_report_input& in, const dmm::mixture_fit& fit) {
  const auto k = static_cast<std::size_t>(fit.components);
  const std::size_t n = in.samples.size();
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::size_t> component(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* p = fit.group.data() + i * k;
    component[i] = static_cast<std::size_t>(std::max_element(p, p + k) - p);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (component[a] != component[b]) return component[a] < component[b];
    const double p = fit.group[a * k + component[a]];
    const double q = fit.group[b * k + component[b]];
    return p != q ? p > q : a < b;
  });
  // A picture has room for some samples only: evenly chosen ones.
  constexpr std::size_t most = 300;
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < std::min(n, most); ++i) shown.push_back(order[i * n / std::min(n, most)]);
  report::heat_map map{.title = "Samples by component",
                       .subtitle = "Square root of the share of each taxon",
                       .row_label = "Taxon",
                       .column_label = "Sample",
                       .value_label = "square root of share",
                       .decimals = 3,
                       .show_values = false};
  for (const std::size_t j : in.telling) map.rows.push_back(in.taxa[j]);
  for (const std::size_t i : shown) map.columns.push_back(fmt::format("{}: {}", component[i], in.samples[i]));
  for (std::size_t t = 0; t < in.telling.size(); ++t) {
    for (const std::size_t i : shown) map.values.push_back(std::sqrt(in.shares[i][t]));
  }
  return map.draw();
}

report::data_table driver_table(const dmm_report_input& in, const dmm::mixture_fit& fit) {
  report::data_table t("Taxa that tell the components apart");
  std::vector<std::string> names;
  std::vector<double> difference, cumulated;
  const std::size_t n = std::min<std::size_t>(in.drivers.size(), 20);
  for (std::size_t i = 0; i < n; ++i) {
    names.push_back(in.taxa[in.drivers[i].taxon]);
    difference.push_back(in.drivers[i].difference);
    cumulated.push_back(in.drivers[i].cumulated);
  }
  t.add_texts("Taxon", names);
  for (int c = 0; c < fit.components; ++c) {
    std::vector<double> mean;
    const double theta = fit.theta(c);
    for (std::size_t i = 0; i < n; ++i) mean.push_back(fit.alpha_of(c)[in.drivers[i].taxon] / theta);
    t.add_numbers(fmt::format("Component {}", c), "", mean, 4);
  }
  t.add_numbers("Difference", "", difference, 4).add_numbers("Cumulated", "", cumulated, 3);
  return t;
}

report::data_table component_table(const dmm::mixture_fit& fit) {
  report::data_table t("Components");
  std::vector<double> number, weight, theta;
  for (int c = 0; c < fit.components; ++c) {
    number.push_back(c);
    weight.push_back(fit.weights[static_cast<std::size_t>(c)]);
    theta.push_back(fit.theta(c));
  }
  return t.add_numbers("Component", "", number, 0)
      .add_numbers("Weight", "", weight, 4)
      .add_numbers("Theta", "", theta, 2);
}

report::figure certainty_chart(const dmm::mixture_fit& fit) {
  const auto k = static_cast<std::size_t>(fit.components);
  std::vector<double> top;
  for (std::size_t i = 0; i + k <= fit.group.size(); i += k)
    top.push_back(*std::max_element(fit.group.begin() + static_cast<std::ptrdiff_t>(i),
                                    fit.group.begin() + static_cast<std::ptrdiff_t>(i + k)));
  report::chart c({.title = "Certainty of the assignment",
                   .subtitle = "Posterior probability of each sample's likeliest component",
                   .x = {.label = "Probability", .decimals = 4},
                   .y = {.label = "Share of samples", .from_zero = true}});
  c.ecdf("samples", top);
  return c.draw();
}

}  // namespace

std::string dmm_model_fit_svg(const std::vector<dmm::mixture_fit>& fits) {
  return criteria_chart(fits).svg();
}

std::string dmm_report_html(const dmm_report_input& in) {
  const dmm::mixture_fit& fit = in.fits[in.chosen];
  report::document page("Community types", in.table);
  const std::vector<report::card> cards{{.label = "Samples", .value = fmt::format("{}", in.samples.size())},
                                        {.label = "Taxa", .value = fmt::format("{}", in.taxa.size())},
                                        {.label = "Components",
                                         .value = fmt::format("{}", fit.components),
                                         .detail = "by " + std::string(name_of(in.by))},
                                        {.label = "Laplace", .value = report::number_text(fit.laplace, 2)}};
  page.section("The choice of K").cards(cards);
  page.list(in.notes);
  page.add(criteria_chart(in.fits)).table(model_fit_table(in.fits, in.by));
  page.section(fmt::format("The model with {} components", fit.components));
  if (!fit.diag.converged)
    page.note("EM reached its limit of iterations before it converged.", report::tone::warning);
  page.table(component_table(fit));
  if (!in.telling.empty()) page.add(sample_map(in, fit));
  if (!in.drivers.empty()) {
    page.section("Drivers").paragraph(
        "The mean share of a taxon in each component against that in the model of one component; the taxa "
        "with the "
        "largest sum of absolute differences come first.");
    page.table(driver_table(in, fit));
  }
  page.section("Certainty").add(certainty_chart(fit));
  return page.html();
}

}  // namespace twill::apps
