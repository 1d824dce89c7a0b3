// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/case.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace twill::lanes::test {

inline std::string content(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Every case below a folder, for several numbers of threads and batch widths; at least so many.
inline void run_folder(const std::filesystem::path& folder, std::size_t at_least) {
  std::size_t found = 0;
  if (std::filesystem::exists(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".json") continue;
      ++found;
      const std::string text = content(entry.path());
      for (const std::size_t threads : {1U, 2U, 8U}) {
        for (const unsigned batch : {0U, 1U, 7U, 64U, 256U, 1024U}) {
          const case_report report = run_case(text, entry.path().filename().string(),
                                              {.executor = {.threads = threads}, .batch = batch});
          EXPECT_TRUE(report.passed) << entry.path() << " threads " << threads << " batch " << batch << ": "
                                     << (report.differences.empty() ? "" : report.differences.front());
        }
      }
    }
  }
  EXPECT_GE(found, at_least);
}

}  // namespace twill::lanes::test
