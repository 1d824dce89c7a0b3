// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/findings.hpp"
#include "twill/table/schema.hpp"
#include "twill/table/table.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twill::table {

/// How a CSV text is read.
struct csv_options {
  /// Comma, semicolon or tab; found from the first lines when empty.
  std::optional<char> delimiter{};
  /// Types to read columns as, by name. Other columns get the narrowest of bool, int64, double, date and
  /// string that holds all their values. `conform` is applied at the end.
  std::optional<table_schema> schema{};
  /// Columns to keep; empty means all.
  std::vector<std::string> columns{};
  /// Unquoted texts that mean "no value", besides the empty field.
  std::vector<std::string> missing{};
  /// Accept `nan` and `inf` as doubles.
  bool not_finite = false;
  std::size_t max_columns = 10'000;
  std::size_t max_record_bytes = std::size_t{64} << 20;  ///< of one row
  std::size_t memory_limit = std::size_t{64} << 30;      ///< of the decoded table
};

/// A table read from CSV and what was found about its form.
struct csv_result {
  column_table table{};
  char delimiter = ',';
  bool delimiter_detected = false;
  bool byte_order_mark = false;
  bool crlf = false;  ///< whether the first line ends with a carriage return and a line feed

  /// "12 rows, 3 columns, semicolon-separated (detected), CRLF, byte order mark"
  [[nodiscard]] std::string to_string() const;
};

/// Reads CSV (RFC 4180 with a header line; LF or CRLF; UTF-8), or adds what is wrong with it to `out`. An
/// empty field is a missing value; a quoted empty one is the empty text. The table holds what could be read.
[[nodiscard]] csv_result read_csv(std::string_view text, const std::string& name, const csv_options& options,
                                  findings& out);
/// As above. Throws: input_error with all mistakes.
[[nodiscard]] csv_result read_csv(std::string_view text, const std::string& name = "CSV text",
                                  const csv_options& options = {});

/// Reads a file. Throws: twill::error when it cannot be read, input_error with all mistakes.
[[nodiscard]] csv_result read_csv_file(const std::string& path, const csv_options& options = {});

/// How a table is written as CSV.
struct csv_write_options {
  char delimiter = ',';
  bool crlf = false;
};

/// The table as CSV: shortest numbers that round-trip, quotes only where needed, missing values as empty
/// fields, the empty text as `""`.
[[nodiscard]] std::string write_csv(const column_table& table, const csv_write_options& options = {});

}  // namespace twill::table
