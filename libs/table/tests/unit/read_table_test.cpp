// SPDX-License-Identifier: Apache-2.0
#include "twill/table/read_table.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace twill::table {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test, gone afterwards.
class read_table_files : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(::testing::TempDir()) / (std::string("twill_table_") + info->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string write(const std::string& name, std::string_view content) const {
    const fs::path path = root_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  std::string write_parquet_part(const std::string& name, const column_table& t) const {
    const auto bytes = encode_parquet(t);
    std::string text;
    for (const std::byte b : bytes) text += static_cast<char>(b);
    return write(name, text);
  }
  [[nodiscard]] std::string root() const { return root_.string(); }
  [[nodiscard]] std::string mistakes(const read_table_options& options = {}) const {
    findings out;
    static_cast<void>(read_table(root(), options, out));
    std::string text = out.to_string();
    for (std::size_t at = text.find(root()); at != std::string::npos; at = text.find(root()))
      text.replace(at, root().size(), "R");
    return text;
  }

  fs::path root_;
};

column_table inflow() {
  column_table t;
  t.add(table_column("stage_id", buffer<std::int32_t>{0, 1}));
  t.add(table_column("mean", buffer<double>{1.5, 2}));
  return t;
}

TEST_F(read_table_files, the_content_tells_the_format_not_the_name) {
  const std::string parquet = write_parquet_part("a.csv", inflow());
  const std::string csv = write("b.parquet", "stage_id,mean\n0,1.5\n1,2\n");
  const table_schema schema{.columns = {{.name = "stage_id", .type = column_type::int32}, {.name = "mean"}}};
  EXPECT_EQ(read_table(parquet, {.schema = schema}), read_table(csv, {.schema = schema}));
  EXPECT_EQ(read_table(parquet), inflow());
}

TEST_F(read_table_files, folders_give_columns_and_parts_come_in_natural_order) {
  write("run=10/day=2024-01-02/part-0.csv", "x\n5\n");
  write("run=2/day=2024-01-01/part-10.csv", "x\n2\n");
  write("run=2/day=2024-01-01/part-9.csv", "x\n1\n");
  write("run=2/day=__HIVE_DEFAULT_PARTITION__/part-0.csv", "x\n3.5\n");
  write("run=2/day=2024-01-01/_SUCCESS", "");
  write("run=2/_temporary/part-0.csv", "y\n3.5\n");
  const auto t = read_table(root());
  ASSERT_EQ(t.rows(), 4u);
  const auto x = t.column<double>("x");
  EXPECT_EQ(std::vector<double>(x.begin(), x.end()), (std::vector<double>{1, 2, 3.5, 5}));
  EXPECT_EQ(t.column<std::int64_t>("run")[3], 10);
  EXPECT_EQ(t.at("day").values<date>()[0], parse_date("2024-01-01"));
  EXPECT_TRUE(t.at("day").is_null(2));
  EXPECT_EQ(read_table(root(), {.read = {.columns = {"run"}}}).columns().size(), 1u);
}

TEST_F(read_table_files, parquet_and_csv_parts_mix_when_their_types_do) {
  write_parquet_part("model=a%20b/0.parquet", inflow());
  write("model=c/0.csv", "stage_id,mean\n7,\n");
  const auto t = read_table(root());
  EXPECT_EQ(t.strings("model")[0], "a b");
  EXPECT_EQ(t.column<std::int64_t>("stage_id")[2], 7);
  EXPECT_TRUE(t.at("mean").is_null(2));
}

TEST_F(read_table_files, parts_that_do_not_fit_are_named) {
  write("k=1/a.csv", "x,y\n1,2\n");
  write("k=2/a.csv", "x\n1\n");
  write("k=3/a.csv", "x,y\nword,2\n");
  EXPECT_EQ(mistakes(),
            "error[wrong_type] R/k=3/a.csv column \"x\": a part has another type (found string, expected "
            "int64 as R/k=1/a.csv)\n"
            "error[missing_column] R/k=2/a.csv: a part lacks the column \"y\" (found x, expected the columns "
            "of R/k=1/a.csv)\n"
            "2 errors");
}

TEST_F(read_table_files, folders_that_disagree_about_keys_are_named) {
  write("k=1/a.csv", "x\n1\n");
  write("b.csv", "x\n1\n");
  EXPECT_EQ(mistakes(),
            "error[partition] R/k=1/a.csv: the folders of a part have other keys (found k=/, expected no "
            "folder key=value as R/b.csv)");
}

TEST_F(read_table_files, an_empty_folder_and_a_key_that_is_a_column_are_errors) {
  EXPECT_EQ(mistakes(),
            "error[partition] R: the folder has no part of a table (expected files *.parquet or *.csv)\n"
            "hint: names that begin with _ or . are left out");
  write("x=1/a.csv", "x\n1\n");
  EXPECT_EQ(mistakes(),
            "error[partition] R/x=1/a.csv: \"x\" is a folder's key and a column of the files\nhint: rename "
            "one of them");
}

TEST_F(read_table_files, a_schema_holds_for_keys_and_columns_of_all_parts) {
  write("stage_id=3/a.csv", "mean\n1\n");
  const table_schema schema{
      .columns = {{.name = "stage_id", .type = column_type::int32, .maximum = 2}, {.name = "mean"}}};
  EXPECT_EQ(mistakes({.schema = schema}),
            "warning[wrong_type] R column \"stage_id\": another integer type; every value fits (found int64, "
            "expected int32)\n"
            "error[out_of_range] R row 1 column \"stage_id\": too large (found 3, expected at most 2)\n"
            "1 error, 1 warning");
}

TEST_F(read_table_files, memory_is_limited_over_all_parts) {
  for (int i = 0; i < 4; ++i) write("k=" + std::to_string(i) + "/a.csv", "x\n1\n2\n3\n");
  EXPECT_EQ(mistakes({.read = {.memory_limit = 50}}).substr(0, 23), "error[limit] R/k=2/a.cs");
}

TEST_F(read_table_files, what_is_not_there_ends_with_two) {
  try {
    static_cast<void>(read_table(root() + "/nothing"));
    FAIL() << "nothing thrown";
  } catch (const error& e) {
    EXPECT_EQ(e.exit(), exit_code::io);
  }
}

}  // namespace
}  // namespace twill::table
