// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/lanes/kernel.hpp"

#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>

namespace twill::apps {
namespace {

// By what the file is: kernels by their ending, bytes by their magic number, JSON by its first character.
lanes::program read_any(const std::string& path) {
  const std::string content = read_file(path, {.expected = "a program or a kernel"});
  if (content.starts_with("TWLN")) return lanes::program::from_bytes(std::as_bytes(std::span(content)));
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && content[first] == '{') {
    if (content.find("\"kernel\"") != std::string::npos &&
        content.find("twill.lanes.program/1") == std::string::npos) {
      return lanes::kernel::compile_json(content, path).code();
    }
    return lanes::program::parse_json(content, path);
  }
  if (path.ends_with(".tk")) return lanes::kernel::compile(content, path).code();
  return lanes::program::parse_text(content, path);
}

struct file_flags {
  std::string file;
  bool json = false;
};

std::shared_ptr<file_flags> declare(CLI::App& app) {
  auto flags = std::make_shared<file_flags>();
  app.add_option("file", flags->file, "A program (text, JSON or bytes) or a kernel (.tk or kernel JSON)")
      ->required();
  app.add_flag("--json", flags->json, "Print JSON");
  return flags;
}

const registration check_command{{
    .path = "lanes check",
    .summary = "Read a program or a kernel and tell what is wrong with it",
    .examples = {{"twill lanes check saxpy.tk", "compile a kernel"},
                 {"twill lanes check program.json", "validate a program"}},
    .define = [](CLI::App& app) -> command_body {
      const auto flags = declare(app);
      return [flags](session&) {
        const lanes::program p = read_any(flags->file);
        p.validate();
        if (flags->json) {
          json_writer out;
          out.begin_object()
              .member("valid", true)
              .member("instructions", p.len())
              .member("labels", p.labels().size());
          print(out.end_object().take() + "\n");
        } else {
          print(fmt::format("{}: {} instructions, {} labels, valid\n", flags->file, p.len(),
                            p.labels().size()));
        }
        return 0;
      };
    },
}};

const registration disasm_command{{
    .path = "lanes disasm",
    .summary = "Show a program or a compiled kernel in the text form",
    .examples = {{"twill lanes disasm saxpy.tk", "what a kernel becomes"},
                 {"twill lanes disasm program.twln --json", "a program's JSON form"}},
    .define = [](CLI::App& app) -> command_body {
      const auto flags = declare(app);
      return [flags](session&) {
        const lanes::program p = read_any(flags->file);
        print(flags->json ? p.to_json() + "\n" : p.to_text());
        return 0;
      };
    },
}};

}  // namespace
}  // namespace twill::apps
