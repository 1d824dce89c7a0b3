// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm/count_table.hpp"
#include "twill/dmm/fit.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twill::dmm {

/// How a table of counts is kept in a file.
enum class table_format : std::uint8_t {
  csv,            ///< delimited text, a header of names and a first column of names
  parquet,        ///< a flat Parquet file, the first column of texts has the names
  biom,           ///< BIOM: 1.0, JSON, is read and written; 2, HDF5, is read by a build that has it
  mothur_shared,  ///< mothur's .shared: label, Group, numOtus, counts
  matrix_market   ///< MatrixMarket coordinate; rows are samples unless said otherwise; no names
};

/// "csv", "parquet", "biom", "shared", "mtx".
[[nodiscard]] std::string_view name_of(table_format f) noexcept;

/// Which axis of a delimited or Parquet file has the taxa.
enum class taxa_axis : std::uint8_t {
  automatic,  ///< found from the header and the totals, and said in `notes`
  columns,    ///< rows are samples
  rows        ///< columns are samples
};

/// How a table is read.
struct read_counts_options {
  std::optional<table_format> format{};   ///< empty: by content
  taxa_axis axis = taxa_axis::automatic;  ///< which axis has the taxa
  double min_taxon_total = 0;             ///< taxa with a smaller total are left out, and counted in `notes`
  zero_rows empty = zero_rows::refuse;    ///< what happens to samples without counts
  int threads = 0;                        ///< 0: as the settings say
};

/// A table of counts with its names.
struct named_counts {
  count_table counts;                       ///< the counts
  std::vector<std::string> samples{};       ///< one a sample
  std::vector<std::string> taxa{};          ///< one a taxon
  table_format format = table_format::csv;  ///< what the file was
  bool transposed = false;                  ///< its rows were taxa
  std::vector<std::string> notes{};         ///< what was found out about the file, for people
};

/// Reads a table of counts, known by its content; what gzip packed is unpacked.
/// Throws: twill::error when the file cannot be read; table::input_error, an error whose message has every
/// finding with line and column; error (unsupported) for what this build has no library for.
[[nodiscard]] named_counts read_counts(const std::string& path, const read_counts_options& options = {});
/// The same from memory; `name` is shown in messages.
[[nodiscard]] named_counts parse_counts(std::string_view content, const std::string& name,
                                        const read_counts_options& options = {});

/// The table in one of the formats. Throws: error (unsupported) for Parquet, which write_counts writes.
[[nodiscard]] std::string format_counts(const named_counts& table, table_format format);
/// Writes a table; the file appears whole or not at all.
void write_counts(const std::string& path, const named_counts& table, table_format format);

/// A model as it is kept: the fit without the posterior of its samples, and the names of its taxa.
struct saved_model {
  mixture_fit fit{};                ///< `group` is empty
  std::vector<std::string> taxa{};  ///< one a taxon
  std::uint32_t seed = 42;          ///< of the winning start's run
};

/// The model as JSON; every number reads back as the same double.
[[nodiscard]] std::string format_model(const saved_model& model);
/// Throws: table::input_error with all mistakes; error (malformed_model) for figures that contradict each
/// other.
[[nodiscard]] saved_model parse_model(std::string text, const std::string& name);
/// The same from a file. Throws also: twill::error when it cannot be read.
[[nodiscard]] saved_model read_model(const std::string& path);

}  // namespace twill::dmm
