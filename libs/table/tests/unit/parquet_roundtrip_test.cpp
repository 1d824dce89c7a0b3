// SPDX-License-Identifier: Apache-2.0
#include "twill/table/findings.hpp"
#include "twill/table/parquet.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

namespace twill::table {
namespace {

std::span<const std::byte> bytes_of(const buffer<std::byte>& b) { return {b.data(), b.size()}; }

template <class T, class F>
table_column make(const std::string& name, std::size_t rows, std::size_t gap, F&& value) {
  buffer<T> values;
  buffer<std::uint8_t> present;
  for (std::size_t i = 0; i < rows; ++i) {
    values.push_back(static_cast<T>(value(i)));
    present.push_back(gap != 0 && i % gap == 0 ? 0 : 1);
  }
  return gap == 0 ? table_column(name, std::move(values))
                  : table_column(name, std::move(values), std::move(present));
}

column_table every_type(std::size_t rows, std::size_t gap) {
  column_table t("every_type");
  t.add(make<bool>("flag", rows, gap, [](std::size_t i) { return i % 3 == 1; }));
  t.add(make<std::int32_t>("i32", rows, gap, [](std::size_t i) { return static_cast<int>(i) * 40503 - 7; }));
  t.add(make<std::int64_t>("i64", rows, gap, [](std::size_t i) {
    return (std::int64_t{1} << 60) - static_cast<std::int64_t>(i);
  }));
  t.add(make<std::uint32_t>("u32", rows, gap, [](std::size_t i) { return 4294967295U - i; }));
  t.add(make<std::uint64_t>("u64", rows, gap, [](std::size_t i) { return ~std::uint64_t{0} - i; }));
  t.add(make<float>("f32", rows, gap, [](std::size_t i) { return static_cast<float>(i) / 3; }));
  t.add(make<double>("f64", rows, gap, [](std::size_t i) {
    return i % 11 == 4 ? std::nan("") : static_cast<double>(i % 7) / 7;
  }));
  buffer<date> days;
  for (std::size_t i = 0; i < rows; ++i) days.push_back(date{static_cast<std::int32_t>(i) - 50});
  t.add(table_column("day", std::move(days)));
  string_array texts;
  buffer<std::uint8_t> present;
  for (std::size_t i = 0; i < rows; ++i) {
    texts.push_back(i % 5 == 0 ? std::string() : "caf\u00e9 " + std::to_string(i * i % 97));
    present.push_back(gap != 0 && i % gap == 1 ? 0 : 1);
  }
  t.add(gap == 0 ? table_column("text", std::move(texts))
                 : table_column("text", std::move(texts), std::move(present)));
  return t;
}

TEST(parquet_roundtrip, every_type_comes_back_in_every_setting) {
  for (const std::size_t rows : {0U, 1U, 8U, 1003U}) {
    for (const std::size_t gap : {0U, 1U, 3U, 100U}) {
      const column_table table = every_type(rows, gap);
      for (const auto codec :
           {parquet_codec::none, parquet_codec::snappy, parquet_codec::gzip, parquet_codec::zstd}) {
        for (const int version : {1, 2}) {
          for (const bool dictionary : {true, false}) {
            const parquet_write_options options{.codec = codec,
                                                .row_group_rows = 400,
                                                .page_bytes = 512,
                                                .page_version = version,
                                                .dictionary = dictionary,
                                                .checksums = true};
            EXPECT_EQ(read_parquet(bytes_of(encode_parquet(table, options)), "t"), table)
                << rows << ' ' << gap << ' ' << static_cast<int>(codec) << " v" << version << ' '
                << dictionary;
          }
        }
      }
    }
  }
}

TEST(parquet_roundtrip, equal_tables_give_equal_bytes) {
  const column_table table = every_type(2000, 7);
  EXPECT_EQ(encode_parquet(table), encode_parquet(every_type(2000, 7)));
}

TEST(parquet_roundtrip, bits_of_zero_and_nan_are_kept) {
  column_table table("t");
  table.add(
      table_column("x", buffer<double>{-0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0}));
  const column_table read = read_parquet(bytes_of(encode_parquet(table)), "t");
  EXPECT_TRUE(std::signbit(read.column<double>("x")[0]));
  EXPECT_FALSE(std::signbit(read.column<double>("x")[1]));
  const parquet_info info = inspect_parquet(bytes_of(encode_parquet(table)), "t");
  EXPECT_EQ(info.row_groups[0].chunks[0].min, "-0");
  EXPECT_EQ(info.row_groups[0].chunks[0].max, "0");
}

TEST(parquet_roundtrip, file_says_what_it_holds) {
  const column_table table = every_type(100, 10);
  const parquet_info info = inspect_parquet(bytes_of(encode_parquet(table, {.row_group_rows = 60})), "t");
  EXPECT_EQ(info.rows, 100U);
  EXPECT_EQ(info.created_by.substr(0, 14), "twill version ");
  ASSERT_EQ(info.row_groups.size(), 2U);
  EXPECT_EQ(info.row_groups[1].rows, 40U);
  ASSERT_EQ(info.columns.size(), 9U);
  EXPECT_EQ(info.columns[3].type, "uint32");
  EXPECT_EQ(info.columns[7].type, "date");
  EXPECT_EQ(info.columns[7].read_as, column_type::date);
  EXPECT_FALSE(info.columns[7].nullable);
  const parquet_chunk& u32 = info.row_groups[0].chunks[3];
  EXPECT_EQ(u32.codec, "ZSTD");
  EXPECT_EQ(u32.nulls, 6U);
  EXPECT_EQ(u32.min, std::to_string(4294967295U - 59));
  EXPECT_EQ(u32.max, std::to_string(4294967295U - 1));
  EXPECT_EQ(info.row_groups[1].chunks[7].min, "1970-01-11");
  EXPECT_EQ(info.row_groups[0].chunks[8].min, "");
}

TEST(parquet_roundtrip, dictionary_is_used_where_it_pays) {
  column_table table("t");
  buffer<double> same(10000, 1.5);
  buffer<double> different;
  for (int i = 0; i < 10000; ++i) different.push_back(i * 0.1);
  table.add(table_column("same", std::move(same)));
  table.add(table_column("different", std::move(different)));
  const parquet_info info = inspect_parquet(bytes_of(encode_parquet(table, {.codec = parquet_codec::none})), "t");
  EXPECT_EQ(info.row_groups[0].chunks[0].encodings, (std::vector<std::string>{"PLAIN", "RLE_DICTIONARY"}));
  EXPECT_EQ(info.row_groups[0].chunks[1].encodings, (std::vector<std::string>{"PLAIN"}));
  EXPECT_LT(info.row_groups[0].chunks[0].compressed_bytes, 200U);
}

TEST(parquet_roundtrip, only_the_columns_asked_for_are_read_in_that_order) {
  const buffer<std::byte> file = encode_parquet(every_type(20, 3));
  const column_table read = read_parquet(bytes_of(file), "t", {.columns = {"text", "i32"}});
  EXPECT_EQ(read.column_names(), (std::vector<std::string_view>{"text", "i32"}));
  EXPECT_EQ(read.at("i32"), every_type(20, 3).at("i32"));
}

TEST(parquet_roundtrip, unknown_column_names_the_nearest) {
  const buffer<std::byte> file = encode_parquet(every_type(2, 0));
  try {
    static_cast<void>(read_parquet(bytes_of(file), "t.parquet", {.columns = {"txt"}}));
    ADD_FAILURE();
  } catch (const error& e) {
    EXPECT_STREQ(e.what(),
                 "error[wrong_column] t.parquet: the file has no such column (found txt)\n"
                 "hint: did you mean `text`?");
  }
}

TEST(parquet_roundtrip, memory_limit_is_kept) {
  const buffer<std::byte> file = encode_parquet(every_type(1000, 0));
  EXPECT_NO_THROW(
      static_cast<void>(read_parquet(bytes_of(file), "t", {.columns = {"f64"}, .memory_limit = 9000})));
  try {
    static_cast<void>(read_parquet(bytes_of(file), "t", {.columns = {"f64"}, .memory_limit = 7000}));
    ADD_FAILURE();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), make_error_code(errc::too_large));
    EXPECT_EQ(e.found(), "8000 bytes more");
  }
}

