// SPDX-License-Identifier: Apache-2.0
#include "parquet/chunk_writer.hpp"
#include "parquet/file_sink.hpp"
#include "parquet/schema.hpp"
#include "twill/table/findings.hpp"
#include "twill/table/parquet.hpp"

#include <algorithm>
#include <cstring>

namespace twill::table {

namespace detail::pq {
namespace {

class memory_sink final : public sink {
 public:
  [[nodiscard]] buffer<std::byte> take() { return std::move(out_); }

 private:
  void put(bytes data) override { out_.append(data); }
  buffer<std::byte> out_;
};

void check(bool holds, std::string_view option, std::size_t found, std::string_view expected) {
  if (holds) return;
  diagnosis d;
  d.what = "Parquet option " + std::string(option) + " is out of range";
  d.found = std::to_string(found);
  d.expected = std::string(expected);
  throw error(twill::errc::invalid_value, std::move(d));
}

void check(const parquet_write_options& o) {
  check(o.row_group_rows >= 1 && o.row_group_rows <= 0x7FFFFFFF, "row_group_rows", o.row_group_rows,
        "1 to 2147483647");
  check(o.page_bytes >= 64 && o.page_bytes <= std::size_t{1} << 30, "page_bytes", o.page_bytes,
        "64 to 1073741824");
  check(o.page_version == 1 || o.page_version == 2, "page_version", static_cast<std::size_t>(o.page_version),
        "1 or 2");
  const int highest = o.codec == parquet_codec::zstd ? 19 : 9;
  const bool has_level = o.codec == parquet_codec::zstd || o.codec == parquet_codec::gzip;
  check(!has_level || (o.level >= 1 && o.level <= highest), "level", static_cast<std::size_t>(o.level),
        "1 to " + std::to_string(highest));
}

codec number_of(parquet_codec kind) {
  switch (kind) {
    case parquet_codec::none: return codec::none;
    case parquet_codec::snappy: return codec::snappy;
    case parquet_codec::gzip: return codec::gzip;
    case parquet_codec::zstd: return codec::zstd;
  }
  return codec::none;
}

void write(const column_table& table, const parquet_write_options& options, sink& out) {
  check(options);
  file_metadata m;
  m.version = options.page_version;
  m.rows = static_cast<std::int64_t>(table.rows());
  m.created_by = "twill version " TWILL_VERSION;
  m.schema.push_back({.name = "schema", .children = static_cast<std::int32_t>(table.columns().size())});
  for (const table_column& c : table.columns()) m.schema.push_back(schema_of(c));
  out.write("PAR1");
  compressor pack(number_of(options.codec), options.level);
  for (std::size_t first = 0; first < table.rows(); first += options.row_group_rows) {
    row_group g;
    const std::size_t rows = std::min(options.row_group_rows, table.rows() - first);
    g.rows = static_cast<std::int64_t>(rows);
    g.offset = static_cast<std::int64_t>(out.written());
    for (const table_column& c : table.columns()) {
      g.columns.push_back(write_chunk(c, first, rows, options, pack, out));
      g.bytes += g.columns.back().uncompressed;
      g.compressed += g.columns.back().compressed;
    }
    m.groups.push_back(std::move(g));
  }
  const std::string foot = write_file_metadata(m);
  out.write(foot);
  const auto size = static_cast<std::uint32_t>(foot.size());
  char tail[8] = {0, 0, 0, 0, 'P', 'A', 'R', '1'};
  std::memcpy(tail, &size, 4);
  out.write(std::string_view(tail, 8));
}

}  // namespace
}  // namespace detail::pq

void write_parquet(const std::string& path, const column_table& table, const parquet_write_options& options) {
  detail::pq::file_sink out(path);
  detail::pq::write(table, options, out);
  out.commit();
}

buffer<std::byte> encode_parquet(const column_table& table, const parquet_write_options& options) {
  detail::pq::memory_sink out;
  detail::pq::write(table, options, out);
  return out.take();
}

}  // namespace twill::table
