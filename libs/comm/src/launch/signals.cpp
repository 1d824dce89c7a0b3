// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace twill::comm::launch {

signals::signals(bool leaves_after) : leaves_after_(leaves_after) {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  struct sigaction ignored{};
  ignored.sa_handler = SIG_IGN;
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGCHLD);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP}) {
    // A blocked signal is queued even where it is ignored, so what was ignored must be left out.
    struct sigaction present{};
    sigaction(number, nullptr, &present);
    if (present.sa_handler != SIG_IGN) sigaddset(&ours, number);
  }
  sigprocmask(SIG_BLOCK, &ours, &before_.mask);
  fd_ = descriptor(signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) {
    const int code = errno;
    sigprocmask(SIG_SETMASK, &before_.mask, nullptr);
    fail_system("cannot make a descriptor for signals", code);
  }
  // Our reader may go: that is a failed write. Children are reaped by us even where the parent ignored them.
  sigaction(SIGPIPE, &ignored, &before_.broken_pipe);
  sigaction(SIGCHLD, &standard, &before_.child);
  getrlimit(RLIMIT_NOFILE, &before_.files);
}

signals::~signals() {
  sigaction(SIGPIPE, &before_.broken_pipe, nullptr);
  sigaction(SIGCHLD, &before_.child, nullptr);
  sigset_t after = before_.mask;
  if (leaves_after_ && told_to_end_) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&after, number);
  }
  sigprocmask(SIG_SETMASK, &after, nullptr);
}

std::optional<signalfd_siginfo> signals::next() {
  signalfd_siginfo got{};
  if (read(fd_.get(), &got, sizeof got) != static_cast<ssize_t>(sizeof got)) return std::nullopt;
  const auto number = static_cast<int>(got.ssi_signo);
  told_to_end_ = told_to_end_ || number == SIGINT || number == SIGTERM || number == SIGHUP;
  return got;
}

std::string signal_name(int number) {
  const char* name = sigabbrev_np(number);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", number);
}

}  // namespace twill::comm::launch
