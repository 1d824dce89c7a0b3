// SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include "twill/base/error.hpp"
#include "twill/comm/detail/rendezvous.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

namespace twill::comm::launch {
namespace {

namespace rendezvous = detail::rendezvous;

constexpr int pipe_bytes = 1 << 20;

// Runs in the forked process: nothing here allocates or throws.
[[noreturn]] void become(const start& s, pid_t launcher, int in, int out, int err) noexcept {
  const auto give_up = [&] {
    const exec_failure why{s.rank, errno};
    const ssize_t told = write(s.exec_failures, &why, sizeof why);
    _exit(told == sizeof why ? 127 : 126);
  };
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(127);  // it went before the call above could take effect
  if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) give_up();
  setrlimit(RLIMIT_NOFILE, &s.back.files);
  sigaction(SIGPIPE, &s.back.broken_pipe, nullptr);
  sigaction(SIGCHLD, &s.back.child, nullptr);
  sigprocmask(SIG_SETMASK, &s.back.mask, nullptr);
  execve(s.what.program(), s.what.arguments(), s.what.environment());
  give_up();
  _exit(127);
}

}  // namespace

image::image(const checked_plan& p, int rank, int memory_fd) : program_(p.program), words_(p.what.command) {
  const std::size_t split = words_.size();
  words_.insert(words_.end(), p.environment.begin(), p.environment.end());
  words_.push_back(fmt::format("{}={}", rendezvous::env_fd, memory_fd));
  words_.push_back(fmt::format("{}={}", rendezvous::env_rank, rank));
  words_.push_back(fmt::format("{}={}", rendezvous::env_size, p.what.ranks));
  words_.push_back(fmt::format("{}={}", rendezvous::env_job, p.job));
  for (std::size_t i = 0; i < words_.size(); ++i)
    (i < split ? arguments_ : environment_).push_back(words_[i].data());
  arguments_.push_back(nullptr);
  environment_.push_back(nullptr);
}

child start_rank(const start& s) {
  pipe_ends out = make_pipe();
  pipe_ends err = make_pipe();
  pipe_ends in;
  if (s.input < 0) in = make_pipe();
  // A rank that prints much does not wait for the launcher's turn; less room is no failure.
  fcntl(out.read.get(), F_SETPIPE_SZ, pipe_bytes);
  fcntl(out.read.get(), F_SETFL, O_NONBLOCK);
  fcntl(err.read.get(), F_SETFL, O_NONBLOCK);
  if (in.write) fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  const pid_t launcher = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    fail_system(fmt::format("cannot start rank {}", s.rank), errno,
                "`ulimit -u` and the memory that is free limit how many processes there may be");
  }
  if (pid == 0) become(s, launcher, s.input < 0 ? in.read.get() : s.input, out.write.get(), err.write.get());
  setpgid(pid, pid);  // as the rank does itself: whoever comes first, it is done before we signal the group
  return {
      .pid = pid, .output = std::move(out.read), .errors = std::move(err.read), .input = std::move(in.write)};
}

pipe_ends make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0)
    fail_system("cannot make a pipe", errno, "`ulimit -n` limits how many descriptors there may be");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

void fail_system(const std::string& step, int code, std::string hint) {
  throw twill::error(twill::errc::internal,
                     {.what = fmt::format("{}: {}", step, std::strerror(code)), .hint = std::move(hint)});
}

}  // namespace twill::comm::launch
