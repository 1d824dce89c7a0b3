// SPDX-License-Identifier: Apache-2.0
// A 12 MB file of plants: the text alone, and with its description read into structs; the limit set for it is
// 0.5 s.
#include "twill/table/json_fields.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace json = twill::table::json;

struct plant {
  std::int32_t id = 0;
  std::string name;
  std::optional<std::int32_t> downstream_id;
  double min_storage = 0;
  double max_storage = 0;
  std::vector<double> coefficients;
};
struct plants {
  std::vector<plant> all;
};

const json::description<plants>& description() {
  static const auto one =
      json::description<plant>("plant", "One.")
          .field("id", &plant::id, {.minimum = 0, .defines = "plants"})
          .field("name", &plant::name, {})
          .field("downstream_id", &plant::downstream_id, {.refers_to = "plants"})
          .field("min_storage_hm3", &plant::min_storage, {.minimum = 0})
          .field("max_storage_hm3", &plant::max_storage, {.not_below = "min_storage_hm3"})
          .field("coefficients_mm", &plant::coefficients, {.min_items = 12, .max_items = 12});
  static const auto all = json::description<plants>("plants", "All.").field("hydros", &plants::all, one, {});
  return all;
}

std::string twelve_megabytes() {
  std::string text = "{\"hydros\": [";
  for (int i = 0; text.size() < 12'000'000; ++i) {
    text.append(i == 0 ? "" : ",").append("\n  {\"id\": ").append(std::to_string(i));
    text.append(", \"name\": \"plant ").append(std::to_string(i)).append("\", \"downstream_id\": ");
    text.append(i == 0 ? "null" : std::to_string(i - 1)).append(",\n   \"min_storage_hm3\": ");
    text.append(std::to_string(i % 97))
        .append(".25, \"max_storage_hm3\": 12345.678,\n   \"coefficients_mm\": [");
    for (int m = 0; m < 12; ++m)
      text.append(m == 0 ? "" : ", ").append(std::to_string(m * i % 1000)).append(".5");
    text.append("]}");
  }
  return text + "\n]}\n";
}

void json_parse_12_mb(benchmark::State& state) {
  const std::string text = twelve_megabytes();
  for (auto _ : state) benchmark::DoNotOptimize(json::parse(text).root().size());
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void json_read_12_mb(benchmark::State& state) {
  const std::string text = twelve_megabytes();
  for (auto _ : state) {
    twill::table::findings out;
    const auto read = json::read(json::parse(text), description(), out);
    benchmark::DoNotOptimize(read.all.size());
    if (!out.empty()) state.SkipWithError("the file has findings");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

BENCHMARK(json_parse_12_mb)->Unit(benchmark::kMillisecond);
BENCHMARK(json_read_12_mb)->Unit(benchmark::kMillisecond);

}  // namespace
