// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"
#include "twill/sddp/settings.hpp"
#include "twill/sddp/system.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::sddp {

/// The kinds of findings; the name of each is what stands in the brackets of its message.
enum class finding_kind : std::uint8_t {
  file_not_found,           ///< a required file is missing, or a file that is there cannot be read
  parse_error,              ///< not JSON, not Parquet, not CSV
  schema_violation,         ///< type, missing key or column, range, word
  invalid_reference,        ///< an id that nothing has
  duplicate_id,             ///< an id or key twice
  invalid_value,            ///< minimum above maximum, bad probability
  cycle_detected,           ///< water that flows in a circle
  dimension_mismatch,       ///< rows or shapes that do not cover what they must
  business_rule_violation,  ///< a rule of the domain
  not_implemented,          ///< recognised and not built
  unused_entity,            ///< warning
  model_quality             ///< warning
};

/// "InvalidReference": what messages and reports print.
[[nodiscard]] std::string_view name_of(finding_kind kind) noexcept;

/// Whether a finding forbids the case.
enum class severity : std::uint8_t { warning, error };

/// One thing that is wrong with a case, or looks like it.
struct finding {
  severity level = severity::error;  ///< error or warning
  finding_kind kind{};               ///< the class of the mistake
  std::string rule{};                ///< the one rule: "hydro.bus_id", "feature.line_losses"
  std::string entity{};              ///< "Hydro 7", empty where none is meant
  diagnosis details{};               ///< what, where, found, expected, hint

  /// `error[InvalidReference] system/hydros.json:41:17 /hydros/3/bus_id: Hydro 7: ... (found 99, expected
  /// ...)`, the rule, and the hint on a line of its own. What is not built has its feature in the brackets:
  /// `error[NotImplemented.line_losses]`.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const finding&, const finding&) = default;
};

/// All that was found in a case, by file and place, errors and warnings mixed.
struct case_report {
  std::string directory{};          ///< as given
  std::vector<finding> findings{};  ///< by file, line, column
  std::size_t errors = 0;           ///< how many
  std::size_t warnings = 0;         ///< how many
  bool unreadable = false;          ///< the directory, or a file that is there, cannot be read

  /// One paragraph a finding and a line that counts them.
  [[nodiscard]] std::string to_string() const;
  /// `{"directory", "error_count", "warning_count", "errors": [...], "warnings": [...]}`.
  [[nodiscard]] std::string to_json() const;
};

/// The errors of the sddp part.
enum class errc {
  invalid_case = 1,  ///< the case breaks its format or its rules; `case_error` has all findings
  cannot_read,       ///< the directory or a file of it cannot be read
  cannot_write,      ///< a result cannot be written
  solver_failed,     ///< a linear program has no solution that the solver can find
  infeasible,        ///< a stage has no feasible dispatch
  unbounded,         ///< a stage has no least cost
  unsupported,       ///< not built
  internal           ///< a broken invariant of our own
};

/// The category `twill.sddp`.
[[nodiscard]] const category& sddp_category() noexcept;
/// The code with its category.
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;

/// The case is wrong: `what()` shows every finding. Its exit code is 1, or 2 when a file cannot be read.
class case_error : public error {
 public:
  /// Requires: the report has an error.
  explicit case_error(case_report report);
  [[nodiscard]] const char* what() const noexcept override;
  [[nodiscard]] const case_report& report() const noexcept;

 private:
  struct content;
  std::shared_ptr<const content> content_;
};

/// Which tables are read where a table is there as Parquet and as CSV.
enum class table_choice : std::uint8_t {
  automatic,  ///< Parquet where both are there
  csv,        ///< CSV only
  parquet     ///< Parquet only
};

/// How a case is read.
struct case_options {
  table_choice tables = table_choice::automatic;  ///< where both forms are there
};

/// A case that is right.
struct study {
  system model{};             ///< what is modelled
  study_settings settings{};  ///< what to do with it
  case_report report{};       ///< warnings only
};

/// Reads and checks a case directory. Throws: case_error with all findings when one of them is an error.
[[nodiscard]] study load_case(const std::string& directory, const case_options& options = {});

/// Checks a case directory without keeping what was read. Throws nothing for a case that is wrong.
[[nodiscard]] case_report validate_case(const std::string& directory, const case_options& options = {});

}  // namespace twill::sddp

template <>
struct std::is_error_code_enum<twill::sddp::errc> : std::true_type {};
