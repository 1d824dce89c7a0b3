// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "twill/base/error.hpp"
#include "twill/base/number.hpp"
#include "twill/base/settings.hpp"
#include "twill/comm/launch.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace twill::apps {
namespace {

namespace launch = comm::launch;

/// The command line as it was written; numbers are read later, so that a message names the flag.
struct words {
  std::string ranks;
  std::string threads;
  std::string report_waits = "10s";
  std::string record;
  bool dry_run = false;
  std::vector<std::string> program;
};

[[noreturn]] void refuse(const std::string& flag, const std::string& found, std::string what,
                         std::string expected) {
  throw error(errc::bad_configuration, {.what = std::move(what),
                                        .where = twill::location{.file = flag},
                                        .found = found,
                                        .expected = std::move(expected)});
}

int read_count(const std::string& flag, const std::string& text, int most) {
  const auto number = parse_int64(text);
  std::string expected = fmt::format("1 to {}", most);
  if (!number) refuse(flag, text, std::string(describe(number.fault)), std::move(expected));
  if (number.value < 1 || number.value > most) refuse(flag, text, "outside its range", std::move(expected));
  return static_cast<int>(number.value);
}

std::chrono::nanoseconds read_interval(const std::string& flag, const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration || duration->count() < 0)
    refuse(flag, text, "not a length of time", "seconds, or like 500ms; 0: never");
  return *duration;
}

std::vector<std::string> environment_of_process() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

int run_ranks(const words& w, session& s) {
  launch::plan p;
  p.environment = environment_of_process();
  p.ranks = read_count("-n", w.ranks, launch::most_ranks);
  if (!w.threads.empty()) p.threads = read_count("--threads", w.threads, 65536);
  p.report_waits = read_interval("--report-waits", w.report_waits);
  p.record = w.record;
  p.command = w.program;
  p.leaves_after = true;
  if (const auto limit = s.known.find_bytes("shm_bytes")) p.memory_limit = limit->value;
  const launch::checked_plan checked = launch::check(std::move(p));
  if (!w.dry_run) return launch::run(checked);
  print(launch::describe(checked));
  return static_cast<int>(exit_code::success);
}

const registration run_command{{
    .path = "run",
    .summary = "Start several ranks of a program on this machine, without MPI",
    .examples = {{"twill run -n 4 -- ./program input.json", "four ranks; their output comes in whole lines"},
                 {"twill run -n 2 --threads 8 -- ./program", "two ranks with eight threads each"},
                 {"TWILL_COMM_TIMEOUT=60s twill run -n 4 -- ./program",
                  "a rank that waits for a minute ends the job, and tells who waits for whom"},
                 {"twill run -n 4 --dry-run -- ./program", "what would be started, and with which variables"},
                 {"kill -QUIT PID   (or Ctrl-\\)", "asks a running launcher who waits where"}},
    .define = [](CLI::App& app) -> command_body {
      auto w = std::make_shared<words>();
      app.add_option("-n,--ranks", w->ranks, "Ranks to start, 1 to 1024")->required()->type_name("RANKS");
      app.add_option("--threads", w->threads, "TWILL_NUM_THREADS of every rank")->type_name("T");
      app.add_option("--report-waits", w->report_waits,
                     "Tell who waits where after so long without progress; 0: never (default 10s)")
          ->type_name("SECONDS");
      app.add_option("--record", w->record, "Write the pids of launcher and ranks to this file")
          ->type_name("FILE");
      app.add_flag("--dry-run", w->dry_run, "Print what would be started, and start nothing");
      app.add_option("program", w->program, "The program and its arguments, after --")
          ->required()
          ->type_name("-- PROGRAM ARGS");
      return [w](session& s) { return run_ranks(*w, s); };
    },
}};

}  // namespace
}  // namespace twill::apps
