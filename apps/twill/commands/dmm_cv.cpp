// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../dmm/flags.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/base/number.hpp"
#include "twill/report/text_table.hpp"
#include "twill/table/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

namespace twill::apps {
namespace {

struct cv_flags {
  dmm_table_flags table;
  dmm_fit_flags fit;
  thread_flag threads;
  std::string input;
  std::string groups;
  std::string output;
  int folds = 5;
  bool json = false;
};

// The class of each sample, by name: a CSV of two columns, sample and class.
std::vector<std::string> labels_of(const std::string& path, const std::vector<std::string>& samples) {
  const table::column_table read = table::read_csv_file(path).table;
  if (read.columns().size() < 2) {
    throw error(errc::invalid_value, {.what = "a file of classes has two columns",
                                      .where = twill::location{.file = path},
                                      .found = fmt::format("{}", read.columns().size()),
                                      .expected = "sample and class"});
  }
  std::map<std::string, std::string> by_name;
  for (std::size_t i = 0; i < read.rows(); ++i)
    by_name[read.columns()[0].text_at(i)] = read.columns()[1].text_at(i);
  std::vector<std::string> out;
  for (const std::string& name : samples) {
    const auto at = by_name.find(name);
    if (at == by_name.end()) {
      throw error(errc::unknown_name, {.what = "a sample has no class",
                                       .where = twill::location{.file = path},
                                       .found = name,
                                       .expected = "a line for every sample of the table"});
    }
    out.push_back(at->second);
  }
  return out;
}

int held_out(const cv_flags& flags, const dmm::named_counts& t, const std::vector<int>& ks,
             const dmm::fit_options& o) {
  const std::vector<dmm::held_out> rows = cross_validate(t.counts, ks, flags.folds, o);
  if (flags.json) {
    json_writer w;
    w.begin_array();
    for (const dmm::held_out& r : rows)
      w.begin_object()
          .member("K", r.components)
          .member("mean_log_likelihood", r.mean_log_likelihood)
          .end_object();
    print(w.end_array().take() + '\n');
    return 0;
  }
  std::vector<double> k;
  std::vector<double> mean;
  for (const dmm::held_out& r : rows) {
    k.push_back(r.components);
    mean.push_back(r.mean_log_likelihood);
  }
  report::data_table out("Held-out log likelihood of a sample");
  out.add_numbers("K", "", k, 0).add_numbers("mean log likelihood", "", mean, 3);
  print(report::to_text(out, {.style = report::table_style::plain}));
  return 0;
}

int groups(const cv_flags& flags, const dmm::named_counts& t, const std::vector<int>& ks,
           const dmm::fit_options& o) {
  const std::vector<std::string> labels = labels_of(flags.groups, t.samples);
  const std::vector<double> p = cross_validate_groups(t.counts, labels, flags.folds, ks, flags.fit.by(), o);
  std::vector<std::string> classes(labels);
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  std::string csv = "sample,class,predicted";
  for (const std::string& c : classes) csv += ",p_" + c;
  csv += '\n';
  std::vector<std::vector<double>> confusion(classes.size(), std::vector<double>(classes.size(), 0.0));
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double* row = p.data() + i * classes.size();
    const auto best = static_cast<std::size_t>(std::max_element(row, row + classes.size()) - row);
    const auto truth = static_cast<std::size_t>(std::lower_bound(classes.begin(), classes.end(), labels[i]) -
                                                classes.begin());
    confusion[best][truth] += 1;
    right += best == truth ? 1 : 0;
    csv += fmt::format("{},{},{}", t.samples[i], labels[i], classes[best]);
    for (std::size_t g = 0; g < classes.size(); ++g) csv += ',' + shortest(row[g]);
    csv += '\n';
  }
  if (!flags.output.empty()) write_file_atomically(flags.output, std::string_view(csv));
  const double accuracy = static_cast<double>(right) / static_cast<double>(labels.size());
  if (flags.json) {
    print(json_writer()
              .begin_object()
              .member("samples", labels.size())
              .member("right", right)
              .member("accuracy", accuracy)
              .end_object()
              .take() +
          '\n');
    return 0;
  }
  report::data_table out("Classes of samples that the models had not seen");
  out.add_texts("class", classes);
  for (std::size_t g = 0; g < classes.size(); ++g) out.add_numbers("as " + classes[g], "", confusion[g], 0);
  print(report::to_text(out, {.style = report::table_style::plain}));
  print(fmt::format("{} of {} right\n", right, labels.size()));
  return 0;
}

int cv(const cv_flags& flags, session& s) {
  const int threads = flags.threads.value(s);
  const auto ks = flags.fit.ks();
  if (!ks) bad_flag("-k", flags.fit.k, "4, 1:7 or 1,3,5");
  const dmm::named_counts t = read_counts(flags.input, flags.table.options(dmm::zero_rows::refuse, threads));
  const dmm::fit_options o = flags.fit.options(threads);
  return flags.groups.empty() ? held_out(flags, t, *ks, o) : groups(flags, t, *ks, o);
}

const registration cv_registration{{
    .path = "dmm cv",
    .summary = "Judge numbers of components, or classes of samples, by what was held out",
    .examples = {{"twill dmm cv counts.csv -k 1:6 --folds 5", "held-out log likelihood of each K"},
                 {"twill dmm cv counts.csv -k 1:3 --groups phenotype.csv -o predicted.csv",
                  "one mixture a class; which class is each held-out sample of"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<cv_flags>();
      app.add_option("table", flags->input, "CSV, TSV, Parquet, BIOM 1, .shared or MatrixMarket")->required();
      app.add_option("--groups", flags->groups, "CSV with sample and class")->type_name("FILE");
      app.add_option("--folds", flags->folds, "Folds (default 5)");
      app.add_option("-o,--output", flags->output, "With --groups: a CSV of probabilities")
          ->type_name("FILE");
      app.add_flag("--json", flags->json, "Print JSON");
      flags->fit.declare(app, true);
      flags->table.declare(app);
      flags->threads.declare(app);
      return [flags](session& s) { return cv(*flags, s); };
    },
}};

}  // namespace
}  // namespace twill::apps
