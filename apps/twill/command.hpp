// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/settings.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string_view>
#include <vector>

namespace twill::apps {

/// What a command may use while it runs. stdout is for results alone and is written through `print`; events
/// and progress go to stderr.
struct session {
  settings known;            ///< every setting of the project, with the flags of this command line
  bool color = false;        ///< whether stderr takes colours
  bool interactive = false;  ///< whether stderr is a terminal
};

/// A command line that a person can copy from --help, and what it does.
struct example {
  std::string_view line;
  std::string_view does;
};

/// The body of a command: what runs once its arguments are read. Returns the exit code.
using command_body = std::function<int(session&)>;

/// One subcommand: a path such as "doctor" or "comm selftest", declared beside its implementation.
struct command {
  std::string_view path;
  std::string_view summary;
  std::vector<example> examples;
  /// Adds the command's arguments to its parser and returns its body; the body may refer to what `define`
  /// allocated.
  std::function<command_body(CLI::App&)> define;
};

/// Puts a command into the program; made once a command, at namespace scope in the command's own file.
class registration {
 public:
  explicit registration(command c);
};

/// Every registered command, ordered by path.
[[nodiscard]] const std::vector<command>& commands();

/// Reads the arguments, runs the command they name, and returns the exit code of the table in
/// docs/concepts/errors.md.
int run(int argc, char** argv);

/// Writes a result to stdout; a full disk or a closed pipe becomes an error, not silence.
void print(std::string_view text);

/// The parser with every command declared in it, for shell completion.
[[nodiscard]] CLI::App& parser();

}  // namespace twill::apps
