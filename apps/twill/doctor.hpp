// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::apps {

/// What a part has to say in `twill doctor`: names and values, asked for when the command runs.
struct doctor_section {
  std::string_view title;  ///< one word, also the member's name in JSON
  std::vector<std::pair<std::string, std::string>> (*lines)();
};

/// Adds a section; made at namespace scope in the file of the part's commands.
class section_registration {
 public:
  explicit section_registration(doctor_section s);
};

}  // namespace twill::apps
