// SPDX-License-Identifier: Apache-2.0
#include "parquet/footer.hpp"

#include "parquet/load.hpp"

#include <fmt/format.h>

#include <cctype>

namespace twill::table::detail::pq {

namespace {

std::string printable(bytes four) {
  std::string out;
  for (const std::byte b : four) {
    const auto c = static_cast<unsigned char>(b);
    out += std::isprint(c) != 0 ? std::string(1, static_cast<char>(c)) : fmt::format("\\x{:02x}", c);
  }
  return out;
}

bool is(bytes four, std::string_view magic) { return std::memcmp(four.data(), magic.data(), 4) == 0; }

bytes footer_bytes(byte_source& file, context& at) {
  const std::uint64_t size = file.size();
  constexpr std::uint64_t least = 12;  // two magics and a length
  if (size < least) {
    at.corrupt("file is too short to be Parquet", fmt::format("{} bytes", size),
               fmt::format("at least {}", least));
  }
  if (const bytes head = file.view(0, 4); !is(head, "PAR1") && !is(head, "PARE")) {
    at.corrupt("file does not start as Parquet does", printable(head), "PAR1",
               "check that this is a Parquet file");
  }
  at.offset = size - 8;
  const bytes tail = file.view(size - 8, 8);
  if (is(tail.subspan(4), "PARE")) {
    at.unsupported("file is encrypted", "PARE", "PAR1", "write it without encryption");
  }
  if (!is(tail.subspan(4), "PAR1")) {
    at.corrupt("file does not end as Parquet does", printable(tail.subspan(4)), "PAR1");
  }
  const auto length = load<std::uint32_t>(tail.data());
  if (length > size - least) {
    at.corrupt("footer is longer than the file", fmt::format("{} bytes", length),
               fmt::format("at most {}", size - least));
  }
  at.offset = size - 8 - length;
  return file.view(at.offset, length);
}

void check_chunk(const column_chunk& c, const leaf& shape, const row_group& g, context& at) {
  at.column = shape.name;
  if (c.encrypted) at.unsupported("column is encrypted", {}, {}, "write it without encryption");
  if (!c.other_file.empty()) {
    at.unsupported("column is stored in another file", c.other_file, "one file", "read that file instead");
  }
  if (c.type != shape.type) {
    at.corrupt("column chunk has another type than the schema", name_of(c.type), name_of(shape.type));
  }
  std::string path;
  for (const std::string& part : c.path) path += (path.empty() ? "" : ".") + part;
  if (path != shape.name) at.corrupt("column chunk belongs to another column", path, shape.name);
  if (c.values < 0 || (shape.refusal.empty() && c.values != g.rows)) {
    at.corrupt("column chunk has another number of values than its row group", std::to_string(c.values),
               std::to_string(g.rows));
  }
  at.column.clear();
}

}  // namespace

footer read_footer(byte_source& file, context& at) {
  footer out;
  out.metadata = read_file_metadata(footer_bytes(file, at), at);
  out.offset = at.offset;
  const file_metadata& m = out.metadata;
  if (m.encrypted) at.unsupported("file is encrypted", {}, {}, "write it without encryption");
  out.leaves = read_schema(m, at);
  if (m.rows < 0) at.corrupt("footer holds a negative number of rows", std::to_string(m.rows));
  std::int64_t rows = 0;
  for (std::size_t g = 0; g < m.groups.size(); ++g) {
    const row_group& group = m.groups[g];
    at.row_group = g;
    if (group.rows < 0 || group.rows > m.rows - rows) {
      at.corrupt("row groups hold more rows than the file", std::to_string(group.rows),
                 fmt::format("at most {}", m.rows - rows));
    }
    rows += group.rows;
    if (group.columns.size() != out.leaves.size()) {
      at.corrupt("row group has another number of columns than the schema",
                 std::to_string(group.columns.size()), std::to_string(out.leaves.size()));
    }
    for (std::size_t c = 0; c < out.leaves.size(); ++c)
      check_chunk(group.columns[c], out.leaves[c], group, at);
  }
  at.row_group.reset();
  if (rows != m.rows) {
    at.corrupt("row groups hold fewer rows than the file", std::to_string(rows), std::to_string(m.rows));
  }
  return out;
}

}  // namespace twill::table::detail::pq
