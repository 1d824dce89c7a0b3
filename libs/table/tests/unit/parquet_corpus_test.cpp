// SPDX-License-Identifier: Apache-2.0
#include "twill/table/findings.hpp"
#include "twill/table/parquet.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace twill::table {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::span<const std::byte> view(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(parquet_corpus, each_broken_file_is_refused_with_its_message) {
  const fs::path folder = fs::path(TWILL_SOURCE_DIR) / "libs/table/tests/corpus/parquet";
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".parquet") continue;
    ++files;
    const std::string name = entry.path().filename().string();
    std::string message = "read without an error";
    try {
      static_cast<void>(read_parquet(view(content_of(entry.path())), name));
    } catch (const error& e) {
      message = e.what();
    }
    EXPECT_EQ(message + "\n", content_of(fs::path(entry.path()).replace_extension(".message"))) << name;
  }
  EXPECT_GE(files, 55U);
}

TEST(parquet_corpus, a_file_on_disk_gives_the_same_refusals) {
  const fs::path folder = fs::path(TWILL_SOURCE_DIR) / "libs/table/tests/corpus/parquet";
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".parquet") continue;
    const std::string path = entry.path().string();
    std::string from_disk;
    std::string from_memory;
    try {
      static_cast<void>(read_parquet(path));
    } catch (const error& e) {
      from_disk = e.what();
    }
    try {
      static_cast<void>(read_parquet(view(content_of(entry.path())), path));
    } catch (const error& e) {
      from_memory = e.what();
    }
    EXPECT_EQ(from_disk, from_memory);
    EXPECT_FALSE(from_disk.empty()) << path;
  }
}

TEST(parquet_corpus, kinds_of_refusal_have_codes_of_their_own) {
  const std::string folder = std::string(TWILL_SOURCE_DIR) + "/libs/table/tests/corpus/parquet/";
  const std::map<std::string, errc> wanted = {{"zstd_bomb", errc::too_large},
                                              {"claims_10_to_the_15_rows", errc::too_large},
                                              {"nested_column", errc::unsupported},
                                              {"encrypted_footer", errc::unsupported},
                                              {"cut_short", errc::invalid_input}};
  for (const auto& [name, code] : wanted) {
    try {
      static_cast<void>(read_parquet(folder + name + ".parquet"));
      ADD_FAILURE() << name << " was read";
    } catch (const error& e) {
      EXPECT_EQ(e.code(), make_error_code(code)) << name;
    }
  }
}

}  // namespace
}  // namespace twill::table
