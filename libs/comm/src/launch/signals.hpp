// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "child.hpp"
#include "descriptor.hpp"

#include <csignal>
#include <optional>
#include <string>
#include <sys/signalfd.h>

namespace twill::comm::launch {

/// Takes the signals that a launcher handles out of their normal way, for as long as it lives: they are
/// blocked and read from a descriptor. Those that were ignored before (nohup, a shell's background jobs) stay
/// ignored, here and in the ranks.
class signals {
 public:
  /// leaves_after: SIGINT, SIGTERM and SIGHUP stay blocked once one of them has come. Throws: twill::error.
  explicit signals(bool leaves_after);
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;
  ~signals();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// The next signal that has come.
  [[nodiscard]] std::optional<signalfd_siginfo> next();
  /// What ranks get back.
  [[nodiscard]] const inherited_state& before() const noexcept { return before_; }

 private:
  descriptor fd_;
  inherited_state before_;
  bool leaves_after_;
  bool told_to_end_ = false;
};

/// `SIGSEGV`, or `signal 40` for those without a name.
[[nodiscard]] std::string signal_name(int number);

}  // namespace twill::comm::launch
