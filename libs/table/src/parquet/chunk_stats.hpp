// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/metadata.hpp"
#include "twill/table/table.hpp"

namespace twill::table::detail::pq {

/// Smallest, largest and missing values of the rows `[first, first + count)`. NaN takes no part; zeros are
/// widened to -0 and +0, as the format asks, so that a reader may skip a chunk safely; bounds of long texts
/// are left out.
[[nodiscard]] statistics chunk_statistics(const table_column& column, std::size_t first, std::size_t count);

}  // namespace twill::table::detail::pq
