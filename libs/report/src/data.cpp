// SPDX-License-Identifier: Apache-2.0
#include "twill/report/data.hpp"

#include "text.hpp"
#include "twill/base/error.hpp"

#include <cmath>
#include <utility>

namespace twill::report {
namespace {

void append_csv_cell(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
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

/// All digits, whatever a column shows.
std::string exact_text(const data_column& column, std::size_t row) {
  switch (column.kind) {
    case column_kind::text: return column.texts[row];
    case column_kind::time: return time_text(column.numbers[row]);
    case column_kind::number: break;
  }
  return number_text(column.numbers[row]);
}

void append_json_value(std::string& out, const data_column& column, std::size_t row) {
  const std::string text = exact_text(column, row);
  if (column.kind != column_kind::text && text.empty()) {
    out += "null";
  } else if (column.kind == column_kind::number && std::isfinite(column.numbers[row])) {
    out += text;
  } else {
    detail::append_json_string(out, text);
  }
}

std::string_view kind_name(column_kind kind) noexcept {
  switch (kind) {
    case column_kind::text: return "text";
    case column_kind::time: return "time";
    case column_kind::number: break;
  }
  return "number";
}

}  // namespace

std::string data_column::heading() const { return unit.empty() ? name : name + " (" + unit + ")"; }

data_table& data_table::add(data_column column) {
  if (column.decimals && (*column.decimals < 0 || *column.decimals > 20)) {
    throw error(errc::invalid_value, {.what = "a column of a report has an impossible number of decimals",
                                      .where = twill::location{.field = column.name},
                                      .found = std::to_string(*column.decimals),
                                      .expected = "0 to 20"});
  }
  if (!columns_.empty() && column.size() != rows()) {
    throw error(errc::invalid_value, {.what = "a column of a report has another length than those before it",
                                      .where = twill::location{.field = column.name},
                                      .found = std::to_string(column.size()) + " rows",
                                      .expected = std::to_string(rows())});
  }
  columns_.push_back(std::move(column));
  return *this;
}

data_table& data_table::add_numbers(std::string name, std::string unit, std::span<const double> values,
                                    std::optional<int> decimals) {
  return add({.name = std::move(name),
              .unit = std::move(unit),
              .kind = column_kind::number,
              .numbers = {values.begin(), values.end()},
              .decimals = decimals});
}

data_table& data_table::add_times(std::string name, std::span<const double> days) {
  return add({.name = std::move(name), .kind = column_kind::time, .numbers = {days.begin(), days.end()}});
}

data_table& data_table::add_texts(std::string name, std::vector<std::string> values) {
  return add({.name = std::move(name), .kind = column_kind::text, .texts = std::move(values)});
}

std::string data_table::text_at(std::size_t row, std::size_t column) const {
  if (column >= columns_.size() || row >= rows()) {
    throw error(
        errc::invalid_value,
        {.what = "a table of a report has no such cell",
         .found = "row " + std::to_string(row) + ", column " + std::to_string(column),
         .expected = "less than " + std::to_string(rows()) + " and " + std::to_string(columns_.size())});
  }
  const data_column& c = columns_[column];
  if (c.kind == column_kind::number && c.decimals) return number_text(c.numbers[row], *c.decimals);
  return exact_text(c, row);
}

std::string data_table::to_csv() const {
  std::string out;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (c > 0) out += ',';
    append_csv_cell(out, columns_[c].heading());
  }
  out += '\n';
  for (std::size_t r = 0; r < rows(); ++r) {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) out += ',';
      append_csv_cell(out, exact_text(columns_[c], r));
    }
    out += '\n';
  }
  return out;
}

std::string data_table::to_json() const {
  std::string out = "{\"title\":";
  detail::append_json_string(out, title_);
  out += ",\"columns\":[";
  for (const data_column& c : columns_) {
    if (&c != columns_.data()) out += ',';
    out += "{\"name\":";
    detail::append_json_string(out, c.name);
    if (!c.unit.empty()) {
      out += ",\"unit\":";
      detail::append_json_string(out, c.unit);
    }
    out += ",\"kind\":\"";
    out += kind_name(c.kind);
    out += '"';
    if (c.decimals) out += ",\"decimals\":" + std::to_string(*c.decimals);
    out += '}';
  }
  out += "],\"values\":[";
  for (const data_column& c : columns_) {
    if (&c != columns_.data()) out += ',';
    out += '[';
    for (std::size_t r = 0; r < c.size(); ++r) {
      if (r > 0) out += ',';
      append_json_value(out, c, r);
    }
    out += ']';
  }
  out += "]}";
  return out;
}

}  // namespace twill::report
