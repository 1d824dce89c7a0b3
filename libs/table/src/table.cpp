// SPDX-License-Identifier: Apache-2.0
#include "twill/table/table.hpp"

#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"
#include "twill/table/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace twill::table {

std::string_view name_of(column_type type) noexcept {
  switch (type) {
    case column_type::boolean: return "bool";
    case column_type::int32: return "int32";
    case column_type::int64: return "int64";
    case column_type::uint32: return "uint32";
    case column_type::uint64: return "uint64";
    case column_type::float32: return "float";
    case column_type::float64: return "double";
    case column_type::string: return "string";
    case column_type::date: return "date";
  }
  return "unknown";
}

table_column::table_column(std::string name, column_type type, bool nullable)
    : name_(std::move(name)), type_(type), nullable_(nullable) {
  switch (type) {
    case column_type::boolean: values_.emplace<buffer<bool>>(); break;
    case column_type::int32: values_.emplace<buffer<std::int32_t>>(); break;
    case column_type::int64: values_.emplace<buffer<std::int64_t>>(); break;
    case column_type::uint32: values_.emplace<buffer<std::uint32_t>>(); break;
    case column_type::uint64: values_.emplace<buffer<std::uint64_t>>(); break;
    case column_type::float32: values_.emplace<buffer<float>>(); break;
    case column_type::float64: values_.emplace<buffer<double>>(); break;
    case column_type::string: values_.emplace<string_array>(); break;
    case column_type::date: values_.emplace<buffer<date>>(); break;
  }
}

table_column::table_column(std::string name, string_array values, buffer<std::uint8_t> validity)
    : name_(std::move(name)), type_(column_type::string), values_(std::move(values)) {
  set_validity(std::move(validity));
}

std::size_t table_column::size() const noexcept {
  return std::visit([](const auto& values) { return values.size(); }, values_);
}

const string_array& table_column::strings() const {
  require_type(column_type::string);
  return std::get<string_array>(values_);
}

string_array& table_column::mutable_strings() {
  require_type(column_type::string);
  return std::get<string_array>(values_);
}

void table_column::set_validity(buffer<std::uint8_t> validity) {
  if (validity.empty()) {
    validity_.clear();
    null_count_ = 0;
    return;
  }
  if (validity.size() != size()) {
    throw error(errc::wrong_column,
                {.what = fmt::format("column \"{}\" has a validity of another length", name_),
                 .found = fmt::format("{} validities", validity.size()),
                 .expected = fmt::format("{}, one a row", size())});
  }
  nullable_ = true;
  null_count_ = static_cast<std::size_t>(std::ranges::count(validity, std::uint8_t{0}));
  if (null_count_ == 0) {
    validity_.clear();
    return;
  }
  validity_ = std::move(validity);
  std::visit(
      [&]<class Values>(Values& values) {
        if constexpr (!std::is_same_v<Values, string_array>) {
          using element = std::remove_cvref_t<decltype(values[0])>;
          for (std::size_t row = 0; row < values.size(); ++row) {
            if (validity_[row] == 0) values[row] = null_slot<element>;
          }
        }
      },
      values_);
}

void table_column::set_nullable(bool nullable) {
  if (!nullable && null_count_ != 0) {
    throw error(errc::wrong_column,
                {.what = fmt::format("column \"{}\" cannot be without missing values", name_),
                 .found = fmt::format("{} missing values", null_count_)});
  }
  nullable_ = nullable;
}

void table_column::require_type(column_type wanted) const {
  if (wanted == type_) return;
  throw error(errc::wrong_column,
              {.what = fmt::format("column \"{}\" has another type", name_),
               .found = std::string(name_of(type_)),
               .expected = std::string(name_of(wanted)),
               .hint = "check a schema with `conform` before reading: it also widens numbers"});
}

std::string table_column::text_at(std::size_t row) const {
  if (is_null(row)) return {};
  return std::visit(
      [row]<class Values>(const Values& values) -> std::string {
        using element = std::remove_cvref_t<decltype(values[0])>;
        if constexpr (std::is_same_v<element, bool>)
          return values[row] ? "true" : "false";
        else if constexpr (std::is_same_v<element, std::string_view>)
          return std::string(values[row]);
        else if constexpr (std::is_same_v<element, date>)
          return table::to_string(values[row]);
        else if constexpr (std::is_same_v<element, double>)
          return shortest(values[row]);
        else {
          char text[32];
          const auto end = std::to_chars(text, text + sizeof text, values[row]).ptr;
          return {text, end};
        }
      },
      values_);
}

