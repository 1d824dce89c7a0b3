// SPDX-License-Identifier: Apache-2.0
#include "io/cells.hpp"
#include "io/unpack.hpp"
#include "twill/base/file.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/io.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

namespace twill::dmm {
namespace {

using detail::cell_table;

constexpr std::string_view hdf5_mark = "\x89HDF\r\n\x1a\n";

table_format format_of(std::string_view content) {
  if (content.starts_with("PAR1")) return table_format::parquet;
  if (content.starts_with(hdf5_mark)) return table_format::biom;
  if (content.starts_with("%%MatrixMarket")) return table_format::matrix_market;
  if (content.starts_with("label\tGroup\tnumOtus")) return table_format::mothur_shared;
  const std::size_t start = content.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && content[start] == '{') return table_format::biom;
  return table_format::csv;
}

cell_table cells_of(std::string_view content, const std::string& name, table_format format,
                    table::findings& out) {
  switch (format) {
    case table_format::parquet: return detail::read_parquet_counts(content, name, out);
    case table_format::biom:
      return content.starts_with(hdf5_mark) ? detail::read_biom2(content, name, out)
                                            : detail::read_biom(content, name, out);
    case table_format::mothur_shared: return detail::read_shared(content, name, out);
    case table_format::matrix_market: return detail::read_matrix_market(content, name, out);
    case table_format::csv: break;
  }
  return detail::read_delimited(content, name, out);
}

// Spread of the totals' logarithms: samples are read to like depths, taxa differ by orders of magnitude.
double spread(const std::vector<double>& totals) {
  double sum = 0;
  double squares = 0;
  double n = 0;
  for (const double t : totals) {
    if (t <= 0) continue;
    const double x = std::log(t);
    sum += x;
    squares += x * x;
    ++n;
  }
  return n < 2 ? 0 : std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
}

bool rows_are_taxa(const cell_table& t, std::string& why) {
  std::string corner;
  for (const char c : t.corner) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      corner += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  constexpr std::array<std::string_view, 12> taxon_words{"otuid",   "otu",     "otus",      "taxon",
                                                         "taxa",    "genus",   "asv",       "asvid",
                                                         "feature", "species", "featureid", "taxonomy"};
  constexpr std::array<std::string_view, 6> sample_words{"sample", "samples",    "sampleid",
                                                         "group",  "samplename", "subject"};
  const auto among = [&](const auto& words) {
    return std::find(words.begin(), words.end(), corner) != words.end();
  };
  if (among(taxon_words) || among(sample_words)) {
    why = fmt::format("the header says \"{}\"", t.corner);
    return among(taxon_words);
  }
  std::vector<double> rows(t.rows(), 0.0);
  std::vector<double> columns(t.column_names.size(), 0.0);
  for (std::size_t i = 0; i < t.rows(); ++i) {
    for (auto p = static_cast<std::size_t>(t.row_ptr[i]); p < static_cast<std::size_t>(t.row_ptr[i + 1]);
         ++p) {
      rows[i] += t.count[p];
      columns[static_cast<std::size_t>(t.column[p])] += t.count[p];
    }
  }
  why = "by the spread of the totals; --taxa-axis says it for certain";
  return spread(rows) > spread(columns);
}

void transpose(cell_table& t) {
  cell_table out;
  out.row_names = std::move(t.column_names);
  out.column_names = std::move(t.row_names);
  out.notes = std::move(t.notes);
  const std::size_t n = out.row_names.size();
  std::vector<std::int64_t> ptr(n + 1, 0);
  for (const std::int32_t c : t.column) ++ptr[static_cast<std::size_t>(c) + 1];
  std::partial_sum(ptr.begin(), ptr.end(), ptr.begin());
  out.row_ptr = ptr;
  out.column.resize(t.column.size());
  out.count.resize(t.count.size());
  for (std::size_t i = 0; i + 1 < t.row_ptr.size(); ++i) {
    for (auto p = static_cast<std::size_t>(t.row_ptr[i]); p < static_cast<std::size_t>(t.row_ptr[i + 1]);
         ++p) {
      const auto to = static_cast<std::size_t>(ptr[static_cast<std::size_t>(t.column[p])]++);
      out.column[to] = static_cast<std::int32_t>(i);
      out.count[to] = t.count[p];
    }
  }
  t = std::move(out);
}

void check_names(const std::vector<std::string>& names, std::string_view what, const std::string& file) {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto [at, fresh] = seen.emplace(names[i], i);
    if (fresh) continue;
    throw error(errc::duplicate_name,
                {.what = fmt::format("two {} have one name", what),
                 .where = location{.file = file},
                 .found = fmt::format("\"{}\" as number {} and {}", names[i], at->second + 1, i + 1),
                 .expected = "a name of its own for each"});
  }
}

