// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"

#include <optional>
#include <string>
#include <vector>

namespace twill::table::detail::pq {

// The numbers are the format's own.
enum class physical : std::int32_t { boolean, int32, int64, int96, real32, real64, byte_array, fixed };
enum class repetition : std::int32_t { required, optional, repeated };
enum class codec : std::int32_t { none, snappy, gzip, lzo, brotli, lz4, zstd, lz4_raw };
enum class encoding : std::int32_t {
  plain = 0,
  plain_dictionary = 2,
  rle = 3,
  bit_packed = 4,
  delta_binary_packed = 5,
  delta_length_byte_array = 6,
  delta_byte_array = 7,
  rle_dictionary = 8,
  byte_stream_split = 9
};
enum class page_kind : std::int32_t { data, index, dictionary, data_v2 };
enum class converted : std::int32_t {
  utf8,
  map,
  map_key_value,
  list,
  enumeration,
  decimal,
  date,
  time_millis,
  time_micros,
  timestamp_millis,
  timestamp_micros,
  uint8,
  uint16,
  uint32,
  uint64,
  int8,
  int16,
  int32,
  int64,
  json,
  bson,
  interval
};
enum class logical : std::int16_t {
  none = 0,
  string = 1,
  map = 2,
  list = 3,
  enumeration = 4,
  decimal = 5,
  date = 6,
  time = 7,
  timestamp = 8,
  integer = 10,
  unknown = 11,
  json = 12,
  bson = 13,
  uuid = 14,
  float16 = 15
};
enum class time_unit : std::int16_t { millis = 1, micros = 2, nanos = 3 };

/// A name for messages: `DELTA_BYTE_ARRAY`, or the number where the format has no name for it.
[[nodiscard]] std::string name_of(physical value);
[[nodiscard]] std::string name_of(codec value);
[[nodiscard]] std::string name_of(encoding value);

struct logical_type {
  logical kind = logical::none;
  int bits = 0;
  bool is_signed = true;
  time_unit unit = time_unit::millis;
  bool utc = false;
};

struct schema_element {
  std::optional<physical> type{};
  std::int32_t length = 0;
  repetition repeats = repetition::required;
  std::string name{};
  std::int32_t children = 0;
  std::optional<converted> annotation{};
  std::int32_t scale = 0;
  std::int32_t precision = 0;
  logical_type meaning{};
};

struct statistics {
  std::optional<std::string> min{};
  std::optional<std::string> max{};
  std::optional<std::int64_t> nulls{};
};

struct column_chunk {
  physical type{};
  std::vector<encoding> encodings{};
  std::vector<std::string> path{};
  codec compression{};
  std::int64_t values = 0;
  std::int64_t uncompressed = 0;
  std::int64_t compressed = 0;
  std::int64_t data_page = 0;
  std::optional<std::int64_t> dictionary_page{};
  statistics stats{};
  std::string other_file{};  ///< set when the chunk is in another file
  bool encrypted = false;
};

struct row_group {
  std::vector<column_chunk> columns{};
  std::int64_t bytes = 0;
  std::int64_t rows = 0;
  std::int64_t compressed = 0;
  std::int64_t offset = 0;
};

struct file_metadata {
  std::int32_t version = 2;
  std::vector<schema_element> schema{};
  std::int64_t rows = 0;
  std::vector<row_group> groups{};
  std::string created_by{};
  bool encrypted = false;
};

struct page_header {
  page_kind kind{};
  std::int32_t uncompressed = 0;
  std::int32_t compressed = 0;
  std::optional<std::uint32_t> crc{};
  std::int32_t values = 0;
  encoding form = encoding::plain;
  encoding levels = encoding::rle;
  std::int32_t nulls = 0;             ///< v2
  std::int32_t rows = 0;              ///< v2
  std::int32_t definition_bytes = 0;  ///< v2
  std::int32_t repetition_bytes = 0;  ///< v2
  bool is_compressed = true;          ///< v2
};

/// Throws: `twill::error` when the bytes are not the structure; `at.offset` is where they begin.
[[nodiscard]] file_metadata read_file_metadata(bytes data, const context& at);
/// `size` receives the bytes the header takes.
[[nodiscard]] page_header read_page_header(bytes data, const context& at, std::size_t& size);

[[nodiscard]] std::string write_file_metadata(const file_metadata& metadata);
[[nodiscard]] std::string write_page_header(const page_header& header);

}  // namespace twill::table::detail::pq
