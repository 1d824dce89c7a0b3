// SPDX-License-Identifier: Apache-2.0
#include "verdict.hpp"

#include "signals.hpp"
#include "twill/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <sys/wait.h>
#include <utility>

namespace twill::comm::launch {
namespace {

constexpr int lost = static_cast<int>(twill::exit_code::internal);
constexpr int most_shown = 8;

bool takes_part(rendezvous::memory& job, int rank) {
  // ORD acquire [launch-phase]: pairs with the release in enter and leave.
  const auto phase = job.rank(rank).phase.load(std::memory_order_acquire);
  return static_cast<rendezvous::rank_phase>(phase) != rendezvous::rank_phase::absent;
}

bool anybody_takes_part(rendezvous::memory& job) {
  // ORD acquire [launch-attached]: pairs with the increment in enter.
  return job.header().attached.load(std::memory_order_acquire) != 0;
}

std::string line(std::string_view code, std::string what, std::string hint = {}) {
  return format_diagnosis("error", code, {.what = std::move(what), .hint = std::move(hint)}) + '\n';
}

// The reason's first line, unless the rank has told it already: what leaves `run` as an exception is printed
// there.
std::string reason_of(const rendezvous::abort_notice& abort) {
  if (abort.cause == rendezvous::abort_cause::exception) return {};
  return ": " + abort.message.substr(0, abort.message.find('\n'));
}

std::string_view hint_for(int signal) {
  if (signal == SIGKILL) return "the kernel kills a process when memory runs out; its log (dmesg) tells";
  if (signal == SIGPIPE) return "whoever read this rank's output has gone";
  if (signal == SIGXCPU || signal == SIGXFSZ) return "a limit was reached: `ulimit -a` lists them";
  return {};
}

}  // namespace

std::optional<verdict::finding> verdict::judge(const ended_rank& e) {
  const bool took_part = takes_part(job_, e.rank);
  const bool in_order = rendezvous::note_exit(job_, e.rank, e.wait_status);
  const bool left_with_0 = WIFEXITED(e.wait_status) && WEXITSTATUS(e.wait_status) == 0;
  if (left_with_0 && !took_part) {
    if (anybody_takes_part(job_)) return left_without_taking_part(e.rank);
    quiet_.push_back(e.rank);
    return std::nullopt;
  }
  if (in_order) return std::nullopt;
  if (WIFSIGNALED(e.wait_status)) {
    const int signal = WTERMSIG(e.wait_status);
    const bool passed = (passed_on_ >> static_cast<unsigned>(signal) & 1U) != 0;
    if (passed && (signal == SIGINT || signal == SIGTERM || signal == SIGHUP))
      return finding{e.rank, 4, 128 + signal, false, {}};
    if (ending_) return finding{e.rank, 0, lost, false, {}};
    return finding{e.rank, passed ? 4 : 3, passed ? 128 + signal : lost, !passed,
                   line("rank_failed",
                        fmt::format("rank {} of {} was killed by signal {} ({}){}", e.rank, ranks_, signal,
                                    signal_name(signal), WCOREDUMP(e.wait_status) ? ", core dumped" : ""),
                        std::string(hint_for(signal)))};
  }
  if (left_with_0) {
    return finding{
        e.rank, 2, lost, false,
        line("rank_failed",
             fmt::format("rank {} of {} left with exit code 0 before it had finished communicating", e.rank,
                         ranks_),
             "let the environment end (return from main) instead of calling exit")};
  }
  return finding{e.rank, 1, WEXITSTATUS(e.wait_status), false,
                 line("rank_failed", fmt::format("rank {} of {} left with exit code {}", e.rank, ranks_,
                                                 WEXITSTATUS(e.wait_status)))};
}

// The others wait for it until they are told.
verdict::finding verdict::left_without_taking_part(int rank) {
  std::string what = fmt::format(
      "rank {} of {} left with exit code 0 without taking part, and others wait for it", rank, ranks_);
  rendezvous::record_abort(job_, rendezvous::abort_cause::left, -1, lost, what);
  return {rank, 2, lost, false,
          line("rank_failed", std::move(what), "either all ranks of a job communicate or none")};
}

std::string verdict::note(std::span<const ended_rank> ended) {
  std::vector<finding> found;
  for (const ended_rank& e : ended) {
    if (auto f = judge(e)) found.push_back(std::move(*f));
  }
  return settle(std::move(found));
}

std::string verdict::look_again() {
  if (!looks_again() || !anybody_takes_part(job_)) return {};
  std::vector<finding> found;
  for (const int rank : std::exchange(quiet_, {})) found.push_back(left_without_taking_part(rank));
  return settle(std::move(found));
}

std::string verdict::settle(std::vector<finding> found) {
  if (found.empty()) return {};
  std::ranges::sort(found, {}, [](const finding& f) { return std::pair(-f.weight, f.rank); });
  std::string text;
  const bool first = !code_.has_value();
  if (first) {
    const finding& decides = found.front();
    code_ = decides.code;
    const auto abort = rendezvous::find_abort(job_);
    if (abort && abort->code != 0 && decides.weight < 4) code_ = abort->code;
    if (abort && decides.weight < 2 && abort->rank >= 0) {
      found.front().text = line("job_aborted", fmt::format("rank {} of {} ended the job with exit code {}{}",
                                                           abort->rank, ranks_, *code_, reason_of(*abort)));
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool shown = (first && i == 0) || found[i].show_always;
    if (shown && !found[i].text.empty() && shown_ < most_shown) {
      text += found[i].text;
      ++shown_;
    }
  }
  return text;
}

bool verdict::fail(int code) noexcept {
  if (code_) return false;
  code_ = code;
  return true;
}

}  // namespace twill::comm::launch