void drop_rare_taxa(cell_table& t, double least) {
  if (!(least > 0)) return;
  std::vector<double> totals(t.column_names.size(), 0.0);
  for (std::size_t p = 0; p < t.count.size(); ++p)
    totals[static_cast<std::size_t>(t.column[p])] += t.count[p];
  std::vector<std::int32_t> to(totals.size(), -1);
  std::vector<std::string> names;
  for (std::size_t j = 0; j < totals.size(); ++j) {
    if (totals[j] < least) continue;
    to[j] = static_cast<std::int32_t>(names.size());
    names.push_back(std::move(t.column_names[j]));
  }
  t.notes.push_back(
      fmt::format("{} taxa with a total below {} are left out", totals.size() - names.size(), least));
  t.column_names = std::move(names);
  std::size_t kept = 0;
  std::size_t p = 0;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    for (; p < static_cast<std::size_t>(t.row_ptr[i + 1]); ++p) {
      const std::int32_t j = to[static_cast<std::size_t>(t.column[p])];
      if (j < 0) continue;
      t.column[kept] = j;
      t.count[kept++] = t.count[p];
    }
    t.row_ptr[i + 1] = static_cast<std::int64_t>(kept);
  }
  t.column.resize(kept);
  t.count.resize(kept);
}

}  // namespace

std::string_view name_of(table_format f) noexcept {
  switch (f) {
    case table_format::parquet: return "parquet";
    case table_format::biom: return "biom";
    case table_format::mothur_shared: return "shared";
    case table_format::matrix_market: return "mtx";
    case table_format::csv: break;
  }
  return "csv";
}

named_counts parse_counts(std::string_view content, const std::string& name,
                          const read_counts_options& options) {
  if (detail::is_gzip(content)) {
    const std::string plain = detail::unpack_gzip(content, name);
    if (detail::is_gzip(plain)) {
      throw error(errc::malformed_table, {.what = "a compressed file holds another compressed one",
                                          .where = location{.file = name},
                                          .expected = "a table of counts"});
    }
    named_counts out = parse_counts(plain, name, options);
    out.notes.insert(out.notes.begin(), "compressed with gzip");
    return out;
  }
  const table_format format = options.format.value_or(format_of(content));
  table::findings found;
  cell_table t = cells_of(content, name, format, found);
  found.throw_if_errors();
  bool transposed = format == table_format::biom;
  std::string why = "BIOM says so";
  if (format == table_format::csv || format == table_format::parquet ||
      format == table_format::matrix_market) {
    switch (options.axis) {
      case taxa_axis::columns:
        transposed = false;
        why = "as asked for";
        break;
      case taxa_axis::rows:
        transposed = true;
        why = "as asked for";
        break;
      case taxa_axis::automatic:
        transposed = format != table_format::matrix_market && rows_are_taxa(t, why);
        if (format == table_format::matrix_market) why = "the convention of MatrixMarket here";
        break;
    }
  } else if (!transposed) {
    why = "mothur says so";
  }
  if (transposed) transpose(t);
  t.notes.push_back(fmt::format("rows are {} ({})", transposed ? "taxa" : "samples", why));
  if (t.row_names.empty() || t.column_names.empty()) {
    throw error(errc::invalid_shape,
                {.what = "a table of counts is empty",
                 .where = location{.file = name},
                 .found = fmt::format("{} samples and {} taxa", t.row_names.size(), t.column_names.size()),
                 .expected = "at least one of each"});
  }
  check_names(t.row_names, "samples", name);
  check_names(t.column_names, "taxa", name);
  drop_rare_taxa(t, options.min_taxon_total);
  std::string zero;
  std::size_t zeros = 0;
  for (std::size_t i = 0; options.empty == zero_rows::refuse && i < t.rows(); ++i) {
    if (t.row_ptr[i] != t.row_ptr[i + 1]) continue;
    if (zeros++ < 10) zero += (zero.empty() ? "" : ", ") + t.row_names[i];
  }
  if (zeros > 0) {
    throw error(
        errc::zero_row,
        {.what = zeros == 1 ? "a sample has no counts" : fmt::format("{} samples have no counts", zeros),
         .where = location{.file = name},
         .found = zeros > 10 ? fmt::format("{} and {} more", zero, zeros - 10) : zero,
         .expected = "at least one count in each sample",
         .hint = "leave these samples out: nothing tells which component they are of"});
  }
  named_counts out{
      .counts = count_table::from_csr(t.rows(), t.column_names.size(), t.row_ptr, t.column,
                                      std::span<const double>(t.count), options.empty, options.threads),
      .samples = std::move(t.row_names),
      .taxa = std::move(t.column_names),
      .format = format,
      .transposed = transposed,
      .notes = std::move(t.notes)};
  return out;
}

named_counts read_counts(const std::string& path, const read_counts_options& options) {
  return parse_counts(read_file(path, {.expected = "a table of counts", .refuse_empty = true}), path,
                      options);
}

}  // namespace twill::dmm
