// SPDX-License-Identifier: Apache-2.0
#include "twill/base/machine.hpp"

#include "twill/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sched.h>
#include <set>
#include <sstream>
#include <utility>

namespace twill {
namespace {

constexpr std::int64_t most_cpus = 65536;

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The whole file, or nothing when it cannot be read or is empty.
std::optional<std::string> content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return std::nullopt;
  return std::move(text).str();
}

std::optional<std::string> word(const std::string& path) {
  const auto text = content(path);
  if (!text || trimmed(*text).empty()) return std::nullopt;
  return std::string(trimmed(*text));
}

std::optional<std::int64_t> number(const std::string& path) {
  const auto text = word(path);
  if (!text) return std::nullopt;
  const auto parsed = parse_int64(*text);
  return parsed ? std::optional(parsed.value) : std::nullopt;
}

/// The value behind `name` and a colon in the first such line.
std::optional<std::string> line_value(const std::optional<std::string>& text, std::string_view name) {
  if (!text) return std::nullopt;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    if (colon != std::string::npos && trimmed(std::string_view(line).substr(0, colon)) == name) {
      return std::string(trimmed(std::string_view(line).substr(colon + 1)));
    }
  }
  return std::nullopt;
}

template <class T>
void keep_least(std::optional<T>& least, T value) {
  if (!least || value < *least) least = value;
}

/// The group and all its ancestors, `/a/b`, `/a`, `` (the root). A path out of the namespace (`/../x`) is the
/// root alone: what is mounted is all that can be seen.
std::vector<std::string> with_ancestors(std::string_view group) {
  std::vector<std::string> all;
  if (group.find("..") != std::string_view::npos) group = {};
  while (group.size() > 1) {
    all.emplace_back(group);
    group = group.substr(0, group.find_last_of('/'));
  }
  all.emplace_back();
  return all;
}

struct limits {
  std::optional<double> cpus;
  std::optional<std::uint64_t> memory;
};

/// cgroup v2: `cpu.max` is `max 100000` or `quota period` in microseconds, `memory.max` is `max` or bytes.
void read_group_v2(const std::string& folder, limits& into) {
  if (const auto text = word(folder + "/cpu.max")) {
    const auto space = text->find(' ');
    if (space != std::string::npos) {
      const auto quota = parse_double(std::string_view(*text).substr(0, space));
      const auto period = parse_double(trimmed(std::string_view(*text).substr(space)));
      if (quota && period && quota.value > 0 && period.value > 0)
        keep_least(into.cpus, quota.value / period.value);
    }
  }
  if (const auto text = word(folder + "/memory.max")) {
    if (const auto bytes = parse_uint64(*text)) keep_least(into.memory, bytes.value);
  }
}

/// cgroup v1, CPU part: a quota of -1 is none.
void read_cpu_v1(const std::string& folder, limits& into) {
  const auto quota = number(folder + "/cpu.cfs_quota_us");
  const auto period = number(folder + "/cpu.cfs_period_us");
  if (quota && period && *quota > 0 && *period > 0) {
    keep_least(into.cpus, static_cast<double>(*quota) / static_cast<double>(*period));
  }
}

/// cgroup v1, memory part: no limit is written as the largest page-aligned number, so what is near 2^63 is
/// none.
void read_memory_v1(const std::string& folder, limits& into) {
  const auto bytes = number(folder + "/memory.limit_in_bytes");
  if (bytes && *bytes >= 0 && *bytes < (std::int64_t{1} << 60)) {
    keep_least(into.memory, static_cast<std::uint64_t>(*bytes));
  }
}

/// Each line of /proc/self/cgroup is `id:controllers:path`; v2 has no controllers.
limits read_limits(const std::string& root) {
  limits found;
  const std::string mounted = root + "sys/fs/cgroup";
  std::istringstream lines(content(root + "proc/self/cgroup").value_or(std::string{}));
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group(trimmed(std::string_view(line).substr(second + 1)));
    const std::string listed = "," + controllers + ",";
    for (const std::string& each : with_ancestors(group)) {
      if (controllers.empty()) {
        read_group_v2(mounted + each, found);
        read_group_v2(mounted + "/unified" + each, found);
      } else if (listed.find(",cpu,") != std::string::npos) {
        read_cpu_v1(mounted + "/" + controllers + each, found);
        read_cpu_v1(mounted + "/cpu" + each, found);
      } else if (listed.find(",memory,") != std::string::npos) {
        read_memory_v1(mounted + "/memory" + each, found);
      }
    }
  }
  return found;
}

