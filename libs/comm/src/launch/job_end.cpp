// SPDX-License-Identifier: Apache-2.0
#include "job.hpp"
#include "twill/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>

namespace twill::comm::launch {
namespace {

// Between the request to end and the end.
constexpr std::chrono::seconds until_kill{1};
// A job that a timeout has aborted has waited already; its stuck rank is not waited for once more.
constexpr std::chrono::seconds grace_after_timeout{1};

}  // namespace

void job::reap() {
  reaped_at_ = clock::now();
  std::vector<ended_rank> ended;
  for (int r = 0; r < plan_.what.ranks; ++r) {
    const auto i = static_cast<std::size_t>(r);
    const pid_t pid = ranks_[i].pid;
    siginfo_t info{};
    if (pid == 0 || waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid != pid) {
      continue;
    }
    // Not reaped yet, so its number and that of its group are still its own: what it left behind ends here.
    kill(-pid, SIGKILL);
    guard_.release(r);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ranks_[i].pid = 0;
    --running_;
    // Its last words come before the message about its end.
    for (const std::size_t s : {2 * i, 2 * i + 1}) streams_[s].empty_pipe(scratch_);
    ended.push_back({.rank = r, .wait_status = status});
  }
  if (!ended.empty()) say(verdict_.note(ended));
}

void job::end_after_failure(clock::time_point now) {
  if (pursued_) return;
  pursued_ = true;
  clock::duration grace = std::chrono::duration_cast<clock::duration>(plan_.what.grace);
  const auto abort = rendezvous::find_abort(*memory_);
  if (abort && abort->cause == rendezvous::abort_cause::timeout)
    grace = std::min<clock::duration>(grace, grace_after_timeout);
  term_at_ = now + grace;
}

void job::pursue_stragglers(clock::time_point now) {
  if (term_at_ && now >= *term_at_) {
    term_at_.reset();
    kill_at_ = now + until_kill;
    verdict_.ending();
    say(format_diagnosis(
            "warning", "straggler",
            {.what = fmt::format("ranks that go on after the failure are ended: {}", names_of_running())}) +
        '\n');
    kill_ranks(SIGTERM);
    kill_ranks(SIGCONT);  // a stopped process ends when it goes on
  }
  if (kill_at_ && now >= *kill_at_) {
    kill_at_.reset();
    kill_ranks(SIGKILL);
  }
}

void job::kill_ranks(int signal) noexcept {
  for (const rank& r : ranks_) {
    if (r.pid > 0) kill(-r.pid, signal);
  }
}

std::string job::names_of_running() const {
  std::string names;
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    if (ranks_[r].pid > 0) names += fmt::format("{}{}", names.empty() ? "" : ", ", r);
  }
  return names;
}

void job::say(const std::string& lines) {
  if (lines.empty()) return;
  if (errors_->line_open) errors_->write("\n");
  errors_->last = nullptr;
  errors_->write(lines);
}

}  // namespace twill::comm::launch
