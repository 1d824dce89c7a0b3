// SPDX-License-Identifier: Apache-2.0
#include "parquet/chunk_stats.hpp"

#include <cmath>
#include <cstring>

namespace twill::table::detail::pq {

namespace {

template <class T>
std::string stored(T value) {
  std::string out(sizeof(T), '\0');
  std::memcpy(out.data(), &value, sizeof(T));
  return out;
}

template <class T>
void bounds(std::span<const T> values, const std::uint8_t* present, statistics& out) {
  bool any = false;
  T low{};
  T high{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (present != nullptr && present[i] == 0) continue;
    const T v = values[i];
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(v)) continue;
    }
    if (!any) low = high = v, any = true;
    if (v < low) low = v;
    if (high < v) high = v;
  }
  if (!any) return;
  if constexpr (std::is_floating_point_v<T>) {
    if (low == 0) low = -T{0};
    if (high == 0) high = T{0};
  }
  out.min = stored(low);
  out.max = stored(high);
}

void text_bounds(const string_array& texts, const table_column& column, std::size_t first, std::size_t count,
                 statistics& out) {
  constexpr std::size_t longest = 64;
  bool any = false;
  std::string_view low;
  std::string_view high;
  for (std::size_t row = first; row < first + count; ++row) {
    if (column.is_null(row)) continue;
    const std::string_view v = texts[row];
    if (!any) low = high = v, any = true;
    // char_traits<char> compares bytes as unsigned, which is the order the format defines for text.
    if (v < low) low = v;
    if (high < v) high = v;
  }
  if (!any) return;
  if (low.size() <= longest) out.min = std::string(low);
  if (high.size() <= longest) out.max = std::string(high);
}

}  // namespace

statistics chunk_statistics(const table_column& column, std::size_t first, std::size_t count) {
  statistics out;
  const std::span<const std::uint8_t> validity = column.validity();
  const std::uint8_t* present = validity.empty() ? nullptr : validity.data() + first;
  std::int64_t nulls = 0;
  for (std::size_t i = 0; present != nullptr && i < count; ++i) nulls += present[i] == 0 ? 1 : 0;
  out.nulls = nulls;
  const auto numbers = [&]<class T>(std::type_identity<T>) {
    bounds(column.values<T>().subspan(first, count), present, out);
  };
  switch (column.type()) {
    case column_type::boolean: numbers(std::type_identity<bool>{}); break;
    case column_type::int32: numbers(std::type_identity<std::int32_t>{}); break;
    case column_type::int64: numbers(std::type_identity<std::int64_t>{}); break;
    case column_type::uint32: numbers(std::type_identity<std::uint32_t>{}); break;
    case column_type::uint64: numbers(std::type_identity<std::uint64_t>{}); break;
    case column_type::float32: numbers(std::type_identity<float>{}); break;
    case column_type::float64: numbers(std::type_identity<double>{}); break;
    case column_type::date: numbers(std::type_identity<date>{}); break;
    case column_type::string: text_bounds(column.strings(), column, first, count, out); break;
  }
  return out;
}

}  // namespace twill::table::detail::pq
