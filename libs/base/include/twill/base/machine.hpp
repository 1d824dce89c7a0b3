// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twill {

/// What this process may use of its machine. What cannot be read is empty; nothing here is guessed.
struct machine_info {
  std::optional<std::size_t> online_cpus{};    ///< logical CPUs that are switched on
  std::optional<std::size_t> affinity_cpus{};  ///< CPUs in the affinity mask of the calling thread
  std::vector<int> affinity{};                 ///< those CPUs, ascending; empty where they are not known
  std::optional<double> cgroup_cpu_quota{};    ///< CPUs' worth of time: the least quota of cgroup v1 and v2
  std::optional<std::uint64_t> cgroup_memory_limit{};  ///< bytes: the least limit of cgroup v1 and v2
  std::optional<std::uint64_t> physical_memory{};      ///< bytes
  std::optional<std::size_t> numa_nodes{};             ///< memory domains that have processors or memory
  std::optional<std::size_t> sockets{};                ///< processor packages
  std::optional<std::size_t> cores{};                  ///< physical ones, over all sockets
  std::optional<std::size_t> threads_per_core{};       ///< of the core that has the most
  std::string hostname{};                              ///< as the kernel tells it
  std::string kernel{};                                ///< release, like `6.1.0-18-amd64`
  std::string cpu_model{};                             ///< as the processor names itself

  /// CPUs that work can be spread over: the affinity mask (else the CPUs that are online) or the quota
  /// rounded up, whichever is less, and at least 1.
  [[nodiscard]] std::size_t available_cpus() const noexcept;
  /// The physical memory or the cgroup's limit, whichever is less.
  [[nodiscard]] std::optional<std::uint64_t> available_memory() const noexcept;
};

/// Reads `/proc` and `/sys` below the given directory; with another root than `/` everything comes from
/// files, so that a prepared folder stands for a machine. Unreadable and malformed files leave their fields
/// empty. Throws: std::bad_alloc only.
[[nodiscard]] machine_info inspect_machine(const std::string& root = "/");

/// A list of CPUs or nodes as the kernel writes them, `0-3,8`, ascending and without repetition; nothing when
/// it is malformed, empty, or has numbers of 65536 and more.
[[nodiscard]] std::optional<std::vector<int>> parse_cpu_list(std::string_view text);

}  // namespace twill
