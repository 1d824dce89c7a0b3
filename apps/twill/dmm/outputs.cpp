// SPDX-License-Identifier: Apache-2.0
#include "outputs.hpp"

#include "twill/base/checksum.hpp"
#include "twill/base/file.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace twill::apps {
namespace {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::size_t best_of(const double* p, std::size_t k) {
  return static_cast<std::size_t>(std::max_element(p, p + k) - p);
}

std::string sweep_csv(const dmm_result& r) {
  std::string out = "K,start,seed,NLE,LogDet,Laplace,Laplace_symmetric,BIC,AIC,iterations,converged\n";
  for (const dmm::sweep_run& run : r.fits.runs) {
    if (!run.finished) continue;
    fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{}\n", run.components, run.start,
                   r.options.seed + static_cast<std::uint32_t>(run.start), shortest(run.nle),
                   shortest(run.log_det), shortest(run.laplace), shortest(run.laplace_symmetric),
                   shortest(run.bic), shortest(run.aic), run.iterations, run.converged ? "true" : "false");
  }
  return out;
}

std::string posterior_csv(const dmm_result& r, const dmm::mixture_fit& f) {
  const auto k = static_cast<std::size_t>(f.components);
  std::string out = "sample,component";
  for (std::size_t c = 0; c < k; ++c) fmt::format_to(std::back_inserter(out), ",p{}", c);
  out += '\n';
  for (std::size_t i = 0; i < r.samples.size(); ++i) {
    const double* p = f.group.data() + i * k;
    fmt::format_to(std::back_inserter(out), "{},{}", csv_field(r.samples[i]), best_of(p, k));
    for (std::size_t c = 0; c < k; ++c) out += ',' + shortest(p[c]);
    out += '\n';
  }
  return out;
}

std::string parameters_csv(const dmm_result& r, const dmm::mixture_fit& f) {
  std::string out = "taxon,component,lower,estimate,upper,mean\n";
  for (std::size_t j = 0; j < f.taxa; ++j) {
    for (int c = 0; c < f.components; ++c) {
      const std::size_t at = static_cast<std::size_t>(c) * f.taxa + j;
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{}\n", csv_field(r.taxa[j]), c,
                     shortest(f.lower[at]), shortest(f.alpha[at]), shortest(f.upper[at]),
                     shortest(f.alpha[at] / f.theta(c)));
    }
  }
  return out;
}

std::string drivers_csv(const dmm_result& r, const std::vector<dmm::driver>& drivers) {
  std::string out = "taxon,difference,cumulated\n";
  for (const dmm::driver& d : drivers)
    fmt::format_to(std::back_inserter(out), "{},{},{}\n", csv_field(r.taxa[d.taxon]), shortest(d.difference),
                   shortest(d.cumulated));
  return out;
}

// What the report needs of the table: the share of the most telling taxa in every sample.
void add_shares(const dmm::count_table& counts, dmm_report_input& in) {
  const dmm::mixture_fit& fit = in.fits[in.chosen];
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t j = 0; j < fit.taxa; ++j) order.emplace_back(0.0, j);
  if (in.drivers.empty()) {
    for (std::size_t j = 0; j < fit.taxa; ++j) order[j].first = -fit.alpha[j];
  } else {
    for (std::size_t i = 0; i < in.drivers.size(); ++i)
      order[in.drivers[i].taxon].first = static_cast<double>(i);
  }
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), 30); ++i)
    in.telling.push_back(order[i].second);
  for (std::size_t i = 0; i < counts.samples(); ++i) {
    std::vector<double> share(in.telling.size(), 0.0);
    for (const dmm::count_entry& e : counts.row(i)) {
      const auto at = std::find(in.telling.begin(), in.telling.end(), e.taxon);
      if (at != in.telling.end())
        share[static_cast<std::size_t>(at - in.telling.begin())] = e.count / counts.total(i);
    }
    in.shares.push_back(std::move(share));
  }
}

}  // namespace

report::data_table model_fit_table(const std::vector<dmm::mixture_fit>& fits, dmm::criterion by) {
  report::data_table t("Model fit");
  std::vector<double> k, nle, laplace, symmetric, bic, aic, iterations;
  std::vector<std::string> converged;
  std::size_t best = 0;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    const dmm::mixture_fit& f = fits[i];
    k.push_back(f.components);
    nle.push_back(f.nle);
    laplace.push_back(f.laplace);
    symmetric.push_back(f.laplace_symmetric);
    bic.push_back(f.bic);
    aic.push_back(f.aic);
    iterations.push_back(f.diag.em_iterations);
    converged.push_back(f.diag.converged ? "yes" : "no");
    if (f.value(by) < fits[best].value(by)) best = i;
  }
  std::vector<std::string> mark(fits.size());
  if (!fits.empty()) mark[best] = "best " + std::string(name_of(by));
  t.add_numbers("K", "", k, 0).add_numbers("NLE", "", nle, 2).add_numbers("Laplace", "", laplace, 2);
  t.add_numbers("Laplace symmetric", "", symmetric, 2)
      .add_numbers("BIC", "", bic, 2)
      .add_numbers("AIC", "", aic, 2);
  t.add_numbers("iterations", "", iterations, 0).add_texts("converged", converged).add_texts("choice", mark);
  return t;
}

