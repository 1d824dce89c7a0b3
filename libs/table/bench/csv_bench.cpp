// SPDX-License-Identifier: Apache-2.0
// Bytes per second of CSV in memory, one core: integers and short decimals as the case files have them, and
// doubles with all their digits.
#include "twill/table/csv.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>

namespace {

using twill::table::buffer;
using twill::table::column_table;
using twill::table::table_column;

column_table short_numbers(std::size_t rows) {
  std::mt19937_64 random(7);
  buffer<std::int32_t> hydro;
  buffer<std::int32_t> stage;
  buffer<double> mean;
  buffer<double> deviation;
  for (std::size_t i = 0; i < rows; ++i) {
    hydro.push_back(static_cast<std::int32_t>(i / 120));
    stage.push_back(static_cast<std::int32_t>(i % 120));
    mean.push_back(static_cast<double>(random() % 1000000) / 100);
    deviation.push_back(static_cast<double>(random() % 100000) / 1000);
  }
  column_table table("bench");
  table.add(table_column("hydro_id", std::move(hydro)));
  table.add(table_column("stage_id", std::move(stage)));
  table.add(table_column("mean_m3s", std::move(mean)));
  table.add(table_column("std_m3s", std::move(deviation)));
  return table;
}

column_table full_doubles(std::size_t rows) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> value(0, 1000);
  column_table table("bench");
  for (const char* name : {"a", "b", "c", "d"}) {
    buffer<double> values;
    for (std::size_t i = 0; i < rows; ++i) values.push_back(value(random));
    table.add(table_column(name, std::move(values)));
  }
  return table;
}

column_table texts(std::size_t rows) {
  column_table table = short_numbers(rows);
  twill::table::string_array names;
  for (std::size_t i = 0; i < rows; ++i) names.push_back("plant " + std::to_string(i % 977));
  table.add(table_column("name", std::move(names)));
  return table;
}

void read_back(benchmark::State& state, const column_table& table) {
  const std::string text = write_csv(table);
  for (auto _ : state) {
    const auto read = twill::table::read_csv(text, "bench");
    benchmark::DoNotOptimize(read.table.rows());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void csv_read_short_numbers(benchmark::State& state) { read_back(state, short_numbers(1'000'000)); }
void csv_read_full_doubles(benchmark::State& state) { read_back(state, full_doubles(500'000)); }
void csv_read_with_texts(benchmark::State& state) { read_back(state, texts(500'000)); }

void csv_write_full_doubles(benchmark::State& state) {
  const column_table table = full_doubles(200'000);
  std::int64_t bytes = 0;
  for (auto _ : state) bytes += static_cast<std::int64_t>(write_csv(table).size());
  state.SetBytesProcessed(bytes);
}

BENCHMARK(csv_read_short_numbers)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_read_full_doubles)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_read_with_texts)->Unit(benchmark::kMillisecond);
BENCHMARK(csv_write_full_doubles)->Unit(benchmark::kMillisecond);

}  // namespace
