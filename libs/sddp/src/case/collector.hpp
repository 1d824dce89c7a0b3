// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/case.hpp"
#include "twill/table/findings.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace twill::sddp::detail {

/// Gathers what is wrong with one case. Places name files relative to the case directory.
class collector {
 public:
  explicit collector(std::string directory) { report_.directory = std::move(directory); }

  void error(finding_kind kind, std::string_view rule, std::string entity, diagnosis details) {
    add({severity::error, kind, std::string(rule), std::move(entity), std::move(details)});
  }
  void warning(std::string_view rule, std::string entity, diagnosis details) {
    add({severity::warning, finding_kind::model_quality, std::string(rule), std::move(entity),
         std::move(details)});
  }
  void unused(std::string_view rule, std::string entity, diagnosis details) {
    add({severity::warning, finding_kind::unused_entity, std::string(rule), std::move(entity),
         std::move(details)});
  }
  /// What a reader of files found, in the words of a case.
  void take(const table::findings& found);
  /// A file that is there and cannot be read, or is not what it claims to be.
  void take(const twill::error& failure, const std::string& file);
  void unreadable(diagnosis details);

  [[nodiscard]] std::size_t errors() const noexcept { return report_.errors; }
  /// The report, ordered by file and place.
  [[nodiscard]] case_report finish() &&;

 private:
  void add(finding found);
  [[nodiscard]] std::string relative(const std::string& file) const;

  case_report report_;
};

}  // namespace twill::sddp::detail
