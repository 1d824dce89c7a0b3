// SPDX-License-Identifier: Apache-2.0
// Every file under tests/corpus/{json,csv} has a mistake, and the file beside it, `.expected`, what is said
// about it. With TWILL_WRITE_EXPECTED set in the environment the answers are written instead, for a person to
// read.
#include "case_description.hpp"
#include "twill/table/csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace twill::table {
namespace {

namespace fs = std::filesystem;

const fs::path corpus = fs::path(TWILL_SOURCE_DIR) / "libs/table/tests/corpus";

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string json_mistakes(const fs::path& path) {
  findings out;
  const auto d = json::parse(content(path), path.filename().string(), out);
  if (d) static_cast<void>(json::read(*d, json::testing::plants_json(), out));
  out.sort_by_place();
  return out.to_string();
}

std::string csv_mistakes(const fs::path& path) {
  csv_options options;
  if (path.filename().string().starts_with("schema_")) {
    options.schema = {
        .name = "inflow_seasonal_stats",
        .columns = {{.name = "hydro_id", .type = column_type::int32, .minimum = 0},
                    {.name = "stage_id", .type = column_type::int32, .minimum = 0},
                    {.name = "mean_m3s", .unit = "m3/s"},
                    {.name = "std_m3s", .minimum = 0, .unit = "m3/s"},
                    {.name = "date", .type = column_type::date, .required = false, .nullable = true}}};
  }
  findings out;
  static_cast<void>(read_csv(content(path), path.filename().string(), options, out));
  out.sort_by_place();
  return out.to_string();
}

void compare(const std::string& kind, std::string (*mistakes)(const fs::path&)) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(corpus / kind)) {
    if (entry.path().extension() == "." + kind) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  EXPECT_GE(files.size(), 20u);
  for (const fs::path& file : files) {
    const fs::path expected = fs::path(file).replace_extension(".expected");
    const std::string text = mistakes(file) + '\n';
    if (std::getenv("TWILL_WRITE_EXPECTED") != nullptr) std::ofstream(expected, std::ios::binary) << text;
    EXPECT_NE(text, "\n") << file << " has no mistake";
    EXPECT_EQ(text, content(expected)) << file;
  }
}

TEST(corpus, json_files_get_their_messages) { compare("json", json_mistakes); }

TEST(corpus, csv_files_get_their_messages) { compare("csv", csv_mistakes); }

}  // namespace
}  // namespace twill::table