bool operator==(const table_column& a, const table_column& b) noexcept {
  if (a.name_ != b.name_ || a.type_ != b.type_ || a.size() != b.size() || a.null_count_ != b.null_count_)
    return false;
  for (std::size_t row = 0; a.null_count_ != 0 && row < a.size(); ++row) {
    if (a.is_null(row) != b.is_null(row)) return false;
  }
  return std::visit(
      [&]<class Values>(const Values& mine) {
        const auto& theirs = *std::get_if<Values>(&b.values_);
        for (std::size_t row = 0; row < mine.size(); ++row) {
          if (a.is_null(row)) continue;
          const auto x = mine[row];
          const auto y = theirs[row];
          if constexpr (std::is_floating_point_v<std::remove_cvref_t<decltype(x)>>) {
            if (std::isnan(x) && std::isnan(y)) continue;
          }
          if (!(x == y)) return false;
        }
        return true;
      },
      a.values_);
}

std::vector<std::string_view> column_table::column_names() const {
  std::vector<std::string_view> names;
  names.reserve(columns_.size());
  for (const table_column& c : columns_) names.push_back(c.name());
  return names;
}

const table_column* column_table::find(std::string_view name) const noexcept {
  const auto it = std::ranges::find(columns_, name, &table_column::name);
  return it == columns_.end() ? nullptr : &*it;
}

const table_column& column_table::at(std::string_view name) const {
  if (const table_column* found = find(name)) return *found;
  const auto names = column_names();
  const std::string near = nearest_name(name, names);
  throw error(errc::wrong_column, {.what = fmt::format("no column \"{}\"", name),
                                   .where = {.file = source_},
                                   .found = fmt::format("{}", fmt::join(names, ", ")),
                                   .hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
}

const table_column& column_table::complete(std::string_view name) const {
  const table_column& found = at(name);
  if (found.null_count() == 0) return found;
  const auto gap = static_cast<std::size_t>(std::ranges::find(found.validity(), std::uint8_t{0}) -
                                            found.validity().begin());
  throw error(errc::wrong_column,
              {.what = "a value is missing",
               .where = where(gap, name),
               .found = fmt::format("{} of {} values missing", found.null_count(), found.size()),
               .expected = "every value present"});
}

void column_table::add(table_column column) {
  if (has(column.name())) {
    throw error(errc::wrong_column, {.what = fmt::format("two columns are named \"{}\"", column.name()),
                                     .where = {.file = source_}});
  }
  if (columns_.empty() && rows_ == 0) rows_ = column.size();
  if (column.size() != rows_) {
    throw error(errc::wrong_column, {.what = fmt::format("column \"{}\" has another length", column.name()),
                                     .where = {.file = source_},
                                     .found = fmt::format("{} rows", column.size()),
                                     .expected = fmt::format("{} rows", rows_)});
  }
  columns_.push_back(std::move(column));
}

void column_table::replace(table_column column) {
  const auto at_name = std::ranges::find(columns_, column.name(), &table_column::name);
  if (at_name == columns_.end()) return add(std::move(column));
  if (column.size() != rows_) {
    throw error(errc::wrong_column, {.what = fmt::format("column \"{}\" has another length", column.name()),
                                     .where = {.file = source_},
                                     .found = fmt::format("{} rows", column.size()),
                                     .expected = fmt::format("{} rows", rows_)});
  }
  *at_name = std::move(column);
}

void column_table::set_rows(std::size_t rows) {
  if (!columns_.empty() && columns_.front().size() != rows) {
    throw error(errc::wrong_column, {.what = "the columns have another number of rows",
                                     .where = {.file = source_},
                                     .found = fmt::format("{} rows", columns_.front().size()),
                                     .expected = fmt::format("{} rows", rows)});
  }
  rows_ = rows;
}

location column_table::where(std::size_t row, std::string_view column) const {
  std::size_t line = 0;
  if (first_line_ != 0) line = lines_.empty() ? first_line_ + row : static_cast<std::size_t>(lines_[row]);
  return {.file = source_, .line = line, .row = row + 1, .field = std::string(column)};
}

void column_table::set_lines(std::size_t first, buffer<std::uint64_t> each) {
  first_line_ = first;
  lines_ = std::move(each);
}

bool operator==(const column_table& a, const column_table& b) noexcept {
  return a.rows_ == b.rows_ && a.columns_ == b.columns_;
}

}  // namespace twill::table
