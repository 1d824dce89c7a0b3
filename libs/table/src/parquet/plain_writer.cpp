// SPDX-License-Identifier: Apache-2.0
#include "parquet/plain_writer.hpp"

#include <cstring>

namespace twill::table::detail::pq {

namespace {

template <class T>
void write_words(const table_column& column, std::size_t first, std::size_t count, std::string& out) {
  const std::span<const T> values = column.values<T>().subspan(first, count);
  const std::size_t begin = out.size();
  out.resize(begin + values.size_bytes());
  char* to = out.data() + begin;
  if (column.null_count() == 0) {
    if (!values.empty()) std::memcpy(to, values.data(), values.size_bytes());
    return;
  }
  std::size_t n = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (column.is_null(first + i)) continue;
    std::memcpy(to + n, &values[i], sizeof(T));
    n += sizeof(T);
  }
  out.resize(begin + n);
}

void write_bits(const table_column& column, std::size_t first, std::size_t count, std::string& out) {
  const std::span<const bool> values = column.values<bool>();
  unsigned byte = 0;
  unsigned filled = 0;
  for (std::size_t row = first; row < first + count; ++row) {
    if (column.is_null(row)) continue;
    byte |= (values[row] ? 1U : 0U) << filled;
    if (++filled == 8) out.push_back(static_cast<char>(byte)), byte = 0, filled = 0;
  }
  if (filled > 0) out.push_back(static_cast<char>(byte));
}

void write_text(std::string_view text, std::string& out) {
  const auto size = static_cast<std::uint32_t>(text.size());
  char head[4];
  std::memcpy(head, &size, 4);
  out.append(head, 4);
  out.append(text);
}

}  // namespace

void write_plain(const table_column& column, std::size_t first, std::size_t count, std::string& out) {
  switch (column.type()) {
    case column_type::boolean: return write_bits(column, first, count, out);
    case column_type::int32: return write_words<std::int32_t>(column, first, count, out);
    case column_type::int64: return write_words<std::int64_t>(column, first, count, out);
    case column_type::uint32: return write_words<std::uint32_t>(column, first, count, out);
    case column_type::uint64: return write_words<std::uint64_t>(column, first, count, out);
    case column_type::float32: return write_words<float>(column, first, count, out);
    case column_type::float64: return write_words<double>(column, first, count, out);
    case column_type::date: return write_words<date>(column, first, count, out);
    case column_type::string:
      for (std::size_t row = first; row < first + count; ++row) {
        if (!column.is_null(row)) write_text(column.strings()[row], out);
      }
  }
}

void write_plain_value(const table_column& column, std::size_t row, std::string& out) {
  write_plain(column, row, 1, out);
}

}  // namespace twill::table::detail::pq
