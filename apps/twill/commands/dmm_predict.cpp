// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../dmm/flags.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <unordered_map>

namespace twill::apps {
namespace {

struct predict_flags {
  dmm_table_flags table;
  thread_flag threads;
  std::string model;
  std::string input;
  std::string output;
  bool json = false;
};

// The new samples with the taxa of the model, in its order. Taxa that the table lacks have no counts there;
// those that the model lacks cannot be judged.
dmm::count_table in_order_of(const dmm::saved_model& model, const dmm::named_counts& table,
                             const std::string& file) {
  std::unordered_map<std::string_view, std::int32_t> place;
  for (std::size_t j = 0; j < model.taxa.size(); ++j)
    place.emplace(model.taxa[j], static_cast<std::int32_t>(j));
  std::string unknown;
  std::size_t unknowns = 0;
  std::size_t known = 0;
  std::vector<std::int32_t> to;
  for (const std::string& name : table.taxa) {
    const auto at = place.find(name);
    to.push_back(at == place.end() ? -1 : at->second);
    if (at != place.end()) {
      ++known;
    } else if (unknowns++ < 5) {
      unknown += (unknown.empty() ? "" : ", ") + name;
    }
  }
  if (unknowns > 0) {
    throw dmm::error(
        dmm::errc::mismatched_taxa,
        {.what = fmt::format("{} of {} taxa are unknown to the model", unknowns, table.taxa.size()),
         .where = twill::location{.file = file},
         .found = unknown + (unknowns > 5 ? ", ..." : ""),
         .expected = fmt::format("taxa of the model, which has {}", model.taxa.size())});
  }
  if (known < model.taxa.size()) {
    std::fputs(fmt::format("note: {} taxa of the model are not in {}: taken as zero\n",
                           model.taxa.size() - known, file)
                   .c_str(),
               stderr);
  }
  std::vector<std::int64_t> ptr{0};
  std::vector<std::int32_t> taxa;
  std::vector<double> counts;
  for (std::size_t i = 0; i < table.counts.samples(); ++i) {
    for (const dmm::count_entry& e : table.counts.row(i)) {
      taxa.push_back(to[e.taxon]);
      counts.push_back(e.count);
    }
    ptr.push_back(static_cast<std::int64_t>(counts.size()));
  }
  return dmm::count_table::from_csr(table.counts.samples(), model.taxa.size(), ptr, taxa,
                                    std::span<const double>(counts), dmm::zero_rows::keep);
}

int predict(const predict_flags& flags, session& s) {
  const int threads = flags.threads.value(s);
  const dmm::saved_model model = dmm::read_model(flags.model);
  const dmm::named_counts table =
      read_counts(flags.input, flags.table.options(dmm::zero_rows::keep, threads));
  const dmm::count_table counts = in_order_of(model, table, flags.input);
  const auto k = static_cast<std::size_t>(model.fit.components);
  std::vector<double> p(counts.samples() * k);
  std::vector<double> likelihood(counts.samples());
  dmm::posterior(model.fit, counts, p, threads);
  dmm::log_likelihood(model.fit, counts, likelihood, threads);
  std::string csv = "sample,component,log_likelihood";
  for (std::size_t c = 0; c < k; ++c) csv += fmt::format(",p{}", c);
  csv += '\n';
  json_writer w;
  w.begin_array();
  for (std::size_t i = 0; i < counts.samples(); ++i) {
    const double* row = p.data() + i * k;
    const auto best = static_cast<std::size_t>(std::max_element(row, row + k) - row);
    csv += fmt::format("{},{},{}", table.samples[i], best, shortest(likelihood[i]));
    w.begin_object().member("sample", table.samples[i]).member("component", best);
    w.member("log_likelihood", likelihood[i]).key("p").begin_array();
    for (std::size_t c = 0; c < k; ++c) {
      csv += ',' + shortest(row[c]);
      w.value(row[c]);
    }
    w.end_array().end_object();
    csv += '\n';
  }
  w.end_array();
  if (!flags.output.empty()) write_file_atomically(flags.output, std::string_view(csv));
  if (flags.json) {
    print(w.take() + '\n');
  } else if (flags.output.empty()) {
    print(csv);
  }
  return static_cast<int>(exit_code::success);
}

const registration predict_registration{{
    .path = "dmm predict",
    .summary = "Tell which component of a model new samples are of",
    .examples = {{"twill dmm predict out/model-k4.json new.csv -o assignments.csv",
                  "probabilities for each sample"},
                 {"twill dmm predict out/model-k4.json new.csv --json", "the same for a program"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<predict_flags>();
      app.add_option("model", flags->model, "A model-kK.json of `twill dmm fit`")->required();
      app.add_option("table", flags->input, "New samples, of the same taxa by name")->required();
      app.add_option("-o,--output", flags->output, "CSV file (default: standard output)")->type_name("FILE");
      app.add_flag("--json", flags->json, "Print JSON");
      flags->table.declare(app);
      flags->threads.declare(app);
      return [flags](session& s) { return predict(*flags, s); };
    },
}};

}  // namespace
}  // namespace twill::apps
