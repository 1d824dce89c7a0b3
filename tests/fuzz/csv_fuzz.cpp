// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader says yes and the table reads back as written, or says what is wrong and where.
#include "twill/table/csv.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace twill::table;

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte chooses the options, so that requested types are reached too.
  const unsigned choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  csv_options options;
  options.max_record_bytes = 1 << 12;
  options.max_columns = 64;
  options.not_finite = (choice & 1U) != 0;
  if ((choice & 2U) != 0) options.delimiter = (choice & 4U) != 0 ? ';' : '\t';
  if ((choice & 8U) != 0) {
    table_schema schema;
    schema.columns.push_back({.name = "a",
                              .type = static_cast<column_type>((choice >> 4U) % 9),
                              .required = false,
                              .nullable = true});
    schema.columns.push_back({.name = "b", .type = column_type::string, .required = false, .nullable = true});
    options.schema = std::move(schema);
  }
  findings out;
  const auto read = read_csv(text, "fuzz", options, out);
  if (out.has_errors()) return 0;

  csv_options same{.delimiter = read.delimiter, .schema = table_schema{}, .not_finite = true};
  for (const auto& column : read.table.columns()) {
    require(column.size() == read.table.rows());
    same.schema->columns.push_back({.name = column.name(), .type = column.type(), .nullable = true});
  }
  if (read.table.columns().empty()) return 0;
  const auto written = write_csv(read.table, {.delimiter = read.delimiter});
  findings none;
  const auto again = read_csv(written, "again", same, none);
  require(!none.has_errors());
  require(again.table == read.table);
  return 0;
}
