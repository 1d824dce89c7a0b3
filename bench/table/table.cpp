// SPDX-License-Identifier: Apache-2.0
// What reading and writing tables takes. bench_table prepare FOLDER makes the inputs that the peers read too;
// each other verb times one reading or writing of them and prints one JSON line.
#include "twill/base/file.hpp"
#include "twill/base/number.hpp"
#include "twill/base/philox.hpp"
#include "twill/table/csv.hpp"
#include "twill/table/json.hpp"
#include "twill/table/parquet.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

namespace {

constexpr std::size_t rows = 10'000'000;

twill::table::column_table random_table() {
  twill::table::buffer<double> values(rows);
  twill::philox(twill::philox_key(7)).fill_uniform({values.data(), rows}, 0);
  twill::table::column_table table;
  table.add(twill::table::table_column("x", std::move(values)));
  return table;
}

void prepare(const std::string& folder) {
  if (std::filesystem::exists(folder + "/ready")) return;
  std::filesystem::create_directories(folder);
  twill::table::write_parquet(folder + "/random.parquet", random_table());
  const twill::philox stream{twill::philox_key(8)};
  std::string csv = "a,b,c,d\n";
  std::string json = "[";
  for (std::uint64_t i = 0; i < 600'000; ++i) {
    for (std::uint64_t j = 0; j < 4; ++j)
      csv += twill::shortest(stream.uniform(4 * i + j)) + (j < 3 ? ',' : '\n');
    if (json.size() < 12'000'000) {
      json += (i == 0 ? "" : ",") + std::string("{\"id\":") + std::to_string(i) + ",\"name\":\"plant " +
              std::to_string(i) + "\",\"volume\":" + twill::shortest(stream.uniform(i)) + "}";
    }
  }
  twill::write_file_atomically(folder + "/numbers.csv", csv);
  twill::write_file_atomically(folder + "/plants.json", json + "]");
  twill::write_file_atomically(folder + "/ready", "all inputs are written\n");
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fputs("usage: bench_table prepare|parquet_read|parquet_write|csv_read|json_parse FOLDER\n", stderr);
    return 64;
  }
  const std::string verb = argv[1];
  const std::string folder = argv[2];
  prepare(folder);
  if (verb == "prepare") return 0;
  double seconds = 0;
  if (verb == "parquet_read") {
    seconds = seconds_of([&] { static_cast<void>(twill::table::read_parquet(folder + "/random.parquet")); });
  } else if (verb == "parquet_write") {
    const auto table = twill::table::read_parquet(folder + "/random.parquet");
    seconds = seconds_of([&] { twill::table::write_parquet(folder + "/ours.parquet", table); });
  } else if (verb == "csv_read") {
    seconds = seconds_of([&] {
      static_cast<void>(twill::table::read_csv(twill::read_file(folder + "/numbers.csv"), "numbers.csv"));
    });
  } else if (verb == "json_parse") {
    const std::string text = twill::read_file(folder + "/plants.json");
    seconds = seconds_of([&] { static_cast<void>(twill::table::json::parse(text, "plants.json")); });
  } else {
    std::fprintf(stderr, "bench_table: there is no %s\n", verb.c_str());
    return 64;
  }
  std::printf("{\"ms\": %.3f}\n", seconds * 1e3);
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
