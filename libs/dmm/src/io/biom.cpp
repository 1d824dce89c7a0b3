// SPDX-License-Identifier: Apache-2.0
// BIOM 1.0: JSON with rows for taxa and columns for samples.
#include "io/cells.hpp"
#include "twill/table/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace twill::dmm::detail {
namespace {

using table::json::value;

std::vector<std::string> ids_of(const value& root, std::string_view key, table::findings& out) {
  std::vector<std::string> ids;
  const auto list = root.find(key);
  if (!list || !list->is_array()) {
    out.error(table::rule::missing_key,
              {.what = fmt::format("\"{}\" is not a list", key), .where = (list ? *list : root).where()});
    return ids;
  }
  for (const value entry : *list) {
    const auto id = entry.find("id");
    const auto text = id ? id->as_string() : std::nullopt;
    if (!text) {
      out.error(table::rule::missing_key, {.what = "an entry has no id", .where = entry.where()});
      ids.emplace_back();
      continue;
    }
    ids.emplace_back(*text);
  }
  return ids;
}

double number_at(const value& v, table::findings& out) {
  const auto x = v.as_double();
  if (!x) {
    out.error(table::rule::wrong_type,
              {.what = "a count is no number", .where = v.where(), .found = v.summary()});
    return 0;
  }
  const bool plain = std::isfinite(*x) && *x >= 0 && *x == std::trunc(*x) && *x <= 0x1p53;
  return plain ? *x : checked_count(*x, v.summary(), v.where(), out);
}

using triple = std::tuple<std::size_t, std::size_t, double>;

void add_sparse(const value& entry, std::size_t rows, std::size_t columns, std::vector<triple>& cells,
                table::findings& out) {
  std::vector<value> parts;
  if (entry.is_array()) parts.assign(entry.begin(), entry.end());
  const auto row = parts.size() == 3 ? parts[0].as_uint64() : std::nullopt;
  const auto column = parts.size() == 3 ? parts[1].as_uint64() : std::nullopt;
  if (!row || !column || *row >= rows || *column >= columns) {
    out.error(table::rule::out_of_range,
              {.what = "an entry is not [row, column, count] inside the table",
               .where = entry.where(),
               .found = entry.summary(),
               .expected = fmt::format("rows below {}, columns below {}", rows, columns)});
    return;
  }
  if (const double x = number_at(parts[2], out); x != 0) cells.emplace_back(*row, *column, x);
}

void add_dense(const value& line, std::size_t row, std::size_t columns, std::vector<triple>& cells,
               table::findings& out) {
  if (!line.is_array() || line.size() != columns) {
    out.error(table::rule::ragged_row, {.what = "a row has another number of counts than there are columns",
                                        .where = line.where(),
                                        .found = line.summary(),
                                        .expected = fmt::format("{} counts", columns)});
    return;
  }
  std::size_t column = 0;
  for (const value cell : line) {
    if (const double x = number_at(cell, out); x != 0) cells.emplace_back(row, column, x);
    ++column;
  }
}

}  // namespace

cell_table read_biom(std::string_view text, const std::string& name, table::findings& out) {
  cell_table t;
  const auto document = table::json::parse(std::string(text), name, out);
  if (!document || out.has_errors()) return t;
  const value root = document->root();
  t.corner = "#OTU ID";
  t.row_names = ids_of(root, "rows", out);
  t.column_names = ids_of(root, "columns", out);
  const auto type = root.find("matrix_type");
  const auto words = type ? type->as_string() : std::nullopt;
  const auto data = root.find("data");
  if (!words || (*words != "sparse" && *words != "dense") || !data || !data->is_array()) {
    out.error(table::rule::missing_key, {.what = "this is no BIOM table",
                                         .where = root.where(),
                                         .expected = "\"matrix_type\" sparse or dense, and a list \"data\""});
  }
  if (out.has_errors()) return t;
  std::vector<triple> cells;
  std::size_t row = 0;
  for (const value entry : *data) {
    if (*words == "sparse") {
      add_sparse(entry, t.row_names.size(), t.column_names.size(), cells, out);
    } else {
      add_dense(entry, row, t.column_names.size(), cells, out);
    }
    ++row;
    if (out.full()) return t;
  }
  if (*words == "dense" && row != t.row_names.size()) {
    out.error(table::rule::ragged_row, {.what = "the data have another number of rows than there are ids",
                                        .where = data->where(),
                                        .found = fmt::format("{}", row),
                                        .expected = fmt::format("{}", t.row_names.size())});
  }
  std::sort(cells.begin(), cells.end());
  std::size_t next = 0;
  for (std::size_t i = 0; i < t.row_names.size(); ++i) {
    for (; next < cells.size() && std::get<0>(cells[next]) == i; ++next) {
      if (next > 0 && std::get<0>(cells[next - 1]) == i &&
          std::get<1>(cells[next - 1]) == std::get<1>(cells[next])) {
        out.error(table::rule::duplicate_id, {.what = "a cell stands twice in the data",
                                              .where = data->where(),
                                              .found = fmt::format("[{}, {}]", i, std::get<1>(cells[next]))});
        continue;
      }
      t.add(std::get<1>(cells[next]), std::get<2>(cells[next]));
    }
    t.end_row();
  }
  return t;
}

}  // namespace twill::dmm::detail
