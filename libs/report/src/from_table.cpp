// SPDX-License-Identifier: Apache-2.0
#include "twill/report/from_table.hpp"

#include "twill/base/error.hpp"
#include "twill/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::report {
namespace {

using table::column_type;

template <class T>
std::vector<double> converted(const table::table_column& column) {
  std::vector<double> out;
  out.reserve(column.size());
  for (std::size_t row = 0; const T& v : column.values<T>()) {
    if (column.is_null(row)) {
      out.push_back(std::nan(""));
    } else if constexpr (std::is_same_v<T, table::date>) {
      out.push_back(v.days);
    } else if constexpr (std::is_same_v<T, float>) {
      // Through its text: 0.1 as a float is 0.1 in the report too, not 0.10000000149011612.
      out.push_back(std::isfinite(v) ? parse_double(column.text_at(row)).value : static_cast<double>(v));
    } else {
      out.push_back(static_cast<double>(v));
    }
    ++row;
  }
  return out;
}

/// Whether doubles hold every integer of the column.
template <class T>
bool fits_doubles(const table::table_column& column) {
  constexpr auto most = std::int64_t{1} << 53;
  const auto values = column.values<T>();
  return std::all_of(values.begin(), values.end(), [](T v) {
    if constexpr (std::is_signed_v<T>) {
      return v >= -most && v <= most;
    } else {
      return v <= static_cast<T>(most);
    }
  });
}

bool is_number(const table::table_column& column) {
  switch (column.type()) {
    case column_type::int64: return fits_doubles<std::int64_t>(column);
    case column_type::uint64: return fits_doubles<std::uint64_t>(column);
    case column_type::boolean:
    case column_type::string: return false;
    default: return true;
  }
}

}  // namespace

std::vector<double> chart_values(const table::table_column& column) {
  switch (column.type()) {
    case column_type::int32: return converted<std::int32_t>(column);
    case column_type::int64: return converted<std::int64_t>(column);
    case column_type::uint32: return converted<std::uint32_t>(column);
    case column_type::uint64: return converted<std::uint64_t>(column);
    case column_type::float32: return converted<float>(column);
    case column_type::float64: return converted<double>(column);
    case column_type::date: return converted<table::date>(column);
    case column_type::boolean:
    case column_type::string: break;
  }
  throw error(errc::invalid_value, {.what = "a chart needs numbers or dates",
                                    .where = twill::location{.field = column.name()},
                                    .found = std::string(table::name_of(column.type())),
                                    .expected = "a column of numbers or dates"});
}

data_table from_table(const table::column_table& table, std::string title) {
  data_table out(title.empty() ? table.source() : std::move(title));
  for (const table::table_column& column : table.columns()) {
    if (column.type() == column_type::date) {
      out.add_times(column.name(), chart_values(column));
    } else if (is_number(column)) {
      out.add_numbers(column.name(), "", chart_values(column));
    } else {
      std::vector<std::string> texts;
      for (std::size_t row = 0; row < column.size(); ++row) texts.push_back(column.text_at(row));
      out.add_texts(column.name(), std::move(texts));
    }
  }
  return out;
}

}  // namespace twill::report
