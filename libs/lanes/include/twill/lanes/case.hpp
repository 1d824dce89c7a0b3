// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/executor.hpp"

#include <optional>
#include <string>
#include <vector>

namespace twill::lanes {

/// How a case is run.
struct case_options {
  executor_options executor{};  ///< what runs it
  unsigned batch = 0;           ///< 0: what the case says, else chosen from the program
  /// Bytes of buffers, and of pools and call stacks, that a case may ask for: more is a fault (OutOfMemory).
  std::uint64_t memory_limit = std::uint64_t{1} << 36;
  std::uint64_t time_limit_ms = 0;  ///< wall time of the launch; 0: unlimited
};

/// What came of a case.
struct case_report {
  std::string name{};                       ///< of the case
  bool passed = false;                      ///< as expected
  std::vector<std::string> differences{};   ///< from what the case expects, one sentence each
  std::optional<fault_info> fault{};        ///< how the launch ended, when it did so
  launch_result result{};                   ///< of the launch
  std::vector<worker_activity> activity{};  ///< of each worker
};

/// Runs a case of the form `twill.lanes.case/1`: a program, its buffers and registers, and what must come of
/// it. Throws: `fault` (InvalidProgram) with the place when the text is no case; OutOfMemory.
[[nodiscard]] case_report run_case(std::string text, const std::string& name,
                                   const case_options& options = {});

}  // namespace twill::lanes
