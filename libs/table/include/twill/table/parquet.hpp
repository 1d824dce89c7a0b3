// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/buffer.hpp"
#include "twill/table/table.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace twill::table {

/// Reads a flat Parquet file; missing values, dates and unsigned integers keep their meaning.
///
/// Timestamps, times and decimals come as the integers that the file stores (INT96 as nanoseconds since
/// 1970); their unit or scale is in `inspect_parquet`. Nested columns are refused unless `options.columns`
/// leaves them out. A file that claims to expand to more than 1 GiB and 10,000 times its size, or beyond
/// `options.memory_limit`, is refused before memory is taken for the claim. Throws: twill::error that names
/// file, row group, page, byte and column. Complexity: linear; memory is the table plus one page.
[[nodiscard]] column_table read_parquet(const std::string& path, const read_options& options = {});
/// The same from memory; `source` names it in messages.
[[nodiscard]] column_table read_parquet(std::span<const std::byte> content, std::string source,
                                        const read_options& options = {});

/// How pages are compressed.
enum class parquet_codec : std::uint8_t { none, snappy, gzip, zstd };

/// How a table is written. The same table and options give the same bytes.
struct parquet_write_options {
  parquet_codec codec = parquet_codec::zstd;
  int level = 3;                                  ///< zstd 1 to 19, gzip 1 to 9; the others have none
  std::size_t row_group_rows = 1U << 20;          ///< at least 1
  std::size_t page_bytes = std::size_t{1} << 20;  ///< aimed at, before compression; 64 to 2^30
  int page_version = 1;                           ///< 1, which every reader knows, or 2
  bool dictionary = true;                         ///< where it makes a column smaller
  bool statistics = true;                         ///< smallest, largest and missing values of each chunk
  bool checksums = false;                         ///< a CRC-32 on each page
};

/// Writes a table; the file appears under its name only when it is whole.
/// Throws: twill::error when an option is out of range or the file cannot be written.
void write_parquet(const std::string& path, const column_table& table,
                   const parquet_write_options& options = {});
/// The bytes that `write_parquet` would put into a file.
[[nodiscard]] buffer<std::byte> encode_parquet(const column_table& table,
                                               const parquet_write_options& options = {});

/// A column as the file describes it.
struct parquet_column {
  std::string name{};                    ///< dotted path where nested
  std::string type{};                    ///< "int8", "decimal(9,2)", "timestamp(us, UTC)", ...
  std::optional<column_type> read_as{};  ///< nothing: `read_parquet` refuses the column
  bool nullable = false;
};

/// A column's part of a row group.
struct parquet_chunk {
  std::string codec{};
  std::vector<std::string> encodings{};
  std::uint64_t values = 0;
  std::uint64_t compressed_bytes = 0;
  std::uint64_t uncompressed_bytes = 0;
  std::optional<std::uint64_t> nulls{};
  std::optional<std::string> min{};  ///< as a text like `table_column::text_at`; decimals unscaled
  std::optional<std::string> max{};
};

struct parquet_row_group {
  std::size_t rows = 0;
  std::vector<parquet_chunk> chunks{};  ///< one a column
};

/// What a file says of itself, without its data.
struct parquet_info {
  std::size_t rows = 0;
  std::string created_by{};
  std::vector<parquet_column> columns{};
  std::vector<parquet_row_group> row_groups{};
};

/// Throws: twill::error as `read_parquet`.
[[nodiscard]] parquet_info inspect_parquet(const std::string& path);
[[nodiscard]] parquet_info inspect_parquet(std::span<const std::byte> content, std::string source);

}  // namespace twill::table
