// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace twill {

/// What a program of this project returns to its caller; 128+n, death by signal n, is the shell's to report.
enum class exit_code : int {
  success = 0,        ///< also a graceful stop that left a complete checkpoint
  invalid_input = 1,  ///< validation: the input is wrong
  io = 2,             ///< cannot read, cannot write, disk full
  numerical = 3,      ///< a solver failed, or did not converge where convergence was required
  internal = 4,       ///< internal or communication failure, a rank lost
  usage = 64          ///< unknown flag or command, malformed value
};

/// The errors of the base part. Every part has an enumeration and a category of its own.
enum class errc {
  invalid_value = 1,  ///< a value is malformed or outside its range
  missing_value,      ///< something required is absent
  unknown_name,       ///< a name that nothing here has
  bad_configuration,  ///< a setting is malformed or contradicts another
  cannot_read,        ///< a file is absent, unreadable, or not a file
  cannot_write,       ///< a file cannot be created, written or renamed
  disk_full,          ///< no space, or a quota is exhausted
  corrupt_data,       ///< a checksum or a size disagrees with its content
  unsupported,        ///< this build or this machine cannot do it
  internal            ///< a broken invariant of our own
};

/// One category a part: the name of each code as messages show it, and the exit code a program ends with.
class category : public std::error_category {
 public:
  /// The enumerator's name: what stands in the brackets of `error[CODE]`.
  [[nodiscard]] virtual std::string_view code_name(int code) const noexcept = 0;
  /// The exit code of a program that ends with this error.
  [[nodiscard]] virtual exit_code exit_for(int code) const noexcept = 0;
};

/// The category of `twill::errc`.
[[nodiscard]] const category& base_category() noexcept;
/// The code with its category, as the standard library asks of an error code enumeration.
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;

/// Where in the user's input a mistake is. Fields are optional; lines and columns count from 1, rows from 0.
struct location {
  std::string file{};                ///< path as the user gave it, or the name of a setting or flag
  std::size_t line = 0;              ///< 0: unknown
  std::size_t column = 0;            ///< in bytes; 0: unknown
  std::string pointer{};             ///< JSON pointer (RFC 6901)
  std::optional<std::size_t> row{};  ///< data row of a table, the header not counted
  std::string field{};               ///< column name of a table

  [[nodiscard]] bool empty() const noexcept;
  /// `file:line:column /json/pointer`, `file row 7 column "demand"`, or as much of it as is known.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const location&, const location&) = default;
};

/// All that a person needs to mend a mistake.
///
/// In a designated initialiser write `.where = twill::location{.file = ...}` with the type's name: without it
/// g++ 12 warns of members that it takes for uninitialised.
struct diagnosis {
  std::string what{};      ///< what is wrong, a sentence without capital and full stop
  location where{};        ///< in the user's input
  std::string found{};     ///< the offending text, empty when there is none
  std::string expected{};  ///< what would have been right
  std::string hint{};      ///< what to do

  friend bool operator==(const diagnosis&, const diagnosis&) = default;
};

/// `error[CODE] where: what (found X, expected Y)` and, on a line of its own, `hint: ...`.
[[nodiscard]] std::string format_diagnosis(std::string_view severity, std::string_view code_name,
                                           const diagnosis& d);

/// The root of every exception that crosses a boundary of this project.
///
/// Copying does not throw: the diagnosis is shared, as [exception] asks of a type that is thrown.
class error : public std::system_error {
 public:
  /// Effects: composes the message once, so that `what()` cannot fail.
  error(std::error_code code, diagnosis d);
  /// The same for a code of the base part.
  error(errc code, diagnosis d) : error(make_error_code(code), std::move(d)) {}

  /// The whole message as a user reads it, hint included.
  [[nodiscard]] const char* what() const noexcept override;
  /// What is wrong, where, found, expected and hint, as they were given.
  [[nodiscard]] const diagnosis& details() const noexcept;
  /// The place of the mistake.
  [[nodiscard]] const location& where() const noexcept { return details().where; }
  /// The offending text; empty when there is none.
  [[nodiscard]] const std::string& found() const noexcept { return details().found; }
  /// What would have been right; empty when it goes without saying.
  [[nodiscard]] const std::string& expected() const noexcept { return details().expected; }
  /// What to do; empty when nobody knows.
  [[nodiscard]] const std::string& hint() const noexcept { return details().hint; }
  /// The enumerator's name of `code()`.
  [[nodiscard]] std::string_view code_name() const noexcept;
  /// What a program that ends with this error returns.
  [[nodiscard]] exit_code exit() const noexcept;

 private:
  struct content;
  std::shared_ptr<const content> content_;
};

/// The exit code of any exception: an `error` knows its own; a failed system call is `io`; all else
/// `internal`.
[[nodiscard]] exit_code exit_code_of(const std::exception& e) noexcept;

}  // namespace twill

template <>
struct std::is_error_code_enum<twill::errc> : std::true_type {};
