// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace twill::hybrid {

/// What is done about libraries that start threads of their own inside a worker.
enum class suppression : std::uint8_t {
  enforce,  ///< one thread each; another wish of the user is overridden in this process and reported
  check,    ///< nothing is changed, differences are reported
  off       ///< nothing
};

/// One variable that such a library reads.
struct suppressed_variable {
  std::string name{};                  ///< `OMP_NUM_THREADS`
  std::string wanted{};                ///< `1`
  std::optional<std::string> found{};  ///< before; nothing: not set
  bool changed = false;                ///< it was set here
};

/// What was found and done.
struct suppression_report {
  suppression policy = suppression::enforce;     ///< as asked for
  std::vector<suppressed_variable> variables{};  ///< all that are known
  std::vector<std::string> calls{};              ///< functions of loaded libraries that were called
  std::vector<std::string> warnings{};           ///< overridden wishes, or differences under `check`

  /// One line.
  [[nodiscard]] std::string to_string() const;
};

/// Sets the variables of OpenMP, MKL, OpenBLAS, BLIS, Accelerate, NumExpr and HiGHS and calls what loaded
/// libraries offer. Requires: no other thread reads the environment meanwhile, so it is the first thing that
/// a program does. HiGHS does not take its options from a variable: set `parallel=off` and `threads=1` on
/// each instance as well.
suppression_report suppress_solver_threads(suppression policy);

/// The settings that libraries keep for each thread (OpenMP's number of threads), for the calling one.
void suppress_solver_threads_here() noexcept;

/// Gives the changed variables their former values.
void restore_solver_threads(const suppression_report& report) noexcept;

}  // namespace twill::hybrid
