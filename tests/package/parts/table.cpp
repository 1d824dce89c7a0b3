// SPDX-License-Identifier: Apache-2.0
// Parquet pages in every codec, so that the codecs' libraries have to be linked too.
#include "twill/table/parquet.hpp"

#include <cstdio>

namespace table = twill::table;

int main() {
  table::column_table written("made.parquet");
  written.add(table::table_column("level", table::buffer<double>{0.5, 0.25, 0.125}));
  for (const auto codec : {table::parquet_codec::zstd, table::parquet_codec::gzip}) {
    const auto bytes = table::encode_parquet(written, {.codec = codec});
    const auto read = table::read_parquet(std::span(bytes.data(), bytes.size()), "made.parquet");
    for (const double x : read.column<double>("level")) std::printf("%g ", x);
  }
  std::printf("\n");
}
