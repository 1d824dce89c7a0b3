// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace twill::apps {

/// A program found on this machine.
struct found_tool {
  std::string name;     ///< as looked for
  std::string path;     ///< where it is
  std::string version;  ///< what it says about itself, empty when it says nothing
};

/// The first file of that name on PATH that may be executed.
[[nodiscard]] std::optional<std::string> find_on_path(const std::string& name);

/// The first line with a digit that `path argument...` prints, runs of blanks made one; nullopt when it
/// cannot be run, fails, or is silent for `seconds`.
[[nodiscard]] std::optional<std::string> version_line_of(const std::vector<std::string>& command,
                                                         int seconds = 5);

/// Those of the named programs that are here, asked for their version.
[[nodiscard]] std::vector<found_tool> probe_tools(const std::vector<std::string>& names);

}  // namespace twill::apps
