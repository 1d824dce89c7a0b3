// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../dmm/flags.hpp"
#include "twill/base/error.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace twill::apps {
namespace {

struct convert_flags {
  dmm_table_flags table;
  std::string input;
  std::string output;
};

dmm::table_format format_for(const std::string& path) {
  const auto ends = [&](std::string_view end) { return std::string_view(path).ends_with(end); };
  if (ends(".csv")) return dmm::table_format::csv;
  if (ends(".parquet")) return dmm::table_format::parquet;
  if (ends(".biom") || ends(".json")) return dmm::table_format::biom;
  if (ends(".shared")) return dmm::table_format::mothur_shared;
  if (ends(".mtx")) return dmm::table_format::matrix_market;
  bad_flag("output", path, "a name that ends with .csv, .parquet, .biom, .shared or .mtx");
}

int convert(const convert_flags& flags) {
  const dmm::table_format format = format_for(flags.output);
  const dmm::named_counts table = read_counts(flags.input, flags.table.options(dmm::zero_rows::keep, 0));
  for (const std::string& note : table.notes) std::fputs(fmt::format("note: {}\n", note).c_str(), stderr);
  write_counts(flags.output, table, format);
  return static_cast<int>(exit_code::success);
}

const registration convert_registration{{
    .path = "dmm convert",
    .summary = "Write a table of counts in another format",
    .examples = {{"twill dmm convert table.biom table.csv", "BIOM 1 to CSV, samples in rows"},
                 {"twill dmm convert taxa-in-rows.tsv table.parquet --transpose", "to Parquet"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<convert_flags>();
      app.add_option("input", flags->input, "CSV, TSV, Parquet, BIOM 1, .shared or MatrixMarket")->required();
      app.add_option("output", flags->output, "By its ending: .csv, .parquet, .biom, .shared or .mtx")
          ->required();
      flags->table.declare(app);
      return [flags](session&) { return convert(*flags); };
    },
}};

}  // namespace
}  // namespace twill::apps
