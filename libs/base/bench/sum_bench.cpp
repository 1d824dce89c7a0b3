// SPDX-License-Identifier: Apache-2.0
// One thread: the fixed-tree sum against a plain left-to-right loop, and the exact sum against the fixed-tree
// sum, for arrays in the cache and far beyond it, on values of one size and on values spread over 2^-60 ..
// 2^60.
#include "twill/base/cpu.hpp"
#include "twill/base/philox.hpp"
#include "twill/base/sum.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace {

std::vector<double> values(std::int64_t n, int spread) {
  std::vector<double> x(static_cast<std::size_t>(n));
  const twill::philox stream(twill::philox_key(3));
  stream.fill_normal(x, 0);
  if (spread != 0) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] =
          std::ldexp(x[i], static_cast<int>(stream.bounded(i, 2 * static_cast<unsigned>(spread))) - spread);
    }
  }
  return x;
}

template <class Sum>
void measure(benchmark::State& state, int spread, Sum sum) {
  const auto level = static_cast<twill::simd_level>(state.range(1));
  if (level > twill::best_simd_level(twill::this_cpu()))
    return state.SkipWithError("the machine lacks this level");
  twill::use_simd_level(level);
  const std::vector<double> x = values(state.range(0), spread);
  for (auto _ : state) benchmark::DoNotOptimize(sum(std::span<const double>(x)));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0) * 8);
  state.SetLabel(std::string(twill::name(level)));
}

void sizes(benchmark::internal::Benchmark* b) {
  for (const std::int64_t n : {std::int64_t{4096}, std::int64_t{1} << 25}) {
    for (const std::int64_t level : {0, 1, 2}) b->Args({n, level});
  }
}

BENCHMARK_CAPTURE(measure, plain_loop, 0, [](std::span<const double> x) {
  return std::accumulate(x.begin(), x.end(), 0.0);
})->Args({1 << 25, 0});
BENCHMARK_CAPTURE(measure, pairwise, 0, [](std::span<const double> x) {
  return twill::pairwise_sum(x);
})->Apply(sizes);
BENCHMARK_CAPTURE(measure, reproducible, 0, [](std::span<const double> x) {
  return twill::reproducible_sum(x);
})->Apply(sizes);
BENCHMARK_CAPTURE(measure, reproducible_spread_60, 60, [](std::span<const double> x) {
  return twill::reproducible_sum(x);
})->Args({1 << 25, 2});
BENCHMARK_CAPTURE(measure, reproducible_one_by_one, 0, [](std::span<const double> x) {
  twill::reproducible_accumulator sum;
  for (const double v : x) sum.add(v);
  return sum.value();
})->Args({1 << 22, 2});

}  // namespace
