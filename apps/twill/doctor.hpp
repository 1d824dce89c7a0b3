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

/// What the ranks of this job found out together.
struct job_report {
  bool prints = true;  ///< this rank is the one that prints
  std::string text{};  ///< lines, or one JSON value
};

/// Starts the job that this process is a rank of, asks it, and ends it. The registered one is asked before
/// any section; made at namespace scope like a section.
class job_registration {
 public:
  explicit job_registration(job_report (*ask)(bool json));
};

}  // namespace twill::apps
