// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/findings.hpp"
#include "twill/table/table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twill::table {

/// What a column of a table must be.
struct column_spec {
  std::string name{};
  column_type type = column_type::float64;
  bool required = true;             ///< whether the table must have it
  bool nullable = false;            ///< whether values may be missing
  std::optional<double> minimum{};  ///< inclusive, of numbers
  std::optional<double> maximum{};  ///< inclusive, of numbers
  std::string unit{};
  std::string doc{};  ///< a sentence for the documentation
};

/// What is told about columns that a schema lacks.
enum class unknown_columns : std::uint8_t { ignored, warned, refused };

/// The columns of a table, in any order.
struct table_schema {
  std::string name{};
  std::string doc{};
  std::vector<column_spec> columns{};
  unknown_columns unknown = unknown_columns::warned;

  [[nodiscard]] const column_spec* find(std::string_view column) const noexcept;
};

/// Checks a table against a schema, converts columns where nothing is lost, and adds all findings: missing
/// columns with the nearest name that is there, wrong types, missing values, values out of range with their
/// rows, unknown columns.
///
/// What converts: integers to a wider integer; integers of another width or sign when every value fits (with
/// a warning); integers to double when every value is exact there; float to double. A column without any
/// value is of every type.
void conform(column_table& table, const table_schema& schema, findings& out);

/// The documentation of a schema: a Markdown table.
[[nodiscard]] std::string to_markdown(const table_schema& schema);

}  // namespace twill::table
