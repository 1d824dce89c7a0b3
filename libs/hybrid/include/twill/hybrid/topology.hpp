// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/topology.hpp"
#include "twill/hybrid/memory.hpp"
#include "twill/hybrid/solver_threads.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::hybrid {

/// What one rank says about itself.
struct rank_facts {
  std::int64_t pid = 0;            ///< process
  std::int32_t local_rank = 0;     ///< on its host
  std::string host{};              ///< its name
  std::string cpus{};              ///< CPUs that it may use, `0-3,8`
  std::string nodes{};             ///< memory domains of these CPUs
  std::uint64_t threads = 1;       ///< workers
  std::string threads_source{};    ///< where the number comes from
  std::string binding{};           ///< what the binding plan did
  std::string placement{};         ///< what memory policy did
  std::uint64_t memory_limit = 0;  ///< of the node in bytes; 0: not known
  std::string memory_source{};     ///< where that comes from
  double factor = 1;               ///< threads over allowed CPUs
};

/// What a scheduler says about the job.
struct scheduler_facts {
  std::string name{};           ///< `slurm`, `pbs`; empty: none
  std::string job{};            ///< its number
  std::string step{};           ///< of a Slurm step
  std::string nodes{};          ///< as the scheduler writes them
  std::string cpus_per_task{};  ///< or empty
  std::string time_left{};      ///< seconds, or empty

  /// Out of the variables of the environment.
  [[nodiscard]] static scheduler_facts of(const comm::variable_map& variables);
};

/// Everything that runs where, the same on every rank. Not collective after start.
struct execution_topology {
  std::string version{};                                     ///< of twill
  std::string build{};                                       ///< compiler and build type
  std::string build_id{};                                    ///< of the linked program or library
  std::string backend{};                                     ///< `local`, `shm`, `mpi`
  std::string library{};                                     ///< one line
  std::string standard{};                                    ///< of the operations
  std::string requested_level{};                             ///< of threads that communicate
  std::string provided_level{};                              ///< of threads that communicate
  std::string persistent{};                                  ///< requests: `native`, `emulated`
  std::string plugin{};                                      ///< path of a loaded module; empty: none
  std::string launcher{};                                    ///< `twill run`, `srun`, `none`
  std::vector<comm::host_info> hosts{};                      ///< with their ranks
  std::vector<rank_facts> ranks{};                           ///< by rank
  scheduler_facts scheduler{};                               ///< of the job
  memory_plan memory{};                                      ///< of the application
  std::string solver{};                                      ///< name and version, as the application says
  std::string suppression{};                                 ///< of solver threads
  std::string floating_point{};                              ///< rounding and denormals
  std::string simd{};                                        ///< level of the kernels
  std::string reduction_order{};                             ///< of reductions between ranks
  std::string check_level{};                                 ///< of communication calls
  std::string timeout{};                                     ///< of communication waits
  std::vector<std::pair<std::string, std::string>> steps{};  ///< of the start, with their outcome
  std::vector<std::string> warnings{};                       ///< in words

  /// Machines.
  [[nodiscard]] std::size_t num_hosts() const noexcept { return hosts.size(); }
  /// Every host has as many ranks, and every rank as many threads.
  [[nodiscard]] bool is_homogeneous() const noexcept;
  /// The host of rank 0.
  [[nodiscard]] const std::string& leader_hostname() const;
  /// Ranks times threads.
  [[nodiscard]] std::uint64_t total_threads() const noexcept;
  /// The layout in one line a host: `2 ranks on HOST`.
  [[nodiscard]] std::string layout() const;
  /// All of it for people.
  [[nodiscard]] std::string to_string() const;
  /// All of it as one JSON object.
  [[nodiscard]] std::string to_json() const;
};

/// `0-3,8` for a sorted list.
[[nodiscard]] std::string ranges_of(const std::vector<int>& sorted);

/// Where the CPUs of each rank of a node are to be.
struct binding_request {
  std::vector<std::vector<int>> masks{};    ///< each local rank's mask, ascending
  std::vector<std::vector<int>> domains{};  ///< CPUs of each memory domain of the machine
  std::vector<std::vector<int>> cores{};    ///< CPUs that are threads of one core
  std::size_t machine_cpus = 0;             ///< switched on
  std::size_t threads = 1;                  ///< of each rank
};
/// The decision for one rank.
struct binding_plan {
  std::vector<int> cpus{};       ///< to be bound to; empty: left as it is
  std::string text{};            ///< what was decided and why
  bool identical_masks = false;  ///< two ranks share one mask: an unpinned launch
};
/// A launcher's mask that is a strict subset of the machine stays; else the allowed CPUs are divided among
/// the ranks, memory domain by memory domain and core by core, in contiguous runs, when there is one for each
/// thread.
[[nodiscard]] binding_plan plan_binding(const binding_request& request, std::size_t local_rank);
/// Two ranks have CPUs of their own that are threads of one core, after the plan.
[[nodiscard]] bool ranks_share_cores(const binding_request& request);

}  // namespace twill::hybrid
