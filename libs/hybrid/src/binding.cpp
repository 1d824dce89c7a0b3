// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/block.hpp"
#include "twill/hybrid/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace twill::hybrid {

std::string ranges_of(const std::vector<int>& sorted) {
  std::string out;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t j = i;
    while (j + 1 < sorted.size() && sorted[j + 1] == sorted[j] + 1) ++j;
    if (!out.empty()) out += ',';
    out += i == j ? fmt::format("{}", sorted[i]) : fmt::format("{}-{}", sorted[i], sorted[j]);
    i = j + 1;
  }
  return out;
}

namespace {

const std::vector<int>& siblings_of(const binding_request& request, int cpu) {
  static const std::vector<int> none;
  const auto found = std::ranges::find_if(
      request.cores, [cpu](const auto& core) { return std::ranges::find(core, cpu) != core.end(); });
  return found == request.cores.end() ? none : *found;
}

}  // namespace

binding_plan plan_binding(const binding_request& request, std::size_t local_rank) {
  binding_plan out;
  const std::size_t ranks = request.masks.size();
  const std::vector<int>& mine = request.masks[local_rank];
  if (mine.empty()) {
    out.text = "left as it is: the affinity mask cannot be read";
    return out;
  }
  for (std::size_t r = 0; r < ranks; ++r) {
    for (std::size_t s = r + 1; s < ranks; ++s)
      if (request.masks[r] == request.masks[s]) out.identical_masks = true;
  }
  if (!out.identical_masks && mine.size() < request.machine_cpus) {
    out.text = fmt::format("CPUs {} as the launcher chose", ranges_of(mine));
    return out;
  }
  if (ranks == 1) {
    out.text = fmt::format("CPUs {}, all that are allowed", ranges_of(mine));
    return out;
  }
  std::set<int> allowed;
  for (const auto& mask : request.masks) allowed.insert(mask.begin(), mask.end());
  // By memory domain, within one by core, so that a contiguous run stays in a domain and splits no core but
  // its last.
  std::vector<int> order;
  const auto take = [&](int cpu) {
    if (allowed.erase(cpu) != 0) order.push_back(cpu);
  };
  for (const auto& domain : request.domains) {
    for (const int cpu : domain) {
      take(cpu);
      std::ranges::for_each(siblings_of(request, cpu), take);
    }
  }
  order.insert(order.end(), allowed.begin(), allowed.end());
  if (order.size() < ranks * request.threads) {
    out.text = fmt::format("left to the operating system: {} ranks of {} threads share {} CPUs", ranks,
                           request.threads, order.size());
    return out;
  }
  const index_block share = block(order.size(), ranks, local_rank);
  out.cpus.assign(order.begin() + static_cast<std::ptrdiff_t>(share.begin),
                  order.begin() + static_cast<std::ptrdiff_t>(share.end()));
  std::ranges::sort(out.cpus);
  out.text = fmt::format("CPUs {}, share {} of {} of the node", ranges_of(out.cpus), local_rank + 1, ranks);
  return out;
}

bool ranks_share_cores(const binding_request& request) {
  std::vector<std::set<int>> finals;
  for (std::size_t r = 0; r < request.masks.size(); ++r) {
    const binding_plan plan = plan_binding(request, r);
    const std::vector<int>& cpus = plan.cpus.empty() ? request.masks[r] : plan.cpus;
    finals.emplace_back(cpus.begin(), cpus.end());
  }
  for (const auto& core : request.cores) {
    // The ranks of its threads; CPUs that ranks have in common are another matter.
    std::set<std::size_t> owners;
    for (const int cpu : core) {
      std::vector<std::size_t> with;
      for (std::size_t r = 0; r < finals.size(); ++r)
        if (finals[r].contains(cpu)) with.push_back(r);
      if (with.size() == 1) owners.insert(with.front());
    }
    if (owners.size() > 1) return true;
  }
  return false;
}

}  // namespace twill::hybrid
