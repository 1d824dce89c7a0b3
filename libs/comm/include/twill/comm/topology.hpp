// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/types.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twill::comm {

/// One machine of a job.
struct host_info {
  std::string name{};        ///< as it calls itself
  std::vector<int> ranks{};  ///< of the world, ascending; the first one leads
};

/// Where the ranks of a job run, collected once when communication starts.
struct execution_topology {
  backend_kind backend = backend_kind::local;     ///< who carries the world
  thread_level threads = thread_level::multiple;  ///< what was provided
  std::string module{};                           ///< of backend mpi: `mpich`, `openmpi`, ...
  std::string library{};                          ///< one line: name and version
  std::string persistent{};        ///< of backend mpi: `native` or `emulated` persistent collectives
  std::string launcher{};          ///< `twill run`, `srun`, `none`, ...
  int rank = 0;                    ///< this rank in the world
  int size = 1;                    ///< ranks of the world
  int local_rank = 0;              ///< this rank on its host
  int local_size = 1;              ///< ranks on this host
  bool leader = true;              ///< local_rank is 0
  std::vector<host_info> hosts{};  ///< in the order of their first ranks
};

/// Names and values of environment variables.
using variable_map = std::map<std::string, std::string, std::less<>>;

/// What the environment says about who started this process.
struct launch_variables {
  std::string launcher = "none";    ///< `twill run`, `hydra`, `openmpi`, `srun`, `pbs`, `none`
  std::optional<int> rank{};        ///< announced rank
  std::optional<int> size{};        ///< announced number of ranks
  std::optional<int> local_rank{};  ///< announced rank on the node
  std::optional<int> local_size{};  ///< announced number of ranks on the node
  bool mpi_strong = false;          ///< an MPI launcher's own variables are there
  bool slurm_step = false;          ///< a Slurm step of several tasks without an MPI launcher's variables
  std::optional<int> shm_fd{};      ///< TWILL_SHM_FD
  std::optional<std::string> shm_name{};  ///< TWILL_SHM_NAME
  std::optional<int> pmi_fd{};            ///< PMI_FD: the connection to MPICH's launcher

  /// Reads them out of the given variables. Throws: error(bad_configuration) that names the variable and its
  /// value when a number is malformed or out of range.
  [[nodiscard]] static launch_variables of(const variable_map& variables);
  /// Of this process.
  [[nodiscard]] static launch_variables from_env();
};

/// The variables of this process.
struct process_variables {
  variable_map values{};  ///< name and value
  /// A copy of the environment as it is at this call.
  [[nodiscard]] static process_variables from_env();
};

/// What Slurm says about the job, each value as its table of variables gives it; unset or malformed is
/// nothing.
namespace slurm {

/// Inside an allocation.
[[nodiscard]] bool is_job(const variable_map& v);
/// SLURM_JOB_ID.
[[nodiscard]] std::optional<std::uint64_t> job_id(const variable_map& v);
/// SLURM_STEP_ID.
[[nodiscard]] std::optional<std::uint64_t> step_id(const variable_map& v);
/// SLURM_PROCID: the rank in the step.
[[nodiscard]] std::optional<int> proc_id(const variable_map& v);
/// SLURM_LOCALID.
[[nodiscard]] std::optional<int> local_rank(const variable_map& v);
/// Tasks on this node: of SLURM_STEP_TASKS_PER_NODE the part of this node.
[[nodiscard]] std::optional<int> local_size(const variable_map& v);
/// Nodes of the step, or of the job.
[[nodiscard]] std::optional<int> num_nodes(const variable_map& v);
/// SLURM_CPUS_PER_TASK, else the node's CPUs over its tasks.
[[nodiscard]] std::optional<int> cpus_per_task(const variable_map& v);
/// In MiB.
[[nodiscard]] std::optional<std::uint64_t> mem_per_node(const variable_map& v);
/// In MiB.
[[nodiscard]] std::optional<std::uint64_t> mem_per_cpu(const variable_map& v);
/// SLURMD_NODENAME.
[[nodiscard]] std::optional<std::string> node_name(const variable_map& v);
/// The step's nodes as Slurm writes them.
[[nodiscard]] std::optional<std::string> node_list(const variable_map& v);
/// `2(x3),1` is 2, 2, 2, 1.
[[nodiscard]] std::optional<std::vector<int>> tasks_per_node(const variable_map& v);

}  // namespace slurm

/// What PBS says about the job; unset or malformed is nothing.
namespace pbs {

/// Inside a job.
[[nodiscard]] bool is_job(const variable_map& v);
/// The number in front of the server's name.
[[nodiscard]] std::optional<std::uint64_t> job_id(const variable_map& v);
/// Slots of this node that the job may use.
[[nodiscard]] std::optional<int> cpus_per_task(const variable_map& v);
/// Nodes of the job.
[[nodiscard]] std::optional<int> num_nodes(const variable_map& v);

}  // namespace pbs

namespace detail {

// Equal for processes that share what `kind` says, as far as this process's first CPU shows it.
[[nodiscard]] int locality_color(locality kind, const std::string& root = "/");
// A colour for ranks of one node with one colour in it: processors of a node and ranks of a job are far
// fewer.
[[nodiscard]] constexpr int node_color(int node, int place) noexcept {
  return static_cast<int>((static_cast<unsigned>(node) << 12U | static_cast<unsigned>(place & 0xfff)) &
                          0x7fffffffU);
}

}  // namespace detail
}  // namespace twill::comm
