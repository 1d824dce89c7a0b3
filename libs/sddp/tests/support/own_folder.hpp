// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <unistd.h>

namespace twill::sddp::testing {

/// A folder of this process alone, for tests of several trees may run at once; gone with the object.
class own_folder {
 public:
  own_folder() { std::filesystem::create_directories(path_); }
  own_folder(const own_folder&) = delete;
  own_folder& operator=(const own_folder&) = delete;
  ~own_folder() {
    std::error_code unread;  // a test that failed says so elsewhere
    std::filesystem::remove_all(path_, unread);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_ = ::testing::TempDir() + "twill_sddp_" + std::to_string(::getpid());
};

}  // namespace twill::sddp::testing
