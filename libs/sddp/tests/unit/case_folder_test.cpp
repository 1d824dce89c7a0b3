// SPDX-License-Identifier: Apache-2.0
#include "case_folder.hpp"

#include "twill/base/file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace twill::sddp::tests {
namespace fs = std::filesystem;

case_folder::case_folder(const std::string& from) {
  std::string pattern = (fs::temp_directory_path() / "twill-case-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
  fs::copy(fs::path(TWILL_SOURCE_DIR) / "libs/sddp" / from, path_, fs::copy_options::recursive);
}

case_folder::~case_folder() {
  std::error_code failure;
  fs::remove_all(path_, failure);
  EXPECT_FALSE(failure) << path_ << ": " << failure.message();
}

std::string case_folder::read(const std::string& file) const { return twill::read_file(path_ + '/' + file); }

void case_folder::write(const std::string& file, std::string_view content) const {
  fs::create_directories(fs::path(path_ + '/' + file).parent_path());
  // Not through write_file_atomically: thousands of copies would wait for the disk.
  std::ofstream out(path_ + '/' + file, std::ios::binary);
  out << content;
  if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

void case_folder::remove(const std::string& file) const {
  if (!fs::remove(path_ + '/' + file)) throw std::runtime_error("no such file: " + file);
}

void case_folder::replace(const std::string& file, std::string_view text, std::string_view by) const {
  std::string content = read(file);
  const auto at = content.find(text);
  if (at == std::string::npos) throw std::runtime_error(file + " lacks " + std::string(text));
  if (content.find(text, at + 1) != std::string::npos)
    throw std::runtime_error(file + " has more than one " + std::string(text));
  content.replace(at, text.size(), by);
  write(file, content);
}

namespace {

TEST(case_folder, is_a_whole_copy_that_goes_away) {
  std::string path;
  {
    const case_folder made;
    path = made.path();
    EXPECT_TRUE(fs::exists(path + "/system/hydros.json"));
    EXPECT_THROW(made.replace("config.json", "no such text", ""), std::runtime_error);
  }
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace twill::sddp::tests
