// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "descriptor.hpp"

#include <atomic>
#include <cstddef>
#include <span>
#include <sys/types.h>

namespace twill::comm::launch {

/// A process that waits for the launcher's end and then kills what is left of the ranks' process groups.
///
/// A rank is killed with the launcher by the kernel (PR_SET_PDEATHSIG), but what the rank started is not. The
/// guard holds the reading end of a pipe whose writing end only the launcher has: the end of file says that
/// the launcher is gone, whatever took it. Out of reach is who left its rank's process group (setsid).
class guard {
 public:
  /// Requires: called before any rank is forked. Throws: twill::error.
  explicit guard(int ranks);
  guard(const guard&) = delete;
  guard& operator=(const guard&) = delete;
  /// Ends the guard and waits for it; groups that are still watched are killed.
  ~guard();

  /// Watches the group; from the fork to just before the leader is reaped, so that the number cannot be
  /// another's.
  void watch(int rank, pid_t group) noexcept;
  void release(int rank) noexcept { watch(rank, 0); }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  std::span<std::atomic<pid_t>> groups_;  // shared with the guard
  descriptor alive_;
  pid_t pid_ = 0;
};

}  // namespace twill::comm::launch
