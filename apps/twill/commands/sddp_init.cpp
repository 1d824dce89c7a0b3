// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "twill/sddp/templates.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

namespace twill::apps {
namespace {

struct init_flags {
  std::string directory;
  std::string name = "one-reservoir";
  bool list = false;
};

int init(const init_flags& flags) {
  if (flags.list || flags.directory.empty()) {
    std::string text;
    for (const sddp::case_template& one : sddp::case_templates())
      text += fmt::format("{:<15} {}\n", one.name, one.summary);
    print(text);
    return static_cast<int>(exit_code::success);
  }
  sddp::write_template(flags.name, flags.directory);
  print(fmt::format("{}: a case from the template {}; check it with: twill sddp validate {}\n",
                    flags.directory, flags.name, flags.directory));
  return static_cast<int>(exit_code::success);
}

const registration init_command{{
    .path = "sddp init",
    .summary = "Write a case to start from",
    .examples = {{"twill sddp init --list", "the templates"},
                 {"twill sddp init my-case --template cascade", "a case in a new directory"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<init_flags>();
      app.add_option("DIRECTORY", flags->directory,
                     "Where the case goes; without it the templates are listed");
      app.add_option("--template", flags->name, "Which template (default one-reservoir)")->type_name("NAME");
      app.add_flag("--list", flags->list, "List the templates");
      return [flags](session&) { return init(*flags); };
    },
}};

}  // namespace
}  // namespace twill::apps
