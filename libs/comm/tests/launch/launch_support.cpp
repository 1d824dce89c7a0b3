// SPDX-License-Identifier: Apache-2.0
#include "launch_support.hpp"

#include "twill/base/file.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <poll.h>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace twill::comm::launch {
namespace {

std::string content(int fd) { return read_file("/proc/self/fd/" + std::to_string(fd)); }

}  // namespace

plan plan_of(int ranks, std::vector<std::string> deeds, std::vector<std::string> environment) {
  plan p;
  p.ranks = ranks;
  p.command = {TWILL_RANK_PROGRAM};
  p.command.insert(p.command.end(), deeds.begin(), deeds.end());
  p.environment = std::move(environment);
  p.environment.emplace_back("PATH=/usr/bin:/bin");
  return p;
}

outcome run_plan(plan p) {
  p.output = memfd_create("output", MFD_CLOEXEC);
  p.errors = memfd_create("errors", MFD_CLOEXEC);
  const checked_plan checked = check(std::move(p));
  outcome done;
  done.code = run(checked);
  done.output = content(checked.what.output);
  done.errors = content(checked.what.errors);
  close(checked.what.output);
  close(checked.what.errors);
  return done;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

bool gone(int pid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (kill(pid, 0) == 0) {
    try {
      const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
      const auto bracket = stat.rfind(')');
      if (bracket != std::string::npos && stat.substr(bracket + 2, 1) == "Z") return true;
    } catch (const std::exception&) {
      return true;  // it went between the two looks
    }
    if (std::chrono::steady_clock::now() > deadline) return false;
    poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace twill::comm::launch
