// SPDX-License-Identifier: Apache-2.0
#include "twill/table/csv.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace twill::table {
namespace {

void append_text(std::string& out, std::string_view text, char delimiter) {
  const char special[] = {'"', '\r', '\n', delimiter};
  const bool plain =
      !text.empty() &&
      text.find_first_of(std::string_view(special, sizeof special)) == std::string_view::npos &&
      !text.starts_with("\xEF\xBB\xBF");
  if (plain) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

template <class T>
void append_value(std::string& out, const table_column& column, std::size_t row, char delimiter) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    append_text(out, column.strings()[row], delimiter);
  } else if constexpr (std::is_same_v<T, bool>) {
    out += column.values<bool>()[row] ? "true" : "false";
  } else if constexpr (std::is_same_v<T, date>) {
    out += to_string(column.values<date>()[row]);
  } else {
    char text[40];
    out.append(text, std::to_chars(text, text + sizeof text, column.values<T>()[row]).ptr);
  }
}

using appender = void (*)(std::string&, const table_column&, std::size_t, char);

appender appender_for(column_type type) noexcept {
  switch (type) {
    case column_type::boolean: return append_value<bool>;
    case column_type::int32: return append_value<std::int32_t>;
    case column_type::int64: return append_value<std::int64_t>;
    case column_type::uint32: return append_value<std::uint32_t>;
    case column_type::uint64: return append_value<std::uint64_t>;
    case column_type::float32: return append_value<float>;
    case column_type::float64: return append_value<double>;
    case column_type::string: return append_value<std::string_view>;
    case column_type::date: return append_value<date>;
  }
  return append_value<double>;
}

}  // namespace

std::string write_csv(const column_table& table, const csv_write_options& options) {
  const std::string_view line_end = options.crlf ? "\r\n" : "\n";
  std::string out;
  std::vector<appender> appenders;
  for (const table_column& column : table.columns()) {
    if (!appenders.empty()) out += options.delimiter;
    append_text(out, column.name(), options.delimiter);
    appenders.push_back(appender_for(column.type()));
  }
  out += line_end;
  const auto columns = table.columns();
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (c != 0) out += options.delimiter;
      if (!columns[c].is_null(row)) appenders[c](out, columns[c], row, options.delimiter);
    }
    out += line_end;
  }
  return out;
}

}  // namespace twill::table
