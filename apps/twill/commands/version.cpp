// SPDX-License-Identifier: Apache-2.0
#include "twill/base/version.hpp"

#include "../command.hpp"
#include "twill/base/json_writer.hpp"

#include <fmt/format.h>

#include <memory>

namespace twill::apps {
namespace {

const registration version_command{{
    .path = "version",
    .summary = "Version, compiler and features of this build",
    .examples = {{"twill version", "a short text"}, {"twill version --json", "the same for a program"}},
    .define = [](CLI::App& app) -> command_body {
      auto json = std::make_shared<bool>(false);
      app.add_flag("--json", *json, "Print JSON");
      return [json](session&) {
        const build_information& b = build_info();
        if (!*json) {
          std::string text =
              fmt::format("twill {} ({}, {}{}{})\nparts: {}\n", b.version, b.compiler, b.build_type,
                          b.sanitizers.empty() ? "" : ", sanitizers ", b.sanitizers, b.parts);
          for (const build_dependency& d : b.dependencies) {
            text += d.found ? fmt::format("  {} {}: {}\n", d.name, d.version, d.gives)
                            : fmt::format("  {} off: {}\n", d.name, d.gives);
          }
          print(text);
          return 0;
        }
        json_writer w(json_style::indented);
        w.begin_object()
            .member("version", b.version)
            .member("compiler", b.compiler)
            .member("build_type", b.build_type)
            .member("sanitizers", b.sanitizers)
            .member("parts", b.parts);
        w.key("dependencies").begin_array();
        for (const build_dependency& d : b.dependencies) {
          w.begin_object()
              .member("name", d.name)
              .member("found", d.found)
              .member("version", d.version)
              .member("gives", d.gives);
          w.end_object();
        }
        w.end_array().end_object();
        print(w.take() + '\n');
        return 0;
      };
    },
}};

}  // namespace
}  // namespace twill::apps
