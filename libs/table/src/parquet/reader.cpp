// SPDX-License-Identifier: Apache-2.0
#include "parquet/column_reader.hpp"
#include "parquet/footer.hpp"
#include "twill/base/suggest.hpp"
#include "twill/table/findings.hpp"
#include "twill/table/parquet.hpp"

#include <algorithm>

namespace twill::table {

namespace detail::pq {
namespace {

std::size_t memory_allowed(const read_options& options, std::uint64_t file_size) {
  constexpr std::uint64_t always = std::uint64_t{1} << 30;
  constexpr std::uint64_t growth = 10000;
  const std::uint64_t believable =
      file_size > ~std::uint64_t{0} / growth ? ~std::uint64_t{0} : file_size * growth;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(options.memory_limit, std::max(always, believable)));
}

/// The leaves to read, in the order asked for, or all in file order.
std::vector<std::size_t> select(const footer& f, const read_options& options, const context& at) {
  std::vector<std::size_t> out;
  if (options.columns.empty()) {
    for (std::size_t i = 0; i < f.leaves.size(); ++i) out.push_back(i);
  }
  for (const std::string& name : options.columns) {
    const auto found =
        std::find_if(f.leaves.begin(), f.leaves.end(), [&](const leaf& l) { return l.name == name; });
    if (found == f.leaves.end()) {
      std::vector<std::string_view> names;
      for (const leaf& l : f.leaves) names.push_back(l.name);
      const std::string near = nearest_name(name, names);
      diagnosis d;
      d.what = "the file has no such column";
      d.where.file = at.file;
      d.found = name;
      if (!near.empty()) d.hint = "did you mean `" + near + "`?";
      throw error(errc::wrong_column, std::move(d));
    }
    out.push_back(static_cast<std::size_t>(found - f.leaves.begin()));
  }
  for (const std::size_t i : out) {
    if (f.leaves[i].refusal.empty()) continue;
    context here = at;
    here.column = f.leaves[i].name;
    here.unsupported(f.leaves[i].refusal, f.leaves[i].described, "flat columns",
                     "name the columns to read in read_options::columns, or write the file without this one");
  }
  return out;
}

column_table read(byte_source& file, const std::string& name, const read_options& options) {
  context at{.file = name};
  const footer f = read_footer(file, at);
  const std::vector<std::size_t> wanted = select(f, options, at);
  budget memory(memory_allowed(options, file.size()));
  const auto rows = static_cast<std::size_t>(f.metadata.rows);
  // A row takes at least a byte in each column; what it really takes is counted page by page.
  memory.require(
      wanted.empty() ? 0 : std::min<std::uint64_t>(rows, ~std::uint64_t{0} / wanted.size()) * wanted.size(),
      at);
  decompressor unpack;
  column_table out(name);
  for (const std::size_t i : wanted) {
    std::uint64_t stored = 0;
    for (const row_group& g : f.metadata.groups) {
      stored += std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(g.columns[i].compressed, 0)),
                         file.size());
      if (stored >= file.size()) break;
    }
    column_reader column(f.leaves[i], rows, std::min(stored, file.size()), memory, unpack);
    for (std::size_t g = 0; g < f.metadata.groups.size(); ++g) {
      at.row_group = g;
      at.offset = f.offset;
      column.read(file, f.offset, f.metadata.groups[g].columns[i], at);
    }
    at.row_group.reset(), at.page.reset(), at.column.clear();
    out.add(std::move(column).finish());
  }
  if (wanted.empty()) out.set_rows(rows);
  return out;
}

}  // namespace
}  // namespace detail::pq

column_table read_parquet(const std::string& path, const read_options& options) {
  return detail::pq::read(*detail::pq::open_file(path), path, options);
}

column_table read_parquet(std::span<const std::byte> content, std::string source,
                          const read_options& options) {
  return detail::pq::read(*detail::pq::open_memory(content), source, options);
}

}  // namespace twill::table
