// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/metadata.hpp"
#include "twill/table/table.hpp"

#include <optional>
#include <vector>

namespace twill::table::detail::pq {

/// A chunk's distinct present values in the order they first appear, and each present value's place among
/// them.
struct dictionary {
  std::vector<std::size_t> rows{};  ///< a row that holds each distinct value
  buffer<std::uint32_t> indices{};
};

/// Nothing where a dictionary would not make the chunk smaller.
[[nodiscard]] std::optional<dictionary> build_dictionary(const table_column& column, std::size_t first,
                                                         std::size_t count);

}  // namespace twill::table::detail::pq
