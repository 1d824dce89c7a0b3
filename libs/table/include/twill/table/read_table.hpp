// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/csv.hpp"
#include "twill/table/findings.hpp"
#include "twill/table/parquet.hpp"
#include "twill/table/schema.hpp"
#include "twill/table/table.hpp"

#include <optional>
#include <string>

namespace twill::table {

/// How `read_table` reads.
struct read_table_options {
  /// Columns to keep (empty: all) and the most memory to take.
  read_options read{};
  /// What the table must be: types for CSV, then `conform` whatever the format.
  std::optional<table_schema> schema{};
  /// For CSV files; its schema, columns and memory limit are taken from above.
  csv_options csv{};
};

/// Reads a table from a Parquet file, a CSV file, or a folder of them, known by content, not by name.
///
/// In a folder, files `*.parquet` and `*.csv` at any depth are parts of one table, in the natural order of
/// their paths
/// (`part-2` before `part-10`); names that begin with `_` or `.` are left out. A folder `key=value` on the
/// way gives a column `key`: integers or dates when all values are, else texts; `%20` and its kind are
/// decoded and
/// `__HIVE_DEFAULT_PARTITION__` is a missing value. Parts must have the same columns; integers widen and mix
/// with doubles.
///
/// Adds what is wrong to `out`. Throws: twill::error when a file cannot be read or is not what it claims to
/// be.
[[nodiscard]] column_table read_table(const std::string& path, const read_table_options& options,
                                      findings& out);
/// As above. Throws also: input_error with all findings.
[[nodiscard]] column_table read_table(const std::string& path, const read_table_options& options = {});

}  // namespace twill::table
