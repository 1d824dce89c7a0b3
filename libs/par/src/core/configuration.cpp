// SPDX-License-Identifier: Apache-2.0
#include "core/configuration.hpp"

#include "twill/base/catalogue.hpp"
#include "twill/base/machine.hpp"
#include "twill/par/error.hpp"
#include "twill/par/thread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace twill::par::detail {
namespace {

settings process_settings() {
  settings all = settings::of_process();
  all.declare(catalogue());
  return all;
}

void choose_placement(pool_plan& plan, settings& process) {
  if (plan.options.placement) {
    plan.placement = *plan.options.placement;
    plan.placement_origin = "argument";
    return;
  }
  const setting<std::string> pinned = process.get_text("pin");
  plan.placement_origin = pinned.source;
  if (pinned.value == "none") return;
  if (pinned.value == "compact") {
    plan.placement = pin::compact;
  } else if (pinned.value == "scatter") {
    plan.placement = pin::scatter;
  } else if (pinned.value == "per_node") {
    plan.placement = pin::per_node;
  } else if (auto cpus = parse_cpu_list(pinned.value)) {
    plan.placement = pin::list;
    plan.options.cpus = std::move(*cpus);
  } else {
    throw twill::error(twill::errc::bad_configuration,
                       {.what = "malformed placement",
                        .where = {.file = pinned.source},
                        .found = fmt::format("\"{}\"", pinned.value),
                        .expected = "none, compact, scatter, per_node or CPUs such as 0,2,4-7"});
  }
}

void choose_idle(pool_plan& plan, settings& process) {
  if (plan.options.idle) {
    plan.idle = *plan.options.idle;
    plan.idle_origin = "argument";
    return;
  }
  const setting<std::string> policy = process.get_text("idle");
  plan.idle_origin = policy.source;
  plan.idle = policy.value == "throughput" ? idle_policy::throughput
              : policy.value == "power"    ? idle_policy::power
                                           : idle_policy::balanced;
}

void choose_stack(pool_plan& plan, settings& process) {
  std::size_t& bytes = plan.options.stack_size;
  if (bytes == 0) {
    if (const auto set = process.find_bytes("stack_size")) bytes = static_cast<std::size_t>(set->value);
  }
  const long least = sysconf(_SC_THREAD_STACK_MIN);
  if (bytes != 0 && least > 0 && bytes < static_cast<std::size_t>(least)) {
    throw error(errc::invalid_stack_size, {.what = "the stack size is below what a thread needs here",
                                           .found = fmt::format("{} bytes", bytes),
                                           .expected = fmt::format("at least {} bytes", least)});
  }
}

}  // namespace

pool_plan make_plan(pool_options options) {
  pool_plan plan;
  plan.options = std::move(options);
  if (plan.options.num_threads.value_or(0) != 0) {
    plan.num_threads = std::min(*plan.options.num_threads, max_num_threads());
    plan.num_threads_origin = "argument";
  } else {
    plan.budget = cpu_budget();
    plan.num_threads = plan.budget->threads;
    plan.num_threads_origin = plan.budget->origin;
  }
  settings process = process_settings();
  choose_placement(plan, process);
  choose_idle(plan, process);
  choose_stack(plan, process);
  const std::vector<int> allowed = allowed_cpus();
  plan.oversubscribed = plan.num_threads > allowed.size();
  plan.worker_cpus = place_workers(plan.placement, plan.options.cpus, plan.num_threads, allowed);
  plan.placement_library = placement_library();
  if (plan.options.thread_name) {
    plan.worker_names.reserve(plan.num_threads);
    for (std::size_t i = 0; i < plan.num_threads; ++i)
      plan.worker_names.push_back(plan.options.thread_name(i));
  }
  return plan;
}

}  // namespace twill::par::detail
