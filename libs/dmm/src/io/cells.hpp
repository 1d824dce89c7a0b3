// SPDX-License-Identifier: Apache-2.0
// What the readers have in common: a table that grows cell by cell, and how a cell's mistakes are told.
#pragma once

#include "twill/dmm/io.hpp"
#include "twill/table/findings.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace twill::dmm::detail {

// Rows of a file with their counts that are not zero, whatever its rows mean.
struct cell_table {
  std::vector<std::string> row_names;
  std::vector<std::string> column_names;
  std::string corner;  // the header's first field
  std::vector<std::int64_t> row_ptr{0};
  std::vector<std::int32_t> column;
  std::vector<double> count;
  std::vector<std::string> notes;

  void add(std::size_t in_column, double value) {
    column.push_back(static_cast<std::int32_t>(in_column));
    count.push_back(value);
  }
  void end_row() { row_ptr.push_back(static_cast<std::int64_t>(count.size())); }
  [[nodiscard]] std::size_t rows() const noexcept { return row_ptr.size() - 1; }
};

// The count that a text says; a mistake becomes a finding, and 0.
[[nodiscard]] double count_of(std::string_view text, const location& where, table::findings& out);
[[nodiscard]] double checked_count(double value, std::string_view text, const location& where,
                                   table::findings& out);

[[nodiscard]] cell_table read_delimited(std::string_view text, const std::string& name, table::findings& out);
[[nodiscard]] cell_table read_shared(std::string_view text, const std::string& name, table::findings& out);
[[nodiscard]] cell_table read_matrix_market(std::string_view text, const std::string& name,
                                            table::findings& out);
[[nodiscard]] cell_table read_biom(std::string_view text, const std::string& name, table::findings& out);
// Throws: error (malformed_table) for what is no BIOM 2, (unsupported) in a build without HDF5.
[[nodiscard]] cell_table read_biom2(std::string_view content, const std::string& name, table::findings& out);
[[nodiscard]] cell_table read_parquet_counts(std::string_view content, const std::string& name,
                                             table::findings& out);

// Splits off the next line, without its end; `\r\n` counts as one.
[[nodiscard]] std::string_view next_line(std::string_view& rest);

}  // namespace twill::dmm::detail
