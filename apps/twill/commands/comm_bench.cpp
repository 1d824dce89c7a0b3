// SPDX-License-Identifier: Apache-2.0
#include "../comm/latency.hpp"
#include "../comm/start.hpp"
#include "../command.hpp"
#include "twill/base/error.hpp"
#include "twill/base/number.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace twill::apps {
namespace {

struct bench_flags : comm_flags {
  std::string seconds = "0.2";
};

double seconds_of(const std::string& text) {
  const auto read = parse_duration(text);
  const double seconds = read ? std::chrono::duration<double>(*read).count() : 0;
  if (!read || seconds <= 0 || seconds > 3600) {
    throw error(errc::bad_configuration, {.what = "not a length of time that can be measured for",
                                          .where = twill::location{.file = "--seconds"},
                                          .found = text,
                                          .expected = "seconds, or like 50ms, up to an hour"});
  }
  return seconds;
}

int bench(const bench_flags& flags) {
  const double seconds = seconds_of(flags.seconds);
  const comm::backend_choice choice = choose(flags);
  return on_these_ranks(flags, choice, [&](const auto& world) {
    std::vector<latency> all = measure_collectives(world, seconds);
    for (const latency& row : measure_pairs(world, seconds)) all.push_back(row);
    if (world.rank() == 0) {
      const rank_facts facts = facts_of(world.topology(), world.level(), choice);
      print(flags.json ? latencies_as_json(facts, all) : latencies_as_text(facts, all));
    }
    return static_cast<int>(exit_code::success);
  });
}

const registration bench_command{{
    .path = "comm bench",
    .summary = "Measure how long operations between ranks take",
    .examples = {{"twill run -n 2 -- twill comm bench", "two ranks of this machine"},
                 {"twill comm bench --seconds 1", "one rank, a second a row"},
                 {"twill run -n 2 -- twill comm bench --json > latencies.json", "the same for a program"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<bench_flags>();
      flags->declare(app);
      app.add_option("--seconds", flags->seconds, "Time for each row (default 0.2)")->type_name("SECONDS");
      return [flags](session&) { return bench(*flags); };
    },
}};

}  // namespace
}  // namespace twill::apps
