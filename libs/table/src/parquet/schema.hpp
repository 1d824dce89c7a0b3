// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/metadata.hpp"
#include "twill/table/table.hpp"

#include <string>
#include <vector>

namespace twill::table::detail::pq {

/// How stored values become column values.
enum class conversion : std::uint8_t {
  same,     ///< the stored bits
  int96,    ///< 12 bytes: nanoseconds of the day and Julian day, to nanoseconds since 1970
  decimal,  ///< big-endian two's complement of any length, to 64 bits
  half,     ///< 16-bit float, to float
  uuid,     ///< 16 bytes, to text
  text      ///< texts or bytes as they are
};

/// One leaf of the schema, in file order: a leaf and its chunk in each row group share their index.
struct leaf {
  std::string name{};  ///< dotted path
  physical type{};
  std::size_t length = 0;  ///< bytes a value, where fixed
  bool optional = false;
  column_type target = column_type::int32;
  conversion convert = conversion::same;
  bool must_be_utf8 = false;
  std::string described{};  ///< "timestamp(us, UTC)", "decimal(9,2)", ...
  std::string refusal{};    ///< why the column cannot be read, empty when it can
};

/// Throws: `twill::error` when the schema contradicts itself. Nested columns come out with a refusal.
[[nodiscard]] std::vector<leaf> read_schema(const file_metadata& metadata, const context& at);

/// The schema element of a column to be written.
[[nodiscard]] schema_element schema_of(const table_column& column);

}  // namespace twill::table::detail::pq
