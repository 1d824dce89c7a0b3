// SPDX-License-Identifier: Apache-2.0
#include "twill/base/number.hpp"
#include "twill/table/parquet.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace twill::table {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> out(1);
  for (const char c : line) {
    if (c == ',')
      out.emplace_back();
    else if (c != '\r')
      out.back().push_back(c);
  }
  return out;
}

/// What differs between a table and the CSV text of the same data; empty when nothing does.
std::string difference(const column_table& table, std::istream& csv) {
  std::string line;
  if (!std::getline(csv, line)) return "no header";
  const std::vector<std::string> header = split(line);
  const std::vector<std::string_view> names = table.column_names();
  if (!std::equal(header.begin(), header.end(), names.begin(), names.end())) return "other columns: " + line;
  std::size_t row = 0;
  for (; std::getline(csv, line); ++row) {
    if (line.empty()) break;
    if (row >= table.rows()) return "more rows than " + std::to_string(table.rows());
    const std::vector<std::string> fields = split(line);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const table_column& c = table.columns()[i];
      const std::string text = c.text_at(row);
      const bool same = c.type() == column_type::float64 && !c.is_null(row)
                            ? parse_double(fields[i]).value == c.values<double>()[row] && !fields[i].empty()
                            : text == fields[i];
      if (!same) return header[i] + " row " + std::to_string(row + 1) + ": " + text + " is not " + fields[i];
    }
  }
  return row == table.rows() ? "" : "fewer rows than " + std::to_string(table.rows());
}

column_table small() {
  column_table t("small");
  t.add(table_column("hydro_id", buffer<std::int32_t>{0, 1, 2}));
  t.add(table_column("date", buffer<date>{date{0}, date{59}, date{-1}}));
  t.add(table_column("value", buffer<double>{0.1, 0, 1e300}, buffer<std::uint8_t>{1, 0, 1}));
  return t;
}

TEST(parquet_cases, comparison_finds_equal_and_unequal_values) {
  std::istringstream equal("hydro_id,date,value\n0,1970-01-01,0.1\n1,1970-03-01,\n2,1969-12-31,1e300\n");
  std::istringstream other("hydro_id,date,value\n0,1970-01-01,0.1\n1,1970-03-01,7\n2,1969-12-31,1e300\n");
  std::istringstream shorter("hydro_id,date,value\n0,1970-01-01,0.1\n");
  const buffer<std::byte> bytes = encode_parquet(small());
  const column_table read = read_parquet(std::span(bytes.data(), bytes.size()), "small");
  EXPECT_EQ(difference(read, equal), "");
  EXPECT_EQ(difference(read, other), "value row 2:  is not 7");
  EXPECT_EQ(difference(read, shorter), "fewer rows than 3");
}

TEST(parquet_cases, every_shared_file_equals_its_csv) {
  const fs::path folder = fs::path(TWILL_SOURCE_DIR) / "../shared/cases";
  std::size_t files = 0;
  if (fs::exists(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".parquet") continue;
      std::ifstream csv(fs::path(entry.path()).replace_extension(".csv"));
      ASSERT_TRUE(csv.is_open()) << entry.path();
      EXPECT_EQ(difference(read_parquet(entry.path().string()), csv), "") << entry.path();
      ++files;
    }
    EXPECT_GE(files, 50U);
  }
  RecordProperty("files", static_cast<int>(files));
}

}  // namespace
}  // namespace twill::table
