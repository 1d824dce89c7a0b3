// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/table.hpp"

#include <string>

namespace twill::table::detail::pq {

/// Appends the present values of the rows `[first, first + count)` in PLAIN encoding.
void write_plain(const table_column& column, std::size_t first, std::size_t count, std::string& out);
/// The same for one row.
void write_plain_value(const table_column& column, std::size_t row, std::string& out);

}  // namespace twill::table::detail::pq
