// SPDX-License-Identifier: Apache-2.0
#include "../doctor.hpp"
#include "twill/base/error.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/base/machine.hpp"
#include "twill/hybrid/memory.hpp"
#include "twill/hybrid/runtime.hpp"
#include "twill/hybrid/threads.hpp"
#include "twill/hybrid/topology.hpp"

#include <fmt/format.h>

namespace twill::apps {
namespace {

// Doctor reports what is wrong with a variable instead of failing on it.
template <class F>
std::string or_message(F&& f) {
  try {
    return f();
  } catch (const twill::error& e) {
    return e.what();
  }
}

std::vector<std::pair<std::string, std::string>> launch_lines() {
  const machine_info machine = inspect_machine();
  const comm::variable_map variables = comm::process_variables::from_env().values;
  int ranks = 1;
  const std::string local = or_message([&] {
    ranks = comm::launch_variables::of(variables).local_size.value_or(1);
    return fmt::format("{}", ranks);
  });
  const std::string threads = or_message([&] {
    const hybrid::thread_choice c = hybrid::choose_threads({.variables = variables,
                                                            .affinity = machine.affinity_cpus,
                                                            .quota = machine.cgroup_cpu_quota,
                                                            .local_size = ranks});
    return fmt::format("{} ({})", c.threads, c.source);
  });
  const std::string memory = or_message([&] {
    const hybrid::memory_limit limit = hybrid::node_memory_limit(machine, variables);
    return limit.bytes ? fmt::format("{} bytes of {} ({})", *limit.usable(), *limit.bytes, limit.source)
                       : std::string("unknown");
  });
  const hybrid::scheduler_facts job = hybrid::scheduler_facts::of(variables);
  return {{"ranks of this node", local},
          {"threads", threads},
          {"CPUs", hybrid::ranges_of(machine.affinity)},
          {"memory limit", memory},
          {"scheduler", job.name.empty() ? "none" : fmt::format("{} job {}", job.name, job.job)}};
}

// Variables that nobody can read are rank 0's to tell.
int launched_rank() {
  try {
    return comm::launch_variables::from_env().rank.value_or(0);
  } catch (const twill::error&) {
    return 0;
  }
}

// The whole job under its launcher, or this process alone; why it cannot start is a finding as well.
job_report start_and_ask(bool json) {
  try {
    const hybrid::runtime here = hybrid::start();
    const hybrid::execution_topology& t = here.topology();
    return {.prints = here.rank() == 0, .text = json ? t.to_json() : t.to_string()};
  } catch (const twill::error& e) {
    const std::string why = e.what();
    const bool prints = launched_rank() == 0;
    if (!json) return {.prints = prints, .text = why + "\n"};
    json_writer w(json_style::indented);
    w.begin_object().member("error", why).end_object();
    return {.prints = prints, .text = w.take()};
  }
}

const section_registration hybrid_section{{.title = "hybrid", .lines = launch_lines}};
const job_registration hybrid_job{start_and_ask};

}  // namespace
}  // namespace twill::apps
