// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What stands behind `twill run`: several ranks of one program on this machine. See src/launch/README.md.
namespace twill::comm::launch {

/// Ranks of one job at most.
inline constexpr int most_ranks = 1024;

/// One job, as it is to be started.
struct plan {
  int ranks = 1;                           ///< 1 to most_ranks
  std::vector<std::string> command{};      ///< the program and its arguments
  std::vector<std::string> environment{};  ///< `NAME=VALUE`, what the ranks inherit
  std::optional<int> threads{};            ///< TWILL_NUM_THREADS of every rank
  std::uint64_t memory_limit = 0;          ///< bytes that ranks may share; 0: half of the machine's
  /// From the first failure to the end of who is left.
  std::chrono::nanoseconds grace = std::chrono::seconds(5);
  /// So long without progress, and it is told who waits where; 0: never.
  std::chrono::nanoseconds report_waits = std::chrono::seconds(10);
  std::string record{};  ///< file for the pids; empty: none
  int input = 0;         ///< descriptor that rank 0 reads
  int output = 1;        ///< descriptor for the ranks' standard output
  int errors = 2;        ///< descriptor for their standard error and messages
  /// The process ends with its job. After SIGINT, SIGTERM or SIGHUP these stay blocked, so that one that comes
  /// late does not take the place of the job's exit code.
  bool leaves_after = false;
};

/// A plan whose program has been found and whose fields have been checked.
struct checked_plan {
  plan what{};                             ///< as it was given
  std::string program{};                   ///< the file to execute
  std::string job{};                       ///< TWILL_JOB
  std::vector<std::string> environment{};  ///< without what each rank gets of its own
};

/// Throws: twill::error(errc::bad_configuration) for a number outside its range, an empty command, or ranks
/// that would be started inside a rank; (errc::cannot_read) for a program that is not there or cannot be
/// executed.
[[nodiscard]] checked_plan check(plan p);

/// What would be started, for people: the program, its arguments, and each rank's variables.
[[nodiscard]] std::string describe(const checked_plan& p);

/// Starts the ranks, passes output, input and signals on, waits for all of them, and returns the job's exit
/// code.
///
/// Effects: while it runs, the signals it handles are blocked in the calling thread and read from a
/// descriptor; all is as before on return, but for `leaves_after`. Requires: no other thread forks or reaps.
/// Throws: twill::error when a rank cannot be started; then none is left.
[[nodiscard]] int run(const checked_plan& p);

}  // namespace twill::comm::launch
