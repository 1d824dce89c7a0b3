// SPDX-License-Identifier: Apache-2.0
#include "io/cells.hpp"
#include "twill/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <string>
#include <utility>

namespace twill::dmm::detail {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    const std::size_t from = at;
    while (at < line.size() && line[at] != ' ' && line[at] != '\t') ++at;
    out.push_back(line.substr(from, at - from));
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

struct triple {
  std::size_t row;
  std::size_t column;
  double count;
};

}  // namespace

cell_table read_matrix_market(std::string_view text, const std::string& name, table::findings& out) {
  cell_table t;
  std::string_view rest = text;
  std::size_t line_number = 1;
  const auto at = [&] { return location{.file = name, .line = line_number}; };
  const std::string head = lower(next_line(rest));
  const auto kind = words_of(head);
  if (kind.size() < 5 || kind[1] != "matrix" || kind[2] != "coordinate" ||
      (kind[3] != "integer" && kind[3] != "real") || kind[4] != "general") {
    out.error(table::rule::syntax, {.what = "this kind of MatrixMarket file is not read",
                                    .where = at(),
                                    .found = head,
                                    .expected = "%%MatrixMarket matrix coordinate integer general"});
    return t;
  }
  std::vector<std::string_view> fields;
  while (!rest.empty() && (fields.empty() || fields[0].starts_with('%'))) {
    ++line_number;
    fields = words_of(next_line(rest));
  }
  std::uint64_t sizes[3] = {0, 0, 0};
  bool whole = fields.size() == 3;
  for (std::size_t i = 0; whole && i < 3; ++i) {
    const auto read = parse_uint64(fields[i]);
    whole = static_cast<bool>(read) && read.value < std::numeric_limits<std::int32_t>::max();
    sizes[i] = read.value;
  }
  if (!whole || sizes[2] > text.size()) {
    out.error(table::rule::syntax, {.what = "the line of sizes is malformed",
                                    .where = at(),
                                    .expected = "rows, columns and entries, fewer than 2147483647 each"});
    return t;
  }
  std::vector<triple> cells;
  cells.reserve(sizes[2]);
  while (!rest.empty()) {
    ++line_number;
    fields = words_of(next_line(rest));
    if (fields.empty()) continue;
    const auto row = fields.size() == 3 ? parse_uint64(fields[0]) : parsed_number<std::uint64_t>{};
    const auto column = fields.size() == 3 ? parse_uint64(fields[1]) : parsed_number<std::uint64_t>{};
    if (!row || !column || row.value < 1 || row.value > sizes[0] || column.value < 1 ||
        column.value > sizes[1]) {
      out.error(table::rule::syntax,
                {.what = "an entry is malformed or outside the matrix",
                 .where = at(),
                 .expected = fmt::format("a row up to {}, a column up to {}, a count", sizes[0], sizes[1])});
      if (out.full()) return t;
      continue;
    }
    const double value = count_of(fields[2], at(), out);
    if (value != 0) cells.push_back({row.value - 1, column.value - 1, value});
  }
  // A cell that stands twice is refused later, whichever count comes first.
  std::sort(cells.begin(), cells.end(), [](const triple& a, const triple& b) {
    return a.row != b.row ? a.row < b.row : a.column < b.column;
  });
  std::size_t next = 0;
  for (std::size_t i = 0; i < sizes[0]; ++i) {
    for (; next < cells.size() && cells[next].row == i; ++next) t.add(cells[next].column, cells[next].count);
    t.end_row();
    t.row_names.push_back(fmt::format("row{}", i + 1));
  }
  for (std::size_t j = 0; j < sizes[1]; ++j) t.column_names.push_back(fmt::format("column{}", j + 1));
  return t;
}

}  // namespace twill::dmm::detail
