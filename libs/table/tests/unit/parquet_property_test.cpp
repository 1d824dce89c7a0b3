// SPDX-License-Identifier: Apache-2.0
#include "twill/table/parquet.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace twill::table {
namespace {

template <class T>
table_column column_of(const std::string& name, const std::vector<T>& values,
                       const std::vector<bool>& present) {
  buffer<T> out;
  buffer<std::uint8_t> flags;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.push_back(values[i]);
    flags.push_back(present[i] ? 1 : 0);
  }
  return table_column(name, std::move(out), std::move(flags));
}

/// Values of few kinds and of many, so that runs, dictionaries and plain pages all occur.
template <class T>
std::vector<T> values_of(std::size_t rows) {
  const auto few = *rc::gen::container<std::vector<T>>(3, rc::gen::arbitrary<T>());
  const bool repeat = *rc::gen::arbitrary<bool>();
  if (!repeat) return *rc::gen::container<std::vector<T>>(rows, rc::gen::arbitrary<T>());
  const auto picks = *rc::gen::container<std::vector<std::size_t>>(rows, rc::gen::inRange<std::size_t>(0, 3));
  std::vector<T> out;
  for (const std::size_t p : picks) out.push_back(few[p]);
  return out;
}

TEST(parquet_property, any_table_comes_back_from_any_setting) {
  const bool held = rc::check("read(encode(table, options)) == table", [] {
    const auto rows = *rc::gen::inRange<std::size_t>(0, 300);
    const auto present = *rc::gen::container<std::vector<bool>>(rows, rc::gen::arbitrary<bool>());
    column_table table("t");
    table.add(column_of("b", values_of<bool>(rows), present));
    table.add(column_of("i", values_of<std::int32_t>(rows), present));
    table.add(column_of("l", values_of<std::int64_t>(rows), present));
    table.add(column_of("u", values_of<std::uint64_t>(rows), present));
    table.add(column_of("f", values_of<float>(rows), present));
    table.add(column_of("d", values_of<double>(rows), present));
    string_array texts;
    for (std::size_t i = 0; i < rows; ++i)
      texts.push_back(std::string(*rc::gen::inRange<std::size_t>(0, 5), 'x'));
    table.add(table_column("s", std::move(texts)));
    const parquet_write_options options{.codec = *rc::gen::element(parquet_codec::none, parquet_codec::snappy,
                                                                   parquet_codec::gzip, parquet_codec::zstd),
                                        .row_group_rows = *rc::gen::inRange<std::size_t>(1, 400),
                                        .page_bytes = *rc::gen::inRange<std::size_t>(64, 1000),
                                        .page_version = *rc::gen::inRange(1, 3),
                                        .dictionary = *rc::gen::arbitrary<bool>(),
                                        .checksums = *rc::gen::arbitrary<bool>()};
    const buffer<std::byte> file = encode_parquet(table, options);
    RC_ASSERT(read_parquet(std::span(file.data(), file.size()), "t") == table);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace twill::table
