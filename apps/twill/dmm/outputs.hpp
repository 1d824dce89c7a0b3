// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm.hpp"
#include "twill/report/data.hpp"

#include <string>
#include <vector>

namespace twill::apps {

/// A finished sweep with what its files tell.
struct dmm_result {
  std::string table;                                  ///< path as it was given
  std::string table_hash;                             ///< SHA-256 of the file
  std::vector<std::string> samples;                   ///< names
  std::vector<std::string> taxa;                      ///< names
  std::vector<std::string> notes;                     ///< about the file
  dmm::table_format format = dmm::table_format::csv;  ///< of the file
  bool transposed = false;                            ///< the file's rows are taxa
  double min_taxon_total = 0;                         ///< taxa with less were left out
  std::size_t nonzeros = 0;                           ///< counts
  dmm::fit_options options;                           ///< of the fits
  dmm::criterion by = dmm::criterion::laplace;        ///< what chose K
  dmm::sweep fits;                                    ///< all of it
};

/// Writes sweep.csv, model-kK.json, posterior-kK.csv, parameters-kK.csv, drivers-kK.csv, model-fit.svg and
/// summary.json. The bytes depend on table and options alone: no times, no threads.
void write_dmm_outputs(const dmm_result& r, const std::string& folder);

/// Writes report.html. Requires: the chosen fit has the posterior of these samples.
void write_dmm_report(const dmm_result& r, const dmm::count_table& counts, const std::string& folder);

/// One row for each K: what stdout shows and sweep.csv holds.
[[nodiscard]] report::data_table model_fit_table(const std::vector<dmm::mixture_fit>& fits,
                                                 dmm::criterion by);
/// The same and what was read, as one JSON object.
[[nodiscard]] std::string summary_json(const dmm_result& r,
                                       const std::vector<std::pair<std::string, std::string>>& hashes);

/// What the report shows; the posteriors are of the chosen fit.
struct dmm_report_input {
  std::string table;
  std::vector<std::string> notes;
  std::vector<std::string> samples;
  std::vector<std::string> taxa;
  std::vector<dmm::mixture_fit> fits;       ///< by K; the chosen one with `group`
  std::vector<std::vector<double>> shares;  ///< proportions of each sample, in the most telling taxa
  std::vector<std::size_t> telling;         ///< these taxa
  std::vector<dmm::driver> drivers;         ///< of the chosen fit; empty when it has one component
  std::size_t chosen = 0;                   ///< of `fits`
  dmm::criterion by = dmm::criterion::laplace;
};

[[nodiscard]] std::string dmm_report_html(const dmm_report_input& in);
/// The curve of the criteria against K.
[[nodiscard]] std::string dmm_model_fit_svg(const std::vector<dmm::mixture_fit>& fits);

}  // namespace twill::apps
