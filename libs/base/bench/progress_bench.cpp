// SPDX-License-Identifier: Apache-2.0
// What progress, events and traces cost where they are called in a loop. The promise: a tick under 20 ns, an
// event or a span that nobody wants about a nanosecond.
#include "twill/base/event.hpp"
#include "twill/base/progress_sinks.hpp"
#include "twill/base/trace.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string_view>

namespace {

void tick(benchmark::State& state, twill::progress_mode mode, bool total_known) {
  std::uint64_t written = 0;
  const auto sink = twill::make_progress_sink(mode, [&](std::string_view text) { written += text.size(); },
                                              {.is_tty = true});
  const auto total = static_cast<std::uint64_t>(state.max_iterations);
  twill::progress stage(sink, "work", total_known ? std::optional(total) : std::nullopt, "items");
  for (auto _ : state) stage.tick();
  state.counters["bytes_written"] = static_cast<double>(written);
}
BENCHMARK_CAPTURE(tick, none, twill::progress_mode::none, true);
BENCHMARK_CAPTURE(tick, bar, twill::progress_mode::bar, true);
BENCHMARK_CAPTURE(tick, bar_unknown_total, twill::progress_mode::bar, false);
BENCHMARK_CAPTURE(tick, plain, twill::progress_mode::plain, true);
BENCHMARK_CAPTURE(tick, json, twill::progress_mode::json, true);

void event_unwanted(benchmark::State& state) {
  std::int64_t i = 0;
  for (auto _ : state) twill::emit(twill::event_level::info, "base.bench", "nobody listens", {{"i", ++i}});
}
BENCHMARK(event_unwanted);

void span_off(benchmark::State& state) {
  for (auto _ : state) {
    const twill::trace::span work("work");
    benchmark::ClobberMemory();
  }
}
BENCHMARK(span_off);

void span_on(benchmark::State& state) {
  twill::trace::start({});
  for (auto _ : state) {
    const twill::trace::span work("work");
    benchmark::ClobberMemory();
  }
  state.counters["bytes_of_trace"] = static_cast<double>(twill::trace::stop_to_string().size());
}
BENCHMARK(span_on);

}  // namespace
