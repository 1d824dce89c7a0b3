// SPDX-License-Identifier: Apache-2.0
// 10^7 doubles, the same that bench/table/pyarrow_peer.py writes and reads: random ones, that no codec
// shrinks much, and readings to two decimals, that it does.
#include "twill/table/parquet.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <string>

namespace {

using namespace twill::table;

constexpr std::size_t rows = 10'000'000;

column_table make(bool rounded) {
  buffer<double> values;
  values.reserve(rows);
  std::uint64_t x = 88172645463325252U;
  for (std::size_t i = 0; i < rows; ++i) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    const double u = static_cast<double>(x >> 11) * 0x1p-53;
    values.push_back(rounded ? std::round(u * 10000000) / 100 : u);
  }
  column_table t("bench");
  t.add(table_column("x", std::move(values)));
  return t;
}

std::string path(bool rounded) {
  return rounded ? "twill_bench_rounded.parquet" : "twill_bench_random.parquet";
}

void write(benchmark::State& state) {
  const column_table t = make(state.range(0) != 0);
  for (auto _ : state) write_parquet(path(state.range(0) != 0), t);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rows * 8));
}

void read(benchmark::State& state) {
  write_parquet(path(state.range(0) != 0), make(state.range(0) != 0));
  for (auto _ : state) {
    const column_table t = read_parquet(path(state.range(0) != 0));
    benchmark::DoNotOptimize(t.column<double>("x").data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rows * 8));
  std::remove(path(state.range(0) != 0).c_str());
}

BENCHMARK(write)->Name("parquet_write_zstd/rounded")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(read)->Name("parquet_read_zstd/rounded")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
