// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace twill::par {

/// How many threads this process gets by itself, and why: each term that limits it.
struct cpu_budget_report {
  std::size_t affinity = 1;  ///< CPUs in the affinity mask
  std::optional<double>
      cgroup_quota{};         ///< CPUs' worth of time: the least quota of the control groups above us
  std::size_t automatic = 1;  ///< the least of them, rounded up, at least 1
  std::size_t threads = 1;    ///< what a pool without num_threads gets
  std::string origin{};       ///< which term won: "TWILL_NUM_THREADS", "affinity mask", "cgroup quota", ...

  /// One line for a report.
  [[nodiscard]] std::string to_string() const;
};

/// Reads environment, affinity mask and control groups. Throws: `twill::error` (bad_configuration) naming the
/// variable.
[[nodiscard]] cpu_budget_report cpu_budget();

}  // namespace twill::par
