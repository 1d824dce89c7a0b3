// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::table {

/// The errors of the table part.
enum class errc {
  invalid_input = 1,  ///< the content of a file breaks its format or its rules
  wrong_column,       ///< a column is asked for that the table lacks, or has with another type
  cannot_read,        ///< a file is absent, unreadable, or not a file
  cannot_write,       ///< a file cannot be written
  too_large,          ///< a limit on memory or size would be exceeded
  unsupported         ///< a feature of the format that is not read here
};

/// The category `twill.table`.
[[nodiscard]] const category& table_category() noexcept;
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;

/// Whether a finding ends the reading or only wants attention.
enum class severity : std::uint8_t { warning, error };

/// The rules that readers of this part check; users of `findings` add names of their own.
namespace rule {
inline constexpr std::string_view syntax = "syntax";      ///< the text is not of its format
inline constexpr std::string_view encoding = "encoding";  ///< not UTF-8
inline constexpr std::string_view limit = "limit";        ///< too deep, too long, too many
inline constexpr std::string_view number = "number";      ///< not a number as numbers are written here
inline constexpr std::string_view duplicate_key = "duplicate_key";  ///< a key twice in one object
inline constexpr std::string_view unknown_key = "unknown_key";      ///< a key that the description lacks
inline constexpr std::string_view missing_key = "missing_key";      ///< a required key is absent
inline constexpr std::string_view wrong_type = "wrong_type";        ///< a string where a number belongs, ...
inline constexpr std::string_view out_of_range = "out_of_range";    ///< below or above what is allowed
inline constexpr std::string_view invalid_value =
    "invalid_value";  ///< none of the allowed words, malformed date, ...
inline constexpr std::string_view duplicate_id = "duplicate_id";  ///< two entries with one id
inline constexpr std::string_view unknown_id = "unknown_id";      ///< a reference to an id that nothing has
inline constexpr std::string_view deprecated = "deprecated";      ///< a key that will go
inline constexpr std::string_view missing_column = "missing_column";  ///< a required column is absent
inline constexpr std::string_view unknown_column = "unknown_column";  ///< a column that the schema lacks
inline constexpr std::string_view duplicate_column = "duplicate_column";
inline constexpr std::string_view missing_value =
    "missing_value";  ///< an empty field where a value is required
inline constexpr std::string_view ragged_row =
    "ragged_row";  ///< a row with more or fewer fields than the header
inline constexpr std::string_view partition = "partition";  ///< folders or parts of a table that disagree
}  // namespace rule

/// One mistake or doubt about the input.
struct finding {
  severity level = severity::error;
  std::string rule{};
  diagnosis details{};

  /// As a user reads it: `error[rule] file:3:7 /pointer: what (found X, expected Y)` and a line with the
  /// hint.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const finding&, const finding&) = default;
};

/// Collects what is wrong with an input, so that one report names it all.
///
/// Memory stays bounded: beyond `capacity` findings are counted, not kept; the first error is always kept.
class findings {
 public:
  explicit findings(std::size_t capacity = 1000) : capacity_(capacity) {}

  void add(finding found);
  void error(std::string_view rule, diagnosis details);
  void warning(std::string_view rule, diagnosis details);
  /// Appends what another collector holds.
  void merge(const findings& other);

  /// What was kept, in the order of `add`.
  [[nodiscard]] std::span<const finding> items() const noexcept { return items_; }
  [[nodiscard]] std::size_t errors() const noexcept { return errors_; }
  [[nodiscard]] std::size_t warnings() const noexcept { return warnings_; }
  [[nodiscard]] bool empty() const noexcept { return errors_ + warnings_ == 0; }
  [[nodiscard]] bool has_errors() const noexcept { return errors_ != 0; }

  /// Orders what was kept by file, then line and column; findings at one place stay in order.
  void sort_by_place();
  /// One paragraph a finding, at most `printed` of them and then `... and N more`, errors before warnings
  /// when not all fit; the last line counts errors and warnings when there is more than one finding.
  [[nodiscard]] std::string to_string(std::size_t printed = 50) const;
  /// Throws: input_error with all findings when one of them is an error.
  void throw_if_errors() const;

 private:
  std::size_t capacity_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::vector<finding> items_;
};

/// The input is wrong; `what()` shows every finding.
class input_error : public error {
 public:
  /// Requires: `all` has an error.
  explicit input_error(findings all);
  /// An error of one finding.
  input_error(std::string_view rule, diagnosis details);

  [[nodiscard]] const char* what() const noexcept override;
  [[nodiscard]] const findings& all() const noexcept;

 private:
  struct report;
  std::shared_ptr<const report> report_;
};

}  // namespace twill::table

template <>
struct std::is_error_code_enum<twill::table::errc> : std::true_type {};
