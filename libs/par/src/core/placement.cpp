// SPDX-License-Identifier: Apache-2.0
// Which CPUs each worker may use. The layout comes from hwloc when built in, else from sysfs; the binding is
// sched_setaffinity in both cases, so that a pool never leaves the mask it was started with.
#include "core/configuration.hpp"
#include "twill/par/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <sched.h>
#include <tuple>

#if TWILL_PAR_HWLOC
#include <hwloc.h>
#endif

namespace twill::par::detail {
namespace {

/// Where one CPU sits: equal numbers mean the same package, node, core; `thread` counts within the core.
struct cpu_place {
  int cpu = 0;
  int package = 0;
  int node = 0;
  int core = 0;
  int thread = 0;
};

#if TWILL_PAR_HWLOC

int ancestor_index(hwloc_topology_t topology, hwloc_obj_type_t type, hwloc_obj_t of) {
  const hwloc_obj_t found = hwloc_get_ancestor_obj_by_type(topology, type, of);
  return found != nullptr ? static_cast<int>(found->logical_index) : 0;
}

std::vector<cpu_place> layout_of(const std::vector<int>& cpus) {
  std::vector<cpu_place> places;
  hwloc_topology_t topology;
  if (hwloc_topology_init(&topology) != 0) return places;
  if (hwloc_topology_load(topology) == 0) {
    for (const int cpu : cpus) {
      const hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(topology, static_cast<unsigned>(cpu));
      if (pu == nullptr) continue;
      int node = 0;
      for (hwloc_obj_t n = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, nullptr); n != nullptr;
           n = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, n)) {
        if (hwloc_bitmap_isset(n->cpuset, static_cast<unsigned>(cpu)) != 0)
          node = static_cast<int>(n->logical_index);
      }
      places.push_back({cpu, ancestor_index(topology, HWLOC_OBJ_PACKAGE, pu), node,
                        ancestor_index(topology, HWLOC_OBJ_CORE, pu), 0});
    }
  }
  hwloc_topology_destroy(topology);
  return places;
}

#else

int number_in(const std::string& file) {
  std::ifstream in(file);
  int value = 0;
  return in >> value ? value : 0;
}

std::vector<cpu_place> layout_of(const std::vector<int>& cpus) {
  std::vector<cpu_place> places;
  for (const int cpu : cpus) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu{}", cpu);
    cpu_place p{cpu, number_in(folder + "/topology/physical_package_id"), 0,
                number_in(folder + "/topology/core_id"), 0};
    for (int node = 0; node < 1024; ++node) {
      if (std::ifstream(fmt::format("{}/node{}/cpumap", folder, node)).good()) p.node = node;
      if (!std::ifstream(fmt::format("/sys/devices/system/node/node{}/cpumap", node)).good()) break;
    }
    places.push_back(p);
  }
  return places;
}

#endif

/// Each CPU's number within its core: the first threads of all cores come before the second ones.
std::vector<cpu_place> with_threads(std::vector<cpu_place> places) {
  std::map<std::tuple<int, int>, int> seen;
  for (cpu_place& p : places) p.thread = seen[{p.package, p.core}]++;
  return places;
}

std::vector<cpu_place> compact_order(std::vector<cpu_place> places) {
  std::sort(places.begin(), places.end(), [](const cpu_place& a, const cpu_place& b) {
    return std::tie(a.thread, a.package, a.node, a.core, a.cpu) <
           std::tie(b.thread, b.package, b.node, b.core, b.cpu);
  });
  return places;
}

/// Takes the compact order's CPUs node by node in turn.
std::vector<cpu_place> scatter_order(const std::vector<cpu_place>& places) {
  std::map<std::tuple<int, int>, int> taken;
  std::vector<std::pair<std::tuple<int, int, int>, cpu_place>> keyed;
  for (const cpu_place& p : compact_order(places)) {
    const int turn = taken[{p.package, p.node}]++;
    keyed.push_back({{turn, p.package, p.node}, p});
  }
  // No two keys are equal: the turn counts within package and node.
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<cpu_place> order;
  order.reserve(keyed.size());
  for (const auto& [key, p] : keyed) order.push_back(p);
  return order;
}

}  // namespace

std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
  // A kernel with more CPUs than the set holds answers EINVAL: twice as many are tried.
  for (int capacity = 1024; capacity <= 1 << 20; capacity *= 2) {
    cpu_set_t* const set = CPU_ALLOC(static_cast<std::size_t>(capacity));
    if (set == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(capacity));
    const bool known = sched_getaffinity(0, bytes, set) == 0;
    const bool too_small = !known && errno == EINVAL;
    if (known) {
      for (int i = 0; i < capacity; ++i) {
        if (CPU_ISSET_S(static_cast<std::size_t>(i), bytes, set)) cpus.push_back(i);
      }
    }
    CPU_FREE(set);
    if (!too_small) break;
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

std::vector<std::vector<int>> place_workers(pin policy, const std::vector<int>& listed, std::size_t n,
                                            const std::vector<int>& allowed) {
  if (policy == pin::none) return {};
  std::vector<std::vector<int>> masks;
  masks.reserve(n);
  if (policy == pin::list) {
    for (const int cpu : listed) {
      if (std::find(allowed.begin(), allowed.end(), cpu) != allowed.end()) continue;
      throw error(errc::invalid_placement,
                  {.what = fmt::format("CPU {} is outside of what this process may use", cpu),
                   .found = std::to_string(cpu),
                   .expected = fmt::format("one of {} CPUs, {} to {}", allowed.size(), allowed.front(),
                                           allowed.back()),
                   .hint = "see taskset -p, the control group and the scheduler's binding"});
    }
    if (listed.empty()) {
      throw error(errc::invalid_placement,
                  {.what = "pin::list without CPUs", .hint = "name them: pin({0, 1}) or TWILL_PIN=0,1"});
    }
    for (std::size_t i = 0; i < n; ++i) masks.push_back({listed[i % listed.size()]});
    return masks;
  }
  std::vector<cpu_place> places = layout_of(allowed);
  if (places.empty()) {
    for (const int cpu : allowed) places.push_back({cpu, 0, 0, cpu, 0});
  }
  places = with_threads(std::move(places));
  const std::vector<cpu_place> order = policy == pin::compact ? compact_order(places) : scatter_order(places);
  for (std::size_t i = 0; i < n; ++i) {
    const cpu_place& mine = order[i % order.size()];
    std::vector<int> mask{mine.cpu};
    if (policy == pin::per_node) {
      for (const cpu_place& p : places) {
        if (p.cpu != mine.cpu && p.package == mine.package && p.node == mine.node) mask.push_back(p.cpu);
      }
    }
    masks.push_back(std::move(mask));
  }
  return masks;
}

std::string placement_library() {
#if TWILL_PAR_HWLOC
  return fmt::format("hwloc {}.{}", HWLOC_API_VERSION >> 16U, (HWLOC_API_VERSION >> 8U) & 0xffU);
#else
  return "sysfs";
#endif
}

int bind_current_thread(const std::vector<int>& cpus) noexcept {
  const int most = *std::max_element(cpus.begin(), cpus.end());
  cpu_set_t* const set = CPU_ALLOC(static_cast<std::size_t>(most) + 1);
  if (set == nullptr) return ENOMEM;
  const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(most) + 1);
  CPU_ZERO_S(bytes, set);
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), bytes, set);
  const int code = sched_setaffinity(0, bytes, set) == 0 ? 0 : errno;
  CPU_FREE(set);
  return code;
}

}  // namespace twill::par::detail
