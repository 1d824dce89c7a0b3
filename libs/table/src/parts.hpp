// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/findings.hpp"
#include "twill/table/table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::table {

/// A file of a table that lies in a folder, and what the folders on the way say about its rows.
struct table_part {
  std::string path;
  std::vector<std::pair<std::string, std::optional<std::string>>> keys;  // nothing: a missing value
};

/// Whether a path names a folder.
[[nodiscard]] bool is_folder(const std::string& path);

/// The parts below a folder in natural order; folders that disagree about their keys are findings.
[[nodiscard]] std::vector<table_part> list_parts(const std::string& folder, findings& out);

/// `a2` before `a10`: digits compare as numbers.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b) noexcept;

/// The rows of all parts one after the other, with a column for each key. Parts that do not fit are findings.
[[nodiscard]] column_table join_parts(const std::string& folder, const std::vector<table_part>& parts,
                                      std::vector<column_table> tables, findings& out);

}  // namespace twill::table
