// SPDX-License-Identifier: Apache-2.0
#include "twill/table/parquet.hpp"

#include "io/cells.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <string>

namespace twill::dmm::detail {
namespace {

double number_at(const table::table_column& c, std::size_t row) {
  switch (c.type()) {
    case table::column_type::int32: return c.values<std::int32_t>()[row];
    case table::column_type::int64: return static_cast<double>(c.values<std::int64_t>()[row]);
    case table::column_type::uint32: return c.values<std::uint32_t>()[row];
    case table::column_type::uint64: return static_cast<double>(c.values<std::uint64_t>()[row]);
    case table::column_type::float32: return static_cast<double>(c.values<float>()[row]);
    case table::column_type::float64: return c.values<double>()[row];
    default: return 0;
  }
}

}  // namespace

cell_table read_parquet_counts(std::string_view content, const std::string& name, table::findings& out) {
  cell_table t;
  const table::column_table read =
      table::read_parquet(std::as_bytes(std::span(content.data(), content.size())), name);
  const table::table_column* names = nullptr;
  std::vector<const table::table_column*> counts;
  for (const table::table_column& c : read.columns()) {
    if (c.type() == table::column_type::string && names == nullptr) {
      names = &c;
      t.corner = c.name();
    } else if (c.type() == table::column_type::string || c.type() == table::column_type::date ||
               c.type() == table::column_type::boolean) {
      out.error(table::rule::wrong_type, {.what = "a column holds no counts",
                                          .where = location{.file = name, .field = c.name()},
                                          .found = std::string(table::name_of(c.type())),
                                          .expected = "numbers; one column of texts has the names"});
    } else {
      counts.push_back(&c);
      t.column_names.push_back(c.name());
    }
  }
  for (std::size_t i = 0; i < read.rows() && !out.full(); ++i) {
    t.row_names.push_back(names == nullptr ? fmt::format("row{}", i + 1) : names->text_at(i));
    for (std::size_t j = 0; j < counts.size(); ++j) {
      if (counts[j]->is_null(i)) {
        out.error(table::rule::missing_value,
                  {.what = "a count is missing", .where = read.where(i, counts[j]->name())});
        continue;
      }
      const double value = number_at(*counts[j], i);
      if (value == 0) continue;
      const double count = checked_count(value, counts[j]->text_at(i), read.where(i, counts[j]->name()), out);
      if (count != 0) t.add(j, count);
    }
    t.end_row();
  }
  return t;
}

}  // namespace twill::dmm::detail
