// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/executor.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace twill::lanes::test {

/// What the reference says of a launch.
struct oracle_result {
  std::optional<fault_info> fault{};
  std::map<buffer_handle, std::vector<std::byte>> buffers{};
  std::array<double, 96> resonance{};
  std::array<std::uint64_t, 2> touched{};
  std::uint64_t instructions = 0;
};

/// Executes a valid program lane after lane, one instruction at a time, straight from the specification:
/// slow, and sharing no code with the executor. Whole-array instructions and transcendental functions are not
/// its business.
[[nodiscard]] oracle_result run_oracle(const program& p, const execution_params& params,
                                       std::map<buffer_handle, std::vector<std::byte>> buffers);

}  // namespace twill::lanes::test