std::string summary_json(const dmm_result& r,
                         const std::vector<std::pair<std::string, std::string>>& hashes) {
  json_writer w(json_style::indented);
  w.begin_object();
  w.member("status", r.fits.cancelled ? "interrupted" : "complete");
  w.key("table").begin_object().member("path", r.table).member("sha256", r.table_hash);
  w.member("format", std::string(name_of(r.format))).member("rows", r.transposed ? "taxa" : "samples");
  w.member("min_taxon_total", r.min_taxon_total);
  w.member("samples", r.samples.size()).member("taxa", r.taxa.size()).member("nonzeros", r.nonzeros);
  w.key("notes").begin_array();
  for (const std::string& note : r.notes) w.value(note);
  w.end_array().end_object();
  w.key("options").begin_object();
  w.member("seed", r.options.seed).member("starts", r.options.starts).member("eta", r.options.eta);
  w.member("nu", r.options.nu).member("max_iter", r.options.em.max_iter).member("tol", r.options.em.tol);
  w.member("hessian", r.options.hessian == dmm::hessian_mode::peer ? "peer" : "exact");
  w.member("criterion", std::string(name_of(r.by))).end_object();
  w.key("selected");
  if (r.fits.fits.empty()) {
    w.value(nullptr);
  } else {
    w.value(r.fits.best(r.by).components);
  }
  w.key("fits").begin_array();
  for (const dmm::mixture_fit& f : r.fits.fits) {
    w.begin_object().member("K", f.components).member("start", f.diag.start).member("NLE", f.nle);
    w.member("LogDet", f.log_det)
        .member("Laplace", f.laplace)
        .member("Laplace_symmetric", f.laplace_symmetric);
    w.member("BIC", f.bic).member("AIC", f.aic).member("iterations", f.diag.em_iterations);
    w.member("converged", f.diag.converged).member("reseeded", f.diag.reseeded);
    w.key("weights").begin_array();
    for (const double x : f.weights) w.value(x);
    w.end_array().end_object();
  }
  w.end_array();
  w.key("sha256").begin_object();
  for (const auto& [name, hash] : hashes) w.member(name, hash);
  w.end_object().end_object();
  return w.take() + '\n';
}

void write_dmm_outputs(const dmm_result& r, const std::string& folder) {
  std::filesystem::create_directories(folder);
  std::vector<std::pair<std::string, std::string>> hashes;
  const auto write = [&](const std::string& name, const std::string& content) {
    write_file_atomically(folder + "/" + name, std::string_view(content));
    hashes.emplace_back(name, to_hex(sha256_of(std::string_view(content))));
  };
  write("sweep.csv", sweep_csv(r));
  const dmm::mixture_fit* one = nullptr;
  for (const dmm::mixture_fit& f : r.fits.fits) one = f.components == 1 ? &f : one;
  for (const dmm::mixture_fit& f : r.fits.fits) {
    const std::string k = fmt::format("k{}", f.components);
    dmm::saved_model model{
        .fit = f, .taxa = r.taxa, .seed = r.options.seed + static_cast<std::uint32_t>(f.diag.start)};
    write("model-" + k + ".json", format_model(model));
    write("posterior-" + k + ".csv", posterior_csv(r, f));
    write("parameters-" + k + ".csv", parameters_csv(r, f));
    if (one != nullptr && f.components > 1) write("drivers-" + k + ".csv", drivers_csv(r, drivers(f, *one)));
  }
  if (!r.fits.fits.empty()) write("model-fit.svg", dmm_model_fit_svg(r.fits.fits));
  write_file_atomically(folder + "/summary.json", std::string_view(summary_json(r, hashes)));
}

void write_dmm_report(const dmm_result& r, const dmm::count_table& counts, const std::string& folder) {
  dmm_report_input in{.table = r.table,
                      .notes = r.notes,
                      .samples = r.samples,
                      .taxa = r.taxa,
                      .fits = r.fits.fits,
                      .shares = {},
                      .telling = {},
                      .drivers = {},
                      .chosen = 0,
                      .by = r.by};
  const dmm::mixture_fit* one = nullptr;
  for (std::size_t i = 0; i < in.fits.size(); ++i) {
    if (in.fits[i].value(r.by) < in.fits[in.chosen].value(r.by)) in.chosen = i;
    if (in.fits[i].components == 1) one = &in.fits[i];
  }
  if (one != nullptr && in.fits[in.chosen].components > 1) in.drivers = drivers(in.fits[in.chosen], *one);
  add_shares(counts, in);
  write_file_atomically(folder + "/report.html", std::string_view(dmm_report_html(in)));
}

}  // namespace twill::apps
