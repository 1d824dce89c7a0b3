// SPDX-License-Identifier: Apache-2.0
// Filling an array with uniform doubles: Philox in bulk at every vector level against one std::mt19937_64
// draw a number, turned into a double by the same formula and by std::uniform_real_distribution. 64 Ki
// numbers stay in the L2 cache.
#include "twill/base/cpu.hpp"
#include "twill/base/philox.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

namespace {

constexpr std::size_t count = 65'536;

void finish(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(count));
}

void philox_uniform(benchmark::State& state) {
  const auto level = static_cast<twill::simd_level>(state.range(0));
  if (level > twill::best_simd_level(twill::this_cpu()))
    return state.SkipWithError("the machine lacks this level");
  twill::use_simd_level(level);
  const twill::philox stream(twill::philox_key(1));
  std::vector<double> out(count);
  std::uint64_t first = 0;
  for (auto _ : state) {
    stream.fill_uniform(out, first);
    first += count;
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetLabel(std::string(twill::name(level)));
  finish(state);
}
BENCHMARK(philox_uniform)->Arg(0)->Arg(1)->Arg(2);

void philox_normal(benchmark::State& state) {
  twill::use_simd_level(static_cast<twill::simd_level>(state.range(0)));
  const twill::philox stream(twill::philox_key(1));
  std::vector<double> out(count);
  for (auto _ : state) {
    stream.fill_normal(out, 0);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  finish(state);
}
BENCHMARK(philox_normal)->Arg(0)->Arg(1)->Arg(2);

void philox_single_draws(benchmark::State& state) {
  twill::philox engine(twill::philox_key(1));
  std::vector<double> out(count);
  for (auto _ : state) {
    for (double& x : out) x = twill::uniform_from_bits(engine());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  finish(state);
}
BENCHMARK(philox_single_draws);

void mt19937_same_formula(benchmark::State& state) {
  std::mt19937_64 engine(1);
  std::vector<double> out(count);
  for (auto _ : state) {
    for (double& x : out) x = twill::uniform_from_bits(engine());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  finish(state);
}
BENCHMARK(mt19937_same_formula);

void mt19937_std_uniform(benchmark::State& state) {
  std::mt19937_64 engine(1);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  std::vector<double> out(count);
  for (auto _ : state) {
    for (double& x : out) x = uniform(engine);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  finish(state);
}
BENCHMARK(mt19937_std_uniform);

void mt19937_std_normal(benchmark::State& state) {
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  std::vector<double> out(count);
  for (auto _ : state) {
    for (double& x : out) x = normal(engine);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  finish(state);
}
BENCHMARK(mt19937_std_normal);

}  // namespace
