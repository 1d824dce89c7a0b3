// SPDX-License-Identifier: Apache-2.0
#include "job.hpp"

#include <fmt/format.h>

#include <csignal>

namespace twill::comm::launch {
namespace {

// timeout(1) and some service managers send a signal to a process and to its group: both reach the launcher
// at once, and that is one wish, not two.
constexpr std::chrono::milliseconds same_wish{200};

}  // namespace

void job::take_signals() {
  const auto now = clock::now();
  while (const auto got = signals_.next()) {
    const int number = static_cast<int>(got->ssi_signo);
    switch (number) {
      case SIGCHLD: break;
      case SIGINT:
      case SIGTERM:
      case SIGHUP: stop_by(number, now); break;
      case SIGQUIT:
        say(fmt::format("twill run: {} of {} ranks are running, job {}\n", running_, plan_.what.ranks,
                        plan_.job) +
            rendezvous::describe_waits(*memory_));
        break;
      case SIGTSTP: suspend(); break;
      default:
        if (number != SIGCONT && number != SIGWINCH) verdict_.passed_on(number);
        kill_ranks(number);
    }
  }
  reap();
}

void job::stop_by(int signal, clock::time_point now) {
  const auto [first, is_first] = stops_.try_emplace(signal, now);
  if (is_first) {
    verdict_.passed_on(signal);
    kill_ranks(signal);
    if (signal == SIGINT)
      say(fmt::format("twill run: SIGINT passed on to {} ranks; a second one kills them\n", running_));
  } else if (now - first->second >= same_wish) {
    verdict_.fail(128 + signal);
    verdict_.ending();
    say(fmt::format("twill run: {} again: the ranks are killed\n", signal_name(signal)));
    kill_ranks(SIGKILL);
  }
}

// The terminal's stop reaches the launcher alone: ranks have process groups of their own.
void job::suspend() {
  kill_ranks(SIGTSTP);
  raise(SIGSTOP);  // until SIGCONT, which is passed on like others
}

}  // namespace twill::comm::launch
