// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "descriptor.hpp"
#include "twill/comm/launch.hpp"

#include <csignal>
#include <cstddef>
#include <string>
#include <sys/resource.h>
#include <sys/types.h>
#include <vector>

namespace twill::comm::launch {

/// What a rank gets back that the launcher changed for itself.
struct inherited_state {
  sigset_t mask{};                 ///< of blocked signals
  struct sigaction broken_pipe{};  ///< of SIGPIPE
  struct sigaction child{};        ///< of SIGCHLD
  rlimit files{};                  ///< open files
};

/// A rank's program, arguments and environment as execve takes them. Made before the fork: after it, only
/// calls that are safe in a signal handler are made.
class image {
 public:
  image(const checked_plan& p, int rank, int memory_fd);
  image(const image&) = delete;
  image& operator=(const image&) = delete;
  ~image() = default;

  [[nodiscard]] const char* program() const noexcept { return program_.c_str(); }
  [[nodiscard]] char* const* arguments() const noexcept { return arguments_.data(); }
  [[nodiscard]] char* const* environment() const noexcept { return environment_.data(); }

 private:
  std::string program_;
  std::vector<std::string> words_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

/// A started rank, and our ends of its pipes.
struct child {
  pid_t pid = 0;
  descriptor output;
  descriptor errors;
  descriptor input;  ///< only where the launcher passes its terminal on
};

/// How one rank is started.
struct start {
  const image& what;
  int input;          ///< becomes its standard input; -1: a pipe from the launcher
  int exec_failures;  ///< where it writes exec_failure
  int rank;
  const inherited_state& back;
};

/// What a rank says whose program could not be executed.
struct exec_failure {
  int rank;
  int code;  ///< errno
};

/// Forks and executes, in a process group of its own that is killed with the launcher.
/// Throws: twill::error when the system has no process or descriptor left.
[[nodiscard]] child start_rank(const start& s);

/// A pipe whose ends are closed on exec. Throws: twill::error.
struct pipe_ends {
  descriptor read;
  descriptor write;
};
[[nodiscard]] pipe_ends make_pipe();

/// Throws: twill::error(errc::internal) that names the step and errno.
[[noreturn]] void fail_system(const std::string& step, int code, std::string hint = {});

}  // namespace twill::comm::launch
