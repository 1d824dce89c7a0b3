// SPDX-License-Identifier: Apache-2.0
#include "twill/base/file.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/io.hpp"
#include "twill/table/parquet.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <string>

namespace twill::dmm {
namespace {

void append_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

// Counts are whole and at most 2^53.
void append_count(std::string& out, double count) {
  fmt::format_to(std::back_inserter(out), "{}", static_cast<std::uint64_t>(count));
}

// Every cell of a row, zeros too.
template <class Cell>
void each_cell(const named_counts& t, std::size_t row, const Cell& cell) {
  std::size_t next = 0;
  for (const count_entry& e : t.counts.row(row)) {
    for (; next < e.taxon; ++next) cell(next, 0.0);
    cell(next++, e.count);
  }
  for (; next < t.counts.taxa(); ++next) cell(next, 0.0);
}

std::string as_csv(const named_counts& t) {
  std::string out = "sample";
  for (const std::string& name : t.taxa) append_field(out += ',', name);
  out += '\n';
  for (std::size_t i = 0; i < t.counts.samples(); ++i) {
    append_field(out, t.samples[i]);
    each_cell(t, i, [&](std::size_t, double count) { append_count(out += ',', count); });
    out += '\n';
  }
  return out;
}

std::string as_shared(const named_counts& t) {
  std::string out = "label\tGroup\tnumOtus";
  for (const std::string& name : t.taxa) out += '\t' + name;
  out += '\n';
  for (std::size_t i = 0; i < t.counts.samples(); ++i) {
    fmt::format_to(std::back_inserter(out), "table\t{}\t{}", t.samples[i], t.counts.taxa());
    each_cell(t, i, [&](std::size_t, double count) { append_count(out += '\t', count); });
    out += '\n';
  }
  return out;
}

std::string as_matrix_market(const named_counts& t) {
  std::string out = "%%MatrixMarket matrix coordinate integer general\n% rows are samples\n";
  fmt::format_to(std::back_inserter(out), "{} {} {}\n", t.counts.samples(), t.counts.taxa(),
                 t.counts.nonzeros());
  for (std::size_t i = 0; i < t.counts.samples(); ++i) {
    for (const count_entry& e : t.counts.row(i)) {
      fmt::format_to(std::back_inserter(out), "{} {} ", i + 1, e.taxon + 1);
      append_count(out, e.count);
      out += '\n';
    }
  }
  return out;
}

void write_ids(json_writer& w, std::string_view key, const std::vector<std::string>& names) {
  w.key(key).begin_array();
  for (const std::string& name : names) {
    w.begin_object().member("id", name);
    w.key("metadata").value(nullptr).end_object();
  }
  w.end_array();
}

std::string as_biom(const named_counts& t) {
  json_writer w;
  w.begin_object();
  w.key("id").value(nullptr);
  w.member("format", "Biological Observation Matrix 1.0.0").member("format_url", "http://biom-format.org");
  w.member("type", "OTU table").member("generated_by", "twill").member("matrix_type", "sparse");
  w.member("matrix_element_type", "int");
  w.key("shape").begin_array().value(t.counts.taxa()).value(t.counts.samples()).end_array();
  write_ids(w, "rows", t.taxa);
  write_ids(w, "columns", t.samples);
  w.key("data").begin_array();
  for (std::size_t i = 0; i < t.counts.samples(); ++i) {
    for (const count_entry& e : t.counts.row(i))
      w.begin_array().value(e.taxon).value(i).value(static_cast<std::uint64_t>(e.count)).end_array();
  }
  w.end_array().end_object();
  return w.take();
}

}  // namespace

std::string format_counts(const named_counts& table, table_format format) {
  switch (format) {
    case table_format::csv: return as_csv(table);
    case table_format::mothur_shared: return as_shared(table);
    case table_format::matrix_market: return as_matrix_market(table);
    case table_format::biom: return as_biom(table);
    case table_format::parquet: break;
  }
  throw error(errc::unsupported, {.what = "Parquet is written to a file, not into a text"});
}

void write_counts(const std::string& path, const named_counts& t, table_format format) {
  if (format != table_format::parquet) return write_file_atomically(path, format_counts(t, format));
  table::column_table out;
  table::string_array names;
  for (const std::string& name : t.samples) names.push_back(name);
  out.add(table::table_column("sample", std::move(names)));
  std::vector<std::vector<std::int64_t>> columns(t.counts.taxa(),
                                                 std::vector<std::int64_t>(t.counts.samples(), 0));
  for (std::size_t i = 0; i < t.counts.samples(); ++i) {
    for (const count_entry& e : t.counts.row(i)) columns[e.taxon][i] = static_cast<std::int64_t>(e.count);
  }
  for (std::size_t j = 0; j < columns.size(); ++j) {
    table::buffer<std::int64_t> values(columns[j].size());
    std::copy(columns[j].begin(), columns[j].end(), values.data());
    out.add(table::table_column(t.taxa[j], std::move(values)));
  }
  table::write_parquet(path, out);
}

}  // namespace twill::dmm
