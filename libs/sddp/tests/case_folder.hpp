// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/case.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace twill::sddp::tests {

/// A copy of a case of this repository in a folder of its own, to be broken; gone with the object.
class case_folder {
 public:
  /// "tests/cases/complete", "templates/cascade": below libs/sddp.
  explicit case_folder(const std::string& from = "tests/cases/complete");
  case_folder(const case_folder&) = delete;
  case_folder& operator=(const case_folder&) = delete;
  ~case_folder();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string read(const std::string& file) const;
  void write(const std::string& file, std::string_view content) const;
  void remove(const std::string& file) const;
  /// Replaces the one place where `text` stands; anything but one place is a mistake of the test.
  void replace(const std::string& file, std::string_view text, std::string_view by) const;

 private:
  std::string path_;
};

}  // namespace twill::sddp::tests
