// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"
#include "twill/base/error.hpp"
#include "twill/comm/detail/rendezvous.hpp"
#include "twill/comm/launch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <unistd.h>
#include <utility>

namespace twill::comm::launch {
namespace {

namespace rendezvous = detail::rendezvous;
static_assert(most_ranks == rendezvous::max_ranks);

constexpr std::string_view threads_variable = "TWILL_NUM_THREADS";

std::string_view name_of(std::string_view assignment) { return assignment.substr(0, assignment.find('=')); }

std::string_view value_of(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& a : environment) {
    if (name_of(a) == name && a.size() > name.size()) return std::string_view(a).substr(name.size() + 1);
  }
  return {};
}

[[noreturn]] void refuse(diagnosis d) { throw twill::error(twill::errc::bad_configuration, std::move(d)); }

void refuse_inside_a_rank(const std::vector<std::string>& environment) {
  for (const std::string_view name : {rendezvous::env_fd, rendezvous::env_rank}) {
    const std::string_view value = value_of(environment, name);
    if (value.empty()) continue;
    refuse(
        {.what = "ranks cannot be started from inside a rank",
         .where = twill::location{.file = std::string(name)},
         .found = std::string(value),
         .hint = fmt::format("one twill run starts all ranks of a job; if this is no rank, unset {} and {}",
                             rendezvous::env_fd, rendezvous::env_rank)});
  }
}

std::string quoted(const std::string& word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + '\'';
}

}  // namespace

checked_plan check(plan p) {
  if (p.ranks < 1 || p.ranks > most_ranks) {
    refuse({.what = "not a number of ranks that one machine can have",
            .where = twill::location{.file = "-n"},
            .found = fmt::format("{}", p.ranks),
            .expected = fmt::format("1 to {}", most_ranks)});
  }
  if (p.threads && (*p.threads < 1 || *p.threads > 65536)) {
    refuse({.what = "not a number of threads",
            .where = twill::location{.file = "--threads"},
            .found = fmt::format("{}", *p.threads),
            .expected = "1 to 65536"});
  }
  if (p.command.empty())
    refuse({.what = "no program is named", .hint = "twill run -n 4 -- ./program arguments"});
  refuse_inside_a_rank(p.environment);

  checked_plan checked;
  checked.program = find_program(p.command.front(), value_of(p.environment, "PATH"));
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  checked.job = fmt::format("{}-{:x}{:08x}", getpid(), now.tv_sec, now.tv_nsec);
  for (const std::string& a : p.environment) {
    const std::array<std::string_view, 4> ours = {rendezvous::env_fd, rendezvous::env_rank,
                                                  rendezvous::env_size, rendezvous::env_job};
    const bool replaced =
        std::ranges::find(ours, name_of(a)) != ours.end() || (p.threads && name_of(a) == threads_variable);
    if (!replaced) checked.environment.push_back(a);
  }
  if (p.threads) checked.environment.push_back(fmt::format("{}={}", threads_variable, *p.threads));
  checked.what = std::move(p);
  return checked;
}

std::string describe(const checked_plan& p) {
  std::string text = fmt::format("ranks      {}\nprogram    {}\narguments ", p.what.ranks, p.program);
  for (std::size_t i = 1; i < p.what.command.size(); ++i) text += ' ' + quoted(p.what.command[i]);
  if (p.what.command.size() == 1) text += " none";
  text += p.what.threads ? fmt::format("\nthreads    {} in each rank, {} in all", *p.what.threads,
                                       *p.what.threads * p.what.ranks)
                         : std::string("\nthreads    each rank decides: --threads says how many");
  text += fmt::format("\njob        {}\nwaits      ", p.job);
  const double interval = std::chrono::duration<double>(p.what.report_waits).count();
  text += interval > 0 ? fmt::format("reported after {:g} s without progress", interval)
                       : std::string("not reported");
  text += fmt::format("\nfailure    who is left {:g} s after it is ended\n",
                      std::chrono::duration<double>(p.what.grace).count());
  for (int r = 0; r < p.what.ranks; ++r) {
    text += fmt::format("rank {:<5} {}={} {}={} {}={}", r, rendezvous::env_rank, r, rendezvous::env_size,
                        p.what.ranks, rendezvous::env_job, p.job);
    if (p.what.threads) text += fmt::format(" {}={}", threads_variable, *p.what.threads);
    text += '\n';
  }
  return text;
}

}  // namespace twill::comm::launch
