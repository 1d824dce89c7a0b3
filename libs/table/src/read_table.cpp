// SPDX-License-Identifier: Apache-2.0
#include "twill/table/read_table.hpp"

#include "file_bytes.hpp"
#include "parts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twill::table {
namespace {

/// The types of a schema without its other rules: those are checked once, on the whole table.
std::optional<table_schema> types_of(const std::optional<table_schema>& schema) {
  if (!schema) return std::nullopt;
  table_schema types{.unknown = unknown_columns::ignored};
  for (const column_spec& spec : schema->columns) {
    types.columns.push_back({.name = spec.name, .type = spec.type, .required = false, .nullable = true});
  }
  return types;
}

std::size_t bytes_of(const column_table& table) {
  std::size_t bytes = 0;
  for (const table_column& column : table.columns()) {
    bytes += column.validity().size();
    const bool wide = column.type() == column_type::int64 || column.type() == column_type::uint64 ||
                      column.type() == column_type::float64;
    if (column.type() == column_type::string)
      bytes += column.strings().bytes().size() + column.size() * 8;
    else if (column.type() == column_type::boolean)
      bytes += column.size();
    else
      bytes += column.size() * (wide ? 8 : 4);
  }
  return bytes;
}

column_table read_file(const std::string& path, const read_table_options& options, const read_options& read,
                       findings& out) {
  const file_bytes file(path);
  if (file.text().starts_with("PAR1")) return read_parquet(file.bytes(), path, read);
  csv_options csv = options.csv;
  csv.schema = types_of(options.schema);
  csv.columns = read.columns;
  csv.memory_limit = read.memory_limit;
  return read_csv(file.text(), path, csv, out).table;
}

column_table read_folder(const std::string& path, const read_table_options& options, findings& out) {
  const std::size_t before = out.errors();
  const std::vector<table_part> parts = list_parts(path, out);
  if (parts.empty() || out.errors() != before) return column_table(path);
  const auto& keys = parts.front().keys;
  const auto is_key = [&](const std::string& name) {
    return std::ranges::any_of(keys, [&](const auto& k) { return k.first == name; });
  };
  read_options read = options.read;
  std::erase_if(read.columns, is_key);
  // Where only keys are wanted, an empty list reads every column: their rows have to be counted.
  std::vector<column_table> tables;
  for (const table_part& part : parts) {
    tables.push_back(read_file(part.path, options, read, out));
    const std::size_t used = bytes_of(tables.back());
    if (used > read.memory_limit) {
      out.error(rule::limit, {.what = "the table is too large",
                              .where = {.file = part.path},
                              .expected = fmt::format("at most {} bytes", options.read.memory_limit)});
      return column_table(path);
    }
    read.memory_limit -= used;
  }
  if (out.errors() != before) return column_table(path);
  column_table whole = join_parts(path, parts, std::move(tables), out);
  if (options.read.columns.empty()) return whole;
  column_table chosen(path);
  for (const std::string& name : options.read.columns) {
    if (whole.has(name)) chosen.add(whole.at(name));
  }
  chosen.set_rows(whole.rows());
  return chosen;
}

}  // namespace

column_table read_table(const std::string& path, const read_table_options& options, findings& out) {
  const std::size_t before = out.errors();
  column_table table =
      is_folder(path) ? read_folder(path, options, out) : read_file(path, options, options.read, out);
  if (options.schema && out.errors() == before) conform(table, *options.schema, out);
  return table;
}

column_table read_table(const std::string& path, const read_table_options& options) {
  findings out;
  column_table table = read_table(path, options, out);
  out.sort_by_place();
  out.throw_if_errors();
  return table;
}

}  // namespace twill::table
