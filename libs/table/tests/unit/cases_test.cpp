// SPDX-License-Identifier: Apache-2.0
// The reference cases, where they are at hand: every Parquet file equals its CSV twin, and every JSON file
// reads.
#include "twill/table/json.hpp"
#include "twill/table/read_table.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace twill::table {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> case_files(const std::string& extension) {
  const fs::path root = fs::path(TWILL_SOURCE_DIR) / "../shared/cases";
  std::vector<std::string> files;
  if (!fs::is_directory(root)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().extension() == extension) files.push_back(entry.path().string());
  }
  return files;
}

TEST(cases, every_parquet_file_equals_its_csv_twin) {
  std::size_t compared = 0;
  for (const std::string& parquet : case_files(".parquet")) {
    const std::string csv = fs::path(parquet).replace_extension(".csv").string();
    if (!fs::exists(csv)) continue;
    findings out;
    const column_table expected = read_table(parquet, {}, out);
    table_schema schema;
    for (const table_column& c : expected.columns()) {
      schema.columns.push_back({.name = c.name(), .type = c.type(), .nullable = c.nullable()});
    }
    EXPECT_TRUE(read_table(csv, {.schema = schema}, out) == expected) << csv;
    EXPECT_EQ(out.to_string(), "") << csv;
    ++compared;
  }
  RecordProperty("compared", static_cast<int>(compared));
}

TEST(cases, every_json_file_reads_and_writes_back) {
  for (const std::string& path : case_files(".json")) {
    findings out;
    const auto read = json::read_file(path, out);
    ASSERT_EQ(out.to_string(), "");
    ASSERT_TRUE(read.has_value());
    const std::string written = json::write(read->root(), 2);
    EXPECT_EQ(json::write(json::parse(written).root(), 2), written) << path;
  }
}

}  // namespace
}  // namespace twill::table
