// SPDX-License-Identifier: Apache-2.0
#include "machine_state.hpp"

#include "twill/base/machine.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cfenv>
#include <fstream>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace twill::hybrid::detail {
namespace {

constexpr std::uint32_t flush_bits = 0x8040;   // flush to zero, denormals are zero
constexpr std::uint32_t status_bits = 0x003f;  // what has happened, which changes no result
constexpr std::size_t policy_nodes = 16 * sizeof(unsigned long) * 8;

}  // namespace

std::uint64_t floating_point_state() noexcept {
  const auto rounding = static_cast<std::uint64_t>(static_cast<unsigned>(std::fegetround()));
#if defined(__x86_64__)
  return rounding << 32U | (_mm_getcsr() & ~status_bits);
#else
  return rounding << 32U;
#endif
}

void set_floating_point(bool flush_denormals) noexcept {
  std::fesetround(FE_TONEAREST);
#if defined(__x86_64__)
  const std::uint32_t now = _mm_getcsr() & ~flush_bits;
  _mm_setcsr(flush_denormals ? now | flush_bits : now);
#else
  static_cast<void>(flush_denormals);
#endif
}

void restore_floating_point(std::uint64_t state) noexcept {
  std::fesetround(static_cast<int>(state >> 32U));
#if defined(__x86_64__)
  _mm_setcsr((_mm_getcsr() & status_bits) | static_cast<std::uint32_t>(state));
#endif
}

std::string describe_floating_point(std::uint64_t state) {
  const bool nearest = static_cast<int>(state >> 32U) == FE_TONEAREST;
  return fmt::format("{}, denormals {}", nearest ? "round to nearest" : "another rounding mode",
                     (state & flush_bits) == flush_bits ? "are zero" : "kept");
}

std::vector<int> thread_cpus() { return inspect_machine().affinity; }

int bind_thread(const std::vector<int>& cpus) noexcept {
  // Masks beyond cpu_set_t's 1024 CPUs are not bound by us; the launcher's stays.
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) return EINVAL;
    CPU_SET(static_cast<std::size_t>(cpu), &set);
  }
  return ::sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : errno;
}

std::vector<std::vector<int>> domain_cpus(const std::string& root) {
  std::vector<std::vector<int>> out;
  std::ifstream online(root + "sys/devices/system/node/online");
  std::string text;
  if (!std::getline(online, text)) return out;
  const auto nodes = parse_cpu_list(text);
  if (!nodes) return out;
  for (const int node : *nodes) {
    std::ifstream file(fmt::format("{}sys/devices/system/node/node{}/cpulist", root, node));
    std::string list;
    std::vector<int> cpus;
    if (std::getline(file, list)) cpus = parse_cpu_list(list).value_or(std::vector<int>{});
    out.push_back(std::move(cpus));
  }
  return out;
}

std::vector<std::vector<int>> core_cpus(const std::string& root) {
  std::vector<std::vector<int>> out;
  const auto list = [&root](const std::string& path) {
    std::ifstream file(root + path);
    std::string text;
    std::vector<int> cpus;
    if (std::getline(file, text)) cpus = parse_cpu_list(text).value_or(std::vector<int>{});
    return cpus;
  };
  for (const int cpu : list("sys/devices/system/cpu/online")) {
    auto core = list(fmt::format("sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    // Once a core, by its first CPU.
    if (core.size() > 1 && core.front() == cpu) out.push_back(std::move(core));
  }
  return out;
}

std::optional<kernel_policy> thread_memory_policy() noexcept {
  kernel_policy out;
  if (::syscall(SYS_get_mempolicy, &out.mode, out.nodes.data(), policy_nodes, nullptr, 0) != 0)
    return std::nullopt;
  return out;
}

int set_memory_policy(const kernel_policy& policy) noexcept {
  const bool takes_nodes = policy.mode != MPOL_DEFAULT && policy.mode != MPOL_LOCAL;
  const long rc = ::syscall(SYS_set_mempolicy, policy.mode, takes_nodes ? policy.nodes.data() : nullptr,
                            takes_nodes ? policy_nodes : 0);
  return rc == 0 ? 0 : errno;
}

kernel_policy kernel_form(memory_placement where) noexcept {
  kernel_policy out;
  switch (where.policy) {
    case memory_policy::local:
    case memory_policy::first_touch:
    case memory_policy::leader: out.mode = MPOL_LOCAL; break;
    case memory_policy::interleave: {
      out.mode = MPOL_INTERLEAVE;
      if (::syscall(SYS_get_mempolicy, nullptr, out.nodes.data(), policy_nodes, nullptr,
                    MPOL_F_MEMS_ALLOWED) != 0)
        out.nodes = {1};
      break;
    }
    case memory_policy::bind: {
      constexpr std::size_t bits = sizeof(unsigned long) * 8;
      const auto node = static_cast<std::size_t>(where.node);
      out.mode = MPOL_BIND;
      out.nodes[node / bits % out.nodes.size()] = 1UL << node % bits;
      break;
    }
  }
  return out;
}

std::optional<int> current_domain() noexcept {
  unsigned cpu = 0;
  unsigned node = 0;
  if (::syscall(SYS_getcpu, &cpu, &node, nullptr) != 0) return std::nullopt;
  return static_cast<int>(node);
}

}  // namespace twill::hybrid::detail
