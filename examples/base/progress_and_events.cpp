// SPDX-License-Identifier: Apache-2.0
// A library that tells what it does, and an application that decides what becomes of it.
#include "twill/base/event.hpp"
#include "twill/base/event_sinks.hpp"
#include "twill/base/progress.hpp"
#include "twill/base/progress_sinks.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <string_view>
#include <utility>

namespace {

// [snippet:library]
void fit(int samples, const std::shared_ptr<twill::progress_sink>& sink, twill::progress_clock clock) {
  twill::progress stage(sink, "fitting", samples, "samples", std::move(clock));
  for (int i = 0; i < samples; ++i) {
    if (i == 70) {
      twill::emit(twill::event_level::warning, "example.fit.slow", "sample converges slowly",
                  {{"sample", i}, {"gradient", 0.25}});
    }
    stage.tick();  // a few nanoseconds: the clock is read now and then only
  }
}
// [end:library]

}  // namespace

int main() {
  // A clock of our own makes the output below the same on every run; leave it out to use the real one.
  auto now = std::make_shared<std::chrono::nanoseconds>();
  const twill::progress_clock clock = [now] { return *now += std::chrono::milliseconds(250); };

  // [snippet:application]
  const auto to_terminal = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  twill::install_event_sink(std::make_shared<twill::text_event_sink>(to_terminal));
  fit(100, twill::make_progress_sink(twill::progress_mode::plain, to_terminal), clock);
  // [end:application]
}
