// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../sddp/case_flags.hpp"
#include "twill/sddp/case.hpp"

#include <memory>

namespace twill::apps {
namespace {

struct validate_flags : case_flags {
  bool json = false;
};

const registration validate_command{{
    .path = "sddp validate",
    .summary = "Check a case and report everything that is wrong with it",
    .examples = {{"twill sddp validate my-case", "every finding with its place and a hint"},
                 {"twill sddp validate my-case --json", "the same for a program"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<validate_flags>();
      flags->declare(app);
      app.add_flag("--json", flags->json, "Print JSON");
      return [flags](session&) {
        const sddp::case_report report = sddp::validate_case(flags->directory, flags->options());
        print(flags->json ? report.to_json() : report.to_string());
        if (report.unreadable) return static_cast<int>(exit_code::io);
        return static_cast<int>(report.errors == 0 ? exit_code::success : exit_code::invalid_input);
      };
    },
}};

}  // namespace
}  // namespace twill::apps
