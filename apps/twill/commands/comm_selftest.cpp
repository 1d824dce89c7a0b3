// SPDX-License-Identifier: Apache-2.0
#include "../comm/checks.hpp"
#include "../comm/selftest_report.hpp"
#include "../comm/start.hpp"
#include "../command.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace twill::apps {
namespace {

std::vector<check> every_check() {
  std::vector<check> all;
  for (const auto part : {collective_checks(), ragged_checks(), nonblocking_checks(), persistent_checks(),
                          message_checks(), communicator_checks(), memory_checks()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

// An operation that throws ends the job, and `run` tells why; which check it was is told here.
std::string run_check(const check& c, const any_world& world) {
  finding f;
  try {
    c.run(world, f);
    // The messages and windows of one check are gone before the next begins.
    world.barrier();
  } catch (const std::exception&) {
    std::fputs(fmt::format("the check of {} ({}) ended with an error on rank {}\n", c.operation, c.group,
                           world.rank())
                   .c_str(),
               stderr);
    throw;
  }
  return f.text();
}

/// At rank 0 the findings of all ranks, elsewhere nothing.
std::vector<checked_operation> gather_findings(const any_world& world, const std::vector<check>& checks,
                                               const std::vector<std::string>& mine) {
  const auto bytes = world.gatherv(comm::encode(mine), 0);
  std::vector<checked_operation> out;
  if (world.rank() != 0) return out;
  for (const check& c : checks) out.push_back({c.group, c.operation, {}});
  for (std::size_t r = 0; r < bytes.size(); ++r) {
    const auto theirs = comm::decode<std::vector<std::string>>(bytes[r]);
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      if (!theirs[i].empty()) out[i].wrong.emplace_back(static_cast<int>(r), theirs[i]);
    }
  }
  return out;
}

int selftest(const comm_flags& flags) {
  const comm::backend_choice choice = choose(flags);
  return on_these_ranks(flags, choice, [&](const auto& typed) {
    const any_world world(typed.engine());
    const std::vector<check> checks = every_check();
    std::vector<std::string> mine;
    for (const check& c : checks) mine.push_back(run_check(c, world));
    const std::vector<checked_operation> all = gather_findings(world, checks, mine);
    if (world.rank() == 0) {
      const rank_facts facts = facts_of(world.topology(), world.level(), choice);
      print(flags.json ? selftest_as_json(facts, all) : selftest_as_text(facts, all));
    }
    const auto failed = world.broadcast_value(failures_of(all), 0);
    return static_cast<int>(failed == 0 ? exit_code::success : exit_code::internal);
  });
}

const registration selftest_command{{
    .path = "comm selftest",
    .summary = "Call every operation between ranks once and check what it gives",
    .examples = {{"twill comm selftest", "on one rank"},
                 {"twill run -n 4 -- twill comm selftest", "on four ranks of this machine"},
                 {"twill run -n 4 -- twill comm selftest --json", "the same for a program"},
                 {"TWILL_COMM_CHECK=heavy twill run -n 4 -- twill comm selftest",
                  "with every check of arguments and results switched on"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<comm_flags>();
      flags->declare(app);
      return [flags](session&) { return selftest(*flags); };
    },
}};

}  // namespace
}  // namespace twill::apps
