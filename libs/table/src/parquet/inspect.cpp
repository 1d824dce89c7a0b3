// SPDX-License-Identifier: Apache-2.0
#include "parquet/convert.hpp"
#include "parquet/footer.hpp"
#include "parquet/load.hpp"
#include "twill/base/number.hpp"
#include "twill/table/parquet.hpp"

namespace twill::table {

namespace detail::pq {
namespace {

template <class T>
std::optional<std::string> number_text(const std::string& stored) {
  if (stored.size() != sizeof(T)) return std::nullopt;
  return std::to_string(load<T>(reinterpret_cast<const std::byte*>(stored.data())));
}

/// A bound as a person reads it; nothing where its bytes are not a value of the column.
std::optional<std::string> bound_text(const std::optional<std::string>& stored, const leaf& shape) {
  if (!stored) return std::nullopt;
  const auto* from = reinterpret_cast<const std::byte*>(stored->data());
  if (shape.convert == conversion::decimal && stored->size() <= 8)
    return std::to_string(from_decimal(*stored, {}));
  if (shape.convert != conversion::same) {
    if (shape.convert == conversion::text && shape.must_be_utf8 && is_utf8(*stored)) return stored;
    return std::nullopt;
  }
  switch (shape.target) {
    case column_type::boolean:
      if (stored->size() != 1) return std::nullopt;
      return (*stored)[0] != '\0' ? "true" : "false";
    case column_type::int32: return number_text<std::int32_t>(*stored);
    case column_type::int64: return number_text<std::int64_t>(*stored);
    case column_type::uint32: return number_text<std::uint32_t>(*stored);
    case column_type::uint64: return number_text<std::uint64_t>(*stored);
    case column_type::float32:
      if (stored->size() != 4) return std::nullopt;
      return shortest(double{load<float>(from)});
    case column_type::float64:
      if (stored->size() != 8) return std::nullopt;
      return shortest(load<double>(from));
    case column_type::date:
      if (stored->size() != 4) return std::nullopt;
      return to_string(date{load<std::int32_t>(from)});
    case column_type::string: return std::nullopt;
  }
  return std::nullopt;
}

std::uint64_t not_negative(std::int64_t value) { return value < 0 ? 0 : static_cast<std::uint64_t>(value); }

parquet_info inspect(byte_source& file, const std::string& name) {
  context at{.file = name};
  const footer f = read_footer(file, at);
  parquet_info out;
  out.rows = static_cast<std::size_t>(f.metadata.rows);
  out.created_by = f.metadata.created_by;
  for (const leaf& l : f.leaves) {
    out.columns.push_back(
        {l.name, l.described, l.refusal.empty() ? std::optional(l.target) : std::nullopt, l.optional});
  }
  for (const row_group& g : f.metadata.groups) {
    parquet_row_group group;
    group.rows = static_cast<std::size_t>(g.rows);
    for (std::size_t i = 0; i < f.leaves.size(); ++i) {
      const column_chunk& c = g.columns[i];
      parquet_chunk chunk;
      chunk.codec = name_of(c.compression);
      for (const encoding e : c.encodings) chunk.encodings.push_back(name_of(e));
      chunk.values = not_negative(c.values);
      chunk.compressed_bytes = not_negative(c.compressed);
      chunk.uncompressed_bytes = not_negative(c.uncompressed);
      if (c.stats.nulls && *c.stats.nulls >= 0) chunk.nulls = not_negative(*c.stats.nulls);
      chunk.min = bound_text(c.stats.min, f.leaves[i]);
      chunk.max = bound_text(c.stats.max, f.leaves[i]);
      group.chunks.push_back(std::move(chunk));
    }
    out.row_groups.push_back(std::move(group));
  }
  return out;
}

}  // namespace
}  // namespace detail::pq

parquet_info inspect_parquet(const std::string& path) {
  return detail::pq::inspect(*detail::pq::open_file(path), path);
}

parquet_info inspect_parquet(std::span<const std::byte> content, std::string source) {
  return detail::pq::inspect(*detail::pq::open_memory(content), source);
}

}  // namespace twill::table
