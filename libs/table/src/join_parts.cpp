// SPDX-License-Identifier: Apache-2.0
#include "parts.hpp"
#include "twill/base/number.hpp"
#include "twill/table/schema.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twill::table {
namespace {

bool is_integer(column_type t) noexcept {
  return t == column_type::int32 || t == column_type::int64 || t == column_type::uint32 ||
         t == column_type::uint64;
}

/// The type that columns of two parts share, nothing when there is none.
std::optional<column_type> shared_type(column_type a, column_type b) noexcept {
  if (a == b) return a;
  const bool numbers = (is_integer(a) || a == column_type::float32 || a == column_type::float64) &&
                       (is_integer(b) || b == column_type::float32 || b == column_type::float64);
  if (!numbers) return std::nullopt;
  return is_integer(a) && is_integer(b) ? column_type::int64 : column_type::float64;
}

template <class T>
void append_values(table_column& to, const table_column& from) {
  to.mutable_values<T>().append(from.values<T>());
}

void append_column(table_column& to, const table_column& from) {
  switch (from.type()) {
    case column_type::boolean: return append_values<bool>(to, from);
    case column_type::int32: return append_values<std::int32_t>(to, from);
    case column_type::int64: return append_values<std::int64_t>(to, from);
    case column_type::uint32: return append_values<std::uint32_t>(to, from);
    case column_type::uint64: return append_values<std::uint64_t>(to, from);
    case column_type::float32: return append_values<float>(to, from);
    case column_type::float64: return append_values<double>(to, from);
    case column_type::date: return append_values<date>(to, from);
    case column_type::string:
      for (std::size_t row = 0; row < from.size(); ++row) to.mutable_strings().push_back(from.strings()[row]);
  }
}

/// Makes the column of that name the same type in all tables; false when a part lacks it or has no fitting
/// type.
bool unify(const std::string& name, std::vector<column_table>& tables, findings& out) {
  std::optional<column_type> type;
  const std::string* from = nullptr;
  for (const column_table& table : tables) {
    const table_column* column = table.find(name);
    if (column == nullptr) {
      out.error(rule::missing_column,
                {.what = fmt::format("a part lacks the column \"{}\"", name),
                 .where = {.file = table.source()},
                 .found = fmt::format("{}", fmt::join(table.column_names(), ", ")),
                 .expected = fmt::format("the columns of {}", tables.front().source())});
      return false;
    }
    if (column->null_count() == column->size()) continue;
    const auto both = type ? shared_type(*type, column->type()) : column->type();
    if (!both) {
      out.error(rule::wrong_type, {.what = "a part has another type",
                                   .where = {.file = table.source(), .field = name},
                                   .found = std::string(name_of(column->type())),
                                   .expected = fmt::format("{} as {}", name_of(*type), *from)});
      return false;
    }
    if (type != both) from = &table.source();
    type = both;
  }
  const column_type wanted = type.value_or(tables.front().at(name).type());
  for (column_table& table : tables) {
    if (table.at(name).type() == wanted) continue;
    findings of_part;
    table_schema one{.columns = {{.name = name, .type = wanted, .nullable = true}},
                     .unknown = unknown_columns::ignored};
    conform(table, one, of_part);
    if (!of_part.has_errors()) continue;
    out.merge(of_part);
    return false;
  }
  return true;
}

table_column joined(const std::string& name, const std::vector<column_table>& tables, std::size_t rows) {
  const bool gaps =
      std::ranges::any_of(tables, [&](const column_table& t) { return t.at(name).null_count() != 0; });
  const bool nullable =
      std::ranges::any_of(tables, [&](const column_table& t) { return t.at(name).nullable(); });
  table_column whole(name, tables.front().at(name).type());
  buffer<std::uint8_t> validity;
  if (gaps) validity.reserve(rows);
  for (const column_table& table : tables) {
    const table_column& part = table.at(name);
    append_column(whole, part);
    if (!gaps) continue;
    if (part.validity().empty()) {
      validity.resize(validity.size() + part.size(), 1);
    } else {
      validity.append(part.validity());
    }
  }
  whole.set_validity(std::move(validity));
  whole.set_nullable(nullable);
  return whole;
}

table_column key_column(std::size_t key, const std::vector<table_part>& parts,
                        const std::vector<column_table>& tables) {
  const std::string& name = parts.front().keys[key].first;
  const auto all = [&](auto fits) {
    return std::ranges::all_of(
        parts, [&](const table_part& p) { return !p.keys[key].second || fits(*p.keys[key].second); });
  };
  const bool any =
      std::ranges::any_of(parts, [&](const table_part& p) { return p.keys[key].second.has_value(); });
  column_type type = column_type::string;
  if (any && all([](const std::string& v) { return static_cast<bool>(parse_int64(v)); }))
    type = column_type::int64;
  if (any && all([](const std::string& v) { return parse_date(v).has_value(); })) type = column_type::date;
  table_column column(name, type);
  buffer<std::uint8_t> validity;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& value = parts[i].keys[key].second;
    const std::string text = value.value_or("");
    for (std::size_t row = 0; row < tables[i].rows(); ++row) {
      if (type == column_type::int64)
        column.mutable_values<std::int64_t>().push_back(parse_int64(text).value);
      if (type == column_type::date)
        column.mutable_values<date>().push_back(parse_date(text).value_or(date{}));
      if (type == column_type::string) column.mutable_strings().push_back(text);
      validity.push_back(value ? 1 : 0);
    }
  }
  if (std::ranges::find(validity, std::uint8_t{0}) != validity.end())
    column.set_validity(std::move(validity));
  return column;
}

}  // namespace

column_table join_parts(const std::string& folder, const std::vector<table_part>& parts,
                        std::vector<column_table> tables, findings& out) {
  column_table whole(folder);
  if (tables.empty()) return whole;
  std::size_t rows = 0;
  for (const column_table& table : tables) rows += table.rows();
  std::vector<std::string> names;
  for (const column_table& table : tables) {
    for (const table_column& column : table.columns()) {
      if (std::ranges::find(names, column.name()) == names.end()) names.push_back(column.name());
    }
  }
  for (const std::string& name : names) {
    if (unify(name, tables, out)) whole.add(joined(name, tables, rows));
  }
  for (std::size_t key = 0; key < parts.front().keys.size(); ++key) {
    const std::string& name = parts.front().keys[key].first;
    if (whole.has(name)) {
      out.error(rule::partition,
                {.what = fmt::format("\"{}\" is a folder's key and a column of the files", name),
                 .where = {.file = parts.front().path},
                 .hint = "rename one of them"});
      continue;
    }
    whole.add(key_column(key, parts, tables));
  }
  whole.set_rows(rows);
  return whole;
}

}  // namespace twill::table
