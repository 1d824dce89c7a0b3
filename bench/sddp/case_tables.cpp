// SPDX-License-Identifier: Apache-2.0
// The tables of a case as the peer takes them, and what a run of the peer says of itself.
#include "twill/base/file.hpp"
#include "twill/table/csv.hpp"
#include "twill/table/parquet.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

namespace {
using namespace twill::table;
namespace fs = std::filesystem;

// Types are strict in this format: ids and lags are int32, positions of a tree uint32, dates dates, all else
// double.
column_type type_of(std::string_view name) {
  if (name == "opening_index" || name == "entity_index") return column_type::uint32;
  if (name == "date") return column_type::date;
  return name == "lag" || name.ends_with("_id") ? column_type::int32 : column_type::float64;
}

// Writes name.parquet beside every name.csv.
int write_tables(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".csv") continue;
    const std::string path = entry.path().string();
    table_schema schema{.name = path, .doc = {}, .columns = {}, .unknown = unknown_columns::ignored};
    const column_table untyped = read_csv_file(path).table;
    for (const std::string_view name : untyped.column_names()) {
      column_spec column{.name = std::string(name), .type = type_of(name), .nullable = true};
      schema.columns.push_back(column);
    }
    write_parquet(fs::path(path).replace_extension(".parquet").string(),
                  read_csv_file(path, {.schema = schema}).table);
  }
  return 0;
}

template <class T>
double sum_of(const column_table& table, const char* name) {
  double sum = 0.0;
  for (const T value : table.column<T>(name)) sum += static_cast<double>(value);
  return sum;
}

// A figure for each iteration and each linear program from the tables of a finished training.
int figures(const fs::path& output, const char* version) {
  const column_table rows = read_parquet((output / "training/convergence.parquet").string());
  const column_table programs = read_parquet((output / "training/solver/iterations.parquet").string());
  const double solves = sum_of<std::uint32_t>(programs, "lp_solves");
  std::printf(
      "{\"task\":\"peer\",\"us_per_lp\":%.3f,\"ms_per_iteration\":%.3f,\"lp_solves\":%.0f,"
      "\"simplex_per_lp\":%.2f,\"iterations\":%zu,\"lower_bound\":%.6f,\"version\":\"%s\"}\n",
      1e3 * sum_of<double>(programs, "solve_time_ms") / solves,
      sum_of<std::int64_t>(rows, "time_total_ms") / static_cast<double>(rows.rows()), solves,
      static_cast<double>(sum_of<std::uint64_t>(programs, "simplex_iterations")) / solves, rows.rows(),
      rows.column<double>("lower_bound").back(), version);
  return 0;
}
}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3 && std::strcmp(argv[1], "write") == 0) return write_tables(argv[2]);
    if (argc == 4 && std::strcmp(argv[1], "figures") == 0) return figures(argv[2], argv[3]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  std::fputs("bench_sddp_tables write CASE, bench_sddp_tables figures OUTPUT VERSION\n", stderr);
  return 64;
}
