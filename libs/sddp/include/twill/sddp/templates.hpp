// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace twill::sddp {

/// A case to start from.
struct case_template {
  std::string name{};     ///< what `write_template` takes
  std::string summary{};  ///< a sentence
};

/// Every template, by name.
[[nodiscard]] std::vector<case_template> case_templates();

/// Writes the files of a template into a directory, which is made where it is missing and must be empty where
/// it is there. Throws: twill::error with the nearest name when there is no such template, when the directory
/// has content, or when a file cannot be written.
void write_template(std::string_view name, const std::string& directory);

}  // namespace twill::sddp
