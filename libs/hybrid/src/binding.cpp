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
  // By memory domain, and within one in ascending order, so that a contiguous run stays in a domain.
  std::vector<int> order;
  for (const auto& domain : request.domains)
    std::ranges::copy_if(domain, std::back_inserter(order), [&](int cpu) { return allowed.erase(cpu) != 0; });
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

}  // namespace twill::hybrid
