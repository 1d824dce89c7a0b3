// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/report/data.hpp"
#include "twill/table/table.hpp"

#include <string>
#include <vector>

namespace twill::report {

/// A column table as the data of a report: dates become times, other columns what they are. Integers beyond
/// 2^53, which a double cannot hold, stay exact as texts, and so do booleans. The title is the table's source
/// by default.
[[nodiscard]] data_table from_table(const table::column_table& table, std::string title = {});

/// The values of one column as a chart takes them: days for dates, NaN where a value is missing.
/// Throws: twill::error for a column of texts or booleans.
[[nodiscard]] std::vector<double> chart_values(const table::table_column& column);

}  // namespace twill::report
