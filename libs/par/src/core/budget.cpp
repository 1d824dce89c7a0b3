// SPDX-License-Identifier: Apache-2.0
#include "twill/par/budget.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/configuration.hpp"
#include "twill/base/error.hpp"
#include "twill/base/number.hpp"
#include "twill/par/thread.hpp"

namespace twill::par {
namespace {

/// A count from the environment: nullopt when the variable is absent; throws when it is no count.
std::optional<std::size_t> count_from(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const auto number = parse_uint64(text);
  if (!number) {
    throw twill::error(twill::errc::bad_configuration, {.what = std::string(describe(number.fault)),
                                                 .where = {.file = variable},
                                                 .found = fmt::format("\"{}\"", text),
                                                 .expected = "a count of threads, or 0 for automatic"});
  }
  return static_cast<std::size_t>(number.value);
}

/// quota / period of one group: "max 100000" or "150000 100000".
std::optional<double> quota_of(const std::string& file) {
  std::ifstream in(file);
  std::string quota;
  double period = 0;
  if (!(in >> quota >> period) || quota == "max" || period <= 0) return std::nullopt;
  const auto value = parse_double(quota);
  return value && value.value > 0 ? std::optional(value.value / period) : std::nullopt;
}

std::optional<double> quota_v1_of(const std::string& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

void keep_least(std::optional<double>& least, std::optional<double> value) {
  if (value && (!least || *value < *least)) least = value;
}

/// Visits a control group and all above it, up to the mount point.
template <class Visit>
void for_group_and_ancestors(const std::string& mount, std::string path, Visit visit) {
  for (;;) {
    visit(mount + (path == "/" ? "" : path));
    if (path.empty() || path == "/") return;
    path.resize(path.find_last_of('/'));
  }
}

void read_cgroups(cpu_budget_report& report) {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      for_group_and_ancestors("/sys/fs/cgroup", path,
                              [&](const std::string& at) { keep_least(report.cgroup_v2, quota_of(at + "/cpu.max")); });
    }
    std::istringstream list(controllers);
    for (std::string one; std::getline(list, one, ',');) {
      if (one != "cpu") continue;
      for_group_and_ancestors("/sys/fs/cgroup/cpu", path,
                              [&](const std::string& at) { keep_least(report.cgroup_v1, quota_v1_of(at)); });
    }
  }
}

}  // namespace

cpu_budget_report cpu_budget() {
  cpu_budget_report report;
  report.affinity = std::max<std::size_t>(1, detail::allowed_cpus().size());
  read_cgroups(report);
  report.automatic = report.affinity;
  report.origin = "affinity";
  const auto limit = [&](const std::optional<double>& quota, const char* name) {
    if (!quota) return;
    const auto threads = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(*quota)));
    if (threads < report.automatic) {
      report.automatic = threads;
      report.origin = name;
    }
  };
  limit(report.cgroup_v2, "cgroup v2");
  limit(report.cgroup_v1, "cgroup v1");
  report.threads = report.automatic;
  for (const char* const variable : {"TWILL_NUM_THREADS", "RAYON_NUM_THREADS", "SLURM_CPUS_PER_TASK"}) {
    const auto count = count_from(variable);
    if (!count) continue;
    // 0 asks for the automatic count and ends the search.
    if (*count != 0) {
      report.threads = std::min(*count, max_num_threads());
      report.origin = variable;
    }
    break;
  }
  return report;
}

std::string cpu_budget_report::to_string() const {
  const auto quota = [](const std::optional<double>& q) { return q ? fmt::format("{:g}", *q) : std::string("none"); };
  return fmt::format("{} threads ({}); affinity {}, cgroup v2 quota {}, cgroup v1 quota {}", threads, origin, affinity,
                     quota(cgroup_v2), quota(cgroup_v1));
}

}  // namespace twill::par
