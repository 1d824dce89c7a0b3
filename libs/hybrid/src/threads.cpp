// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/threads.hpp"

#include "twill/base/error.hpp"
#include "twill/base/number.hpp"
#include "twill/par/thread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace twill::hybrid {
namespace {

// A positive number; nothing when the variable is not set, empty, or passes the question on.
std::optional<std::size_t> count_of(const comm::variable_map& variables, std::string_view name,
                                    bool may_pass = false) {
  const auto found = variables.find(name);
  if (found == variables.end() || found->second.empty()) return std::nullopt;
  const std::string& text = found->second;
  if (may_pass && (text == "0" || text == "auto")) return std::nullopt;
  const auto number = parse_uint64(text);
  if (!number || number.value == 0) {
    throw twill::error(twill::errc::bad_configuration, {.what = number ? "a rank needs one thread at least"
                                                                       : std::string(describe(number.fault)),
                                                        .where = twill::location{.file = std::string(name)},
                                                        .found = fmt::format("\"{}\"", text),
                                                        .expected = "a number of threads from 1 on"});
  }
  return static_cast<std::size_t>(number.value);
}

struct node_variable {
  std::string_view name;
  bool a_rank;  // the number is each rank's own; else the node's, divided by its ranks
};
// Row 5: what other schedulers say about this node.
constexpr std::array<node_variable, 4> node_variables{
    {{"NCPUS", false}, {"PBS_NP", false}, {"LSB_MAX_NUM_PROCESSORS", false}, {"PALS_DEPTH", true}}};

std::size_t allowed_for_one(const thread_sources& from) {
  double all = from.affinity ? static_cast<double>(*from.affinity) : 0;
  if (from.quota) {
    const double quota = std::max(1.0, std::ceil(*from.quota));
    all = all == 0 ? quota : std::min(all, quota);
  }
  if (all == 0) return 0;
  const auto share = static_cast<std::size_t>(all) /
                     static_cast<std::size_t>(from.masks_disjoint ? 1 : std::max(1, from.local_size));
  return std::max<std::size_t>(1, share);
}

}  // namespace

thread_choice choose_threads(const thread_sources& from) {
  thread_choice out;
  const std::size_t allowed = allowed_for_one(from);
  const auto ranks = static_cast<std::size_t>(std::max(1, from.local_size));
  const auto take = [&](std::size_t n, std::string source, int priority) {
    out.threads = std::min(n, par::max_num_threads());
    out.source = std::move(source);
    out.priority = priority;
    return true;
  };
  const auto decide = [&] {
    if (from.argument.value_or(0) != 0) return take(*from.argument, from.argument_name, 1);
    if (const auto n = count_of(from.variables, "TWILL_NUM_THREADS", true))
      return take(*n, "TWILL_NUM_THREADS", 2);
    if (from.file.value_or(0) != 0) return take(*from.file, from.file_name, 2);
    if (const auto n = count_of(from.variables, "RAYON_NUM_THREADS", true))
      return take(*n, "RAYON_NUM_THREADS", 3);
    if (comm::slurm::step_id(from.variables)) {
      if (const auto n = count_of(from.variables, "SLURM_CPUS_PER_TASK"))
        return take(*n, "SLURM_CPUS_PER_TASK", 4);
    }
    if (comm::slurm::is_job(from.variables)) {
      if (const auto n = count_of(from.variables, "SLURM_CPUS_ON_NODE"))
        return take(std::max<std::size_t>(1, *n / ranks), "SLURM_CPUS_ON_NODE", 5);
    }
    for (const node_variable& v : node_variables) {
      if (const auto n = count_of(from.variables, v.name))
        return take(v.a_rank ? *n : std::max<std::size_t>(1, *n / ranks), std::string(v.name), 5);
    }
    if (allowed != 0) {
      const bool by_quota =
          from.quota && (!from.affinity || std::ceil(*from.quota) < static_cast<double>(*from.affinity));
      std::string source = by_quota ? "cgroup quota" : "affinity mask";
      if (!from.masks_disjoint && ranks > 1) source += fmt::format(" shared by {} ranks", ranks);
      return take(allowed, std::move(source), 6);
    }
    return take(1, "nothing that could be read", 7);
  };
  decide();
  out.allowed = allowed == 0 ? out.threads : allowed;
  // Of the whole node where ranks share a mask: 3 ranks of one thread on two CPUs are too many.
  const double cpus =
      from.masks_disjoint || allowed == 0
          ? static_cast<double>(out.allowed)
          : std::max(1.0, std::min(static_cast<double>(from.affinity.value_or(1U << 20U)),
                                   from.quota ? std::max(1.0, std::ceil(*from.quota)) : 1e9)) /
                static_cast<double>(ranks);
  out.factor = allowed == 0 ? 1.0 : static_cast<double>(out.threads) / cpus;
  out.oversubscribed = out.factor > 1.0;
  return out;
}

}  // namespace twill::hybrid