/// The calling thread's mask from the kernel; the set grows until it is large enough for the machine.
std::vector<int> own_affinity() {
  for (std::size_t cpus = 1024; cpus <= static_cast<std::size_t>(most_cpus); cpus *= 2) {
    std::vector<cpu_set_t> set(cpus / CPU_SETSIZE);
    const std::size_t bytes = set.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, set.data()) != 0) continue;
    std::vector<int> allowed;
    for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
      if (CPU_ISSET_S(cpu, bytes, set.data())) allowed.push_back(static_cast<int>(cpu));
    }
    if (!allowed.empty()) return allowed;
  }
  return {};
}

void read_topology(const std::string& root, machine_info& into) {
  const auto online = word(root + "sys/devices/system/cpu/online");
  const auto cpus = online ? parse_cpu_list(*online) : std::nullopt;
  if (!cpus) return;
  into.online_cpus = cpus->size();
  std::set<std::int64_t> sockets;
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> cores;
  for (const int cpu : *cpus) {
    const std::string folder = root + "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    const auto socket = number(folder + "physical_package_id");
    const auto core = number(folder + "core_id");
    // A machine that is known in part would be counted wrong.
    if (!socket || !core) return;
    sockets.insert(*socket);
    ++cores[{*socket, *core}];
  }
  into.sockets = sockets.size();
  into.cores = cores.size();
  for (const auto& [core, threads] : cores)
    into.threads_per_core = std::max(into.threads_per_core.value_or(0), threads);
}

}  // namespace

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::vector<int> all;
  text = trimmed(text);
  while (true) {
    const auto comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const auto dash = item.find('-');
    const auto first = parse_uint64(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_uint64(item.substr(dash + 1));
    if (!first || !last || last.value < first.value || last.value >= static_cast<std::uint64_t>(most_cpus))
      return std::nullopt;
    for (std::uint64_t cpu = first.value; cpu <= last.value; ++cpu) all.push_back(static_cast<int>(cpu));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

machine_info inspect_machine(const std::string& root) {
  const std::string base = root.empty() || root.back() != '/' ? root + '/' : root;
  machine_info found;
  read_topology(base, found);
  if (base == "/") {
    found.affinity = own_affinity();
  } else if (const auto list = line_value(content(base + "proc/thread-self/status"), "Cpus_allowed_list")) {
    found.affinity = parse_cpu_list(*list).value_or(std::vector<int>{});
  }
  if (!found.affinity.empty()) found.affinity_cpus = found.affinity.size();
  const limits allowed = read_limits(base);
  found.cgroup_cpu_quota = allowed.cpus;
  found.cgroup_memory_limit = allowed.memory;
  if (const auto total = line_value(content(base + "proc/meminfo"), "MemTotal")) {
    const auto kib = parse_uint64(std::string_view(*total).substr(0, total->find(' ')));
    if (kib && kib.value < (std::uint64_t{1} << 50)) found.physical_memory = kib.value * 1024;
  }
  if (const auto online = word(base + "sys/devices/system/node/online")) {
    if (const auto nodes = parse_cpu_list(*online)) found.numa_nodes = nodes->size();
  }
  found.hostname = word(base + "proc/sys/kernel/hostname").value_or("");
  found.kernel = word(base + "proc/sys/kernel/osrelease").value_or("");
  const auto cpuinfo = content(base + "proc/cpuinfo");
  auto model = line_value(cpuinfo, "model name");
  if (!model) model = line_value(cpuinfo, "Model");
  found.cpu_model = model.value_or("");
  return found;
}

std::size_t machine_info::available_cpus() const noexcept {
  std::optional<std::size_t> cpus = affinity_cpus ? affinity_cpus : online_cpus;
  // Compared as reals: a quota may be larger than any machine.
  if (cgroup_cpu_quota && (!cpus || std::ceil(*cgroup_cpu_quota) < static_cast<double>(*cpus))) {
    cpus = static_cast<std::size_t>(
        std::clamp(std::ceil(*cgroup_cpu_quota), 1.0, static_cast<double>(most_cpus)));
  }
  return std::max<std::size_t>(1, cpus.value_or(1));
}

std::optional<std::uint64_t> machine_info::available_memory() const noexcept {
  if (physical_memory && cgroup_memory_limit) return std::min(*physical_memory, *cgroup_memory_limit);
  return physical_memory ? physical_memory : cgroup_memory_limit;
}

}  // namespace twill
