// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../sddp/case_flags.hpp"
#include "twill/sddp/plan.hpp"

#include <cstdint>
#include <cstdio>
#include <memory>

namespace twill::apps {
namespace {

struct plan_flags : case_flags {
  bool json = false;
  std::uint32_t threads = 0;
};

int plan(const plan_flags& flags) {
  const sddp::study study = sddp::load_case(flags.directory, flags.options());
  const std::uint32_t threads = flags.threads != 0 ? flags.threads : study.settings.threads.value_or(1);
  const sddp::study_plan made = sddp::plan_study(study, threads);
  print(flags.json ? made.to_json() : made.to_string());
  return static_cast<int>(exit_code::success);
}

const registration plan_command{{
    .path = "sddp plan",
    .summary = "Sizes and memory of a case, without running it",
    .examples = {{"twill sddp plan my-case", "linear programs, cuts, memory"},
                 {"twill sddp plan my-case --threads 16 --json", "the same for a program, with 16 threads"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<plan_flags>();
      flags->declare(app);
      app.add_option("--threads", flags->threads, "Threads (default: the case's, else 1)")
          ->check(CLI::Range(1U, 4096U));
      app.add_flag("--json", flags->json, "Print JSON");
      return [flags](session&) { return plan(*flags); };
    },
}};

}  // namespace
}  // namespace twill::apps
