// SPDX-License-Identifier: Apache-2.0
#include "core/configuration.hpp"

#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "twill/base/number.hpp"
#include "twill/par/error.hpp"
#include "twill/par/thread.hpp"

namespace twill::par::detail {
namespace {

[[noreturn]] void refuse(const char* variable, std::string_view found, std::string expected) {
  throw twill::error(twill::errc::bad_configuration, {.what = "malformed setting",
                                               .where = {.file = variable},
                                               .found = fmt::format("\"{}\"", found),
                                               .expected = std::move(expected)});
}

std::optional<std::string_view> from_environment(const char* variable) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? std::optional<std::string_view>(text) : std::nullopt;
}

std::vector<int> parse_cpu_list(std::string_view text) {
  const auto bad = [whole = text] { refuse("TWILL_PIN", whole, "none, compact, scatter, per_node or CPUs such as 0,2,4-7"); };
  std::vector<int> cpus;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const std::size_t dash = item.find('-');
    const auto first = parse_uint64(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_uint64(item.substr(dash + 1));
    if (!first || !last || first.value > last.value || last.value > 1'000'000) bad();
    for (std::uint64_t c = first.value; c <= last.value; ++c) cpus.push_back(static_cast<int>(c));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) bad();
  }
  return cpus;
}

void choose_placement(pool_plan& plan) {
  if (plan.options.placement) {
    plan.placement = *plan.options.placement;
    plan.placement_origin = "argument";
    return;
  }
  plan.placement_origin = "default";
  const auto text = from_environment("TWILL_PIN");
  if (!text || text->empty()) return;
  plan.placement_origin = "TWILL_PIN";
  if (*text == "none") return;
  if (*text == "compact") {
    plan.placement = pin::compact;
  } else if (*text == "scatter") {
    plan.placement = pin::scatter;
  } else if (*text == "per_node") {
    plan.placement = pin::per_node;
  } else {
    plan.placement = pin::list;
    plan.options.cpus = parse_cpu_list(*text);
  }
}

void choose_idle(pool_plan& plan) {
  if (plan.options.idle) {
    plan.idle = *plan.options.idle;
    plan.idle_origin = "argument";
    return;
  }
  plan.idle_origin = "default";
  const auto text = from_environment("TWILL_IDLE");
  if (!text) return;
  plan.idle_origin = "TWILL_IDLE";
  if (*text == "throughput") {
    plan.idle = idle_policy::throughput;
  } else if (*text == "balanced") {
    plan.idle = idle_policy::balanced;
  } else if (*text == "power") {
    plan.idle = idle_policy::power;
  } else {
    refuse("TWILL_IDLE", *text, "throughput, balanced or power");
  }
}

void choose_stack(pool_plan& plan) {
  std::size_t& bytes = plan.options.stack_size;
  if (bytes == 0) {
    if (const auto text = from_environment("TWILL_STACK_SIZE")) {
      const auto number = parse_uint64(*text);
      if (!number) refuse("TWILL_STACK_SIZE", *text, "a number of bytes");
      bytes = static_cast<std::size_t>(number.value);
    }
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
  choose_placement(plan);
  choose_idle(plan);
  choose_stack(plan);
  const std::vector<int> allowed = allowed_cpus();
  plan.oversubscribed = plan.num_threads > allowed.size();
  plan.worker_cpus = place_workers(plan.placement, plan.options.cpus, plan.num_threads, allowed);
  plan.placement_library = placement_library();
  if (plan.options.thread_name) {
    plan.worker_names.reserve(plan.num_threads);
    for (std::size_t i = 0; i < plan.num_threads; ++i) plan.worker_names.push_back(plan.options.thread_name(i));
  }
  return plan;
}

}  // namespace twill::par::detail
