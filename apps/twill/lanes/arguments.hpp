// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/kernel.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace twill::apps {

/// A kernel's arguments as the command line gave them.
struct kernel_call {
  std::vector<lanes::kernel_argument> arguments;
  std::vector<std::size_t> lengths;  ///< elements of each buffer, 0 for numbers
  std::uint64_t longest = 0;
};

/// Reads `name=number` and `name=file.csv` (its first column).
/// Throws: twill::error for unknown, missing and malformed ones.
[[nodiscard]] kernel_call bind_arguments(lanes::executor& ex, const lanes::kernel& k,
                                         const std::vector<std::string>& texts);
/// All buffers as columns under their names.
[[nodiscard]] std::string buffers_as_csv(const lanes::executor& ex, const lanes::kernel& k,
                                         const kernel_call& call);

}  // namespace twill::apps
