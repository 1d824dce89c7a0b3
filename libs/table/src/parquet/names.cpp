// SPDX-License-Identifier: Apache-2.0
#include "parquet/metadata.hpp"

#include <array>
#include <string_view>

namespace twill::table::detail::pq {

namespace {

template <std::size_t N>
std::string pick(const std::array<std::string_view, N>& names, std::int32_t value, std::string_view kind) {
  if (value >= 0 && static_cast<std::size_t>(value) < N && !names[static_cast<std::size_t>(value)].empty()) {
    return std::string(names[static_cast<std::size_t>(value)]);
  }
  return std::string(kind) + " " + std::to_string(value);
}

}  // namespace

std::string name_of(physical value) {
  static constexpr std::array<std::string_view, 8> names = {
      "BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
  return pick(names, static_cast<std::int32_t>(value), "type");
}

std::string name_of(codec value) {
  static constexpr std::array<std::string_view, 8> names = {"UNCOMPRESSED", "SNAPPY", "GZIP", "LZO",
                                                            "BROTLI",       "LZ4",    "ZSTD", "LZ4_RAW"};
  return pick(names, static_cast<std::int32_t>(value), "codec");
}

std::string name_of(encoding value) {
  static constexpr std::array<std::string_view, 10> names = {"PLAIN",
                                                             "",
                                                             "PLAIN_DICTIONARY",
                                                             "RLE",
                                                             "BIT_PACKED",
                                                             "DELTA_BINARY_PACKED",
                                                             "DELTA_LENGTH_BYTE_ARRAY",
                                                             "DELTA_BYTE_ARRAY",
                                                             "RLE_DICTIONARY",
                                                             "BYTE_STREAM_SPLIT"};
  return pick(names, static_cast<std::int32_t>(value), "encoding");
}

}  // namespace twill::table::detail::pq