TEST(parquet_roundtrip, tables_without_columns_keep_their_rows) {
  column_table table("t");
  table.set_rows(5);
  EXPECT_EQ(read_parquet(bytes_of(encode_parquet(table)), "t").rows(), 5U);
}

TEST(parquet_roundtrip, nullable_column_without_gaps_stays_nullable) {
  column_table table("t");
  table_column c("x", buffer<std::int32_t>{1, 2});
  c.set_nullable(true);
  table.add(std::move(c));
  const column_table read = read_parquet(bytes_of(encode_parquet(table)), "t");
  EXPECT_TRUE(read.at("x").nullable());
  EXPECT_EQ(read.at("x").null_count(), 0U);
  EXPECT_EQ(read, table);
}

TEST(parquet_roundtrip, options_out_of_range_are_refused) {
  const column_table table = every_type(1, 0);
  const auto refused = [&](const parquet_write_options& o) {
    try {
      static_cast<void>(encode_parquet(table, o));
    } catch (const error& e) {
      return std::string(e.details().what) + ": " + e.found();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refused({.row_group_rows = 0}), "Parquet option row_group_rows is out of range: 0");
  EXPECT_EQ(refused({.page_bytes = 10}), "Parquet option page_bytes is out of range: 10");
  EXPECT_EQ(refused({.page_version = 3}), "Parquet option page_version is out of range: 3");
  EXPECT_EQ(refused({.level = 40}), "Parquet option level is out of range: 40");
  EXPECT_EQ(refused({.codec = parquet_codec::snappy, .level = 40}), "accepted");
}

TEST(parquet_roundtrip, files_on_disk_equal_files_in_memory) {
  const std::string path = testing::TempDir() + "twill_parquet_roundtrip.parquet";
  const column_table table = every_type(50000, 9);
  write_parquet(path, table);
  EXPECT_EQ(std::filesystem::file_size(path), encode_parquet(table).size());
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
  EXPECT_EQ(read_parquet(path), table);
  std::filesystem::remove(path);
}

TEST(parquet_roundtrip, unreadable_and_unwritable_paths_say_why) {
  const auto message = [](auto&& f) {
    try {
      f();
    } catch (const error& e) {
      return std::string(e.code_name()) + ": " + e.details().what;
    }
    return std::string("no error");
  };
  EXPECT_EQ(message([] { static_cast<void>(read_parquet("no/such/file")); }),
            "cannot_read: cannot read the file: No such file or directory");
  EXPECT_EQ(message([] { static_cast<void>(read_parquet(testing::TempDir())); }),
            "cannot_read: cannot read the file: it is a folder");
  EXPECT_EQ(message([] { write_parquet("no/such/folder/x", column_table("t")); }),
            "cannot_write: cannot write the file: No such file or directory");
}

}  // namespace
}  // namespace twill::table
