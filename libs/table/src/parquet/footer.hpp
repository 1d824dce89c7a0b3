// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/schema.hpp"
#include "parquet/source.hpp"

namespace twill::table::detail::pq {

/// The footer with its schema, both checked against each other: every row group has one chunk a leaf, of the
/// leaf's type and path and with the group's number of rows.
struct footer {
  file_metadata metadata{};
  std::vector<leaf> leaves{};
  std::uint64_t offset = 0;  ///< where it begins in the file
};

/// Throws: `twill::error` when the file is not Parquet, is encrypted, or its footer is damaged.
[[nodiscard]] footer read_footer(byte_source& file, context& at);

}  // namespace twill::table::detail::pq
