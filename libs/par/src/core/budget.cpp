// SPDX-License-Identifier: Apache-2.0
#include "twill/par/budget.hpp"

#include "twill/base/catalogue.hpp"
#include "twill/base/machine.hpp"
#include "twill/par/thread.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twill::par {

cpu_budget_report cpu_budget() {
  const machine_info machine = inspect_machine();
  cpu_budget_report report;
  report.affinity = std::max<std::size_t>(1, machine.affinity_cpus.value_or(machine.online_cpus.value_or(1)));
  report.cgroup_quota = machine.cgroup_cpu_quota;
  report.automatic = machine.available_cpus();
  report.threads = std::min(report.automatic, max_num_threads());
  report.origin = report.automatic < report.affinity ? "cgroup quota" : "affinity mask";

  settings process = settings::of_process();
  process.declare(catalogue());
  if (const auto threads = process.find_integer("threads")) {
    report.threads = std::min(static_cast<std::size_t>(threads->value), max_num_threads());
    report.origin = threads->source;
  }
  return report;
}

std::string cpu_budget_report::to_string() const {
  const std::string quota = cgroup_quota ? fmt::format("{:g}", *cgroup_quota) : std::string("none");
  return fmt::format("{} threads ({}); affinity mask {}, cgroup quota {}", threads, origin, affinity, quota);
}

}  // namespace twill::par
