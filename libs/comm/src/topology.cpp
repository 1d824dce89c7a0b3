// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/topology.hpp"

#include "twill/base/machine.hpp"
#include "twill/base/number.hpp"
#include "twill/comm/detail/endpoint.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <unistd.h>

namespace twill::comm {
namespace {

const std::string* find(const variable_map& v, std::string_view name) {
  const auto at = v.find(name);
  return at == v.end() || at->second.empty() ? nullptr : &at->second;
}

// Of a launcher: it must be a number, or nobody knows what it meant.
std::optional<int> strict(const variable_map& v, std::string_view name, int least) {
  const std::string* text = find(v, name);
  if (text == nullptr) return std::nullopt;
  const auto number = parse_int64(*text);
  if (!number || number.value < least || number.value > std::numeric_limits<int>::max()) {
    detail::fail(errc::bad_configuration, {.operation = "init"},
                 std::string(name) + "=" + *text + ": " +
                     (number ? "out of range, expected " + std::to_string(least) + " or more"
                             : std::string(describe(number.fault))));
  }
  return static_cast<int>(number.value);
}

std::optional<int> first_of(const variable_map& v, std::initializer_list<std::string_view> names, int least) {
  for (const std::string_view name : names) {
    if (const auto n = strict(v, name, least)) return n;
  }
  return std::nullopt;
}

// Of a scheduler's description: what cannot be read is not there.
std::optional<std::uint64_t> lenient(const variable_map& v, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const std::string* text = find(v, name)) {
      const auto number = parse_uint64(*text);
      return number ? std::optional(number.value) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<int> lenient_int(const variable_map& v, std::initializer_list<std::string_view> names) {
  const auto n = lenient(v, names);
  if (!n || *n > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) return std::nullopt;
  return static_cast<int>(*n);
}

std::optional<std::string> text_of(const variable_map& v, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const std::string* text = find(v, name)) return *text;
  }
  return std::nullopt;
}

}  // namespace

process_variables process_variables::from_env() {
  process_variables out;
  for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry(*at);
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos)
      out.values.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

launch_variables launch_variables::from_env() { return of(process_variables::from_env().values); }

launch_variables launch_variables::of(const variable_map& v) {
  launch_variables out;
  out.shm_fd = strict(v, "TWILL_SHM_FD", 0);
  if (const std::string* name = find(v, "TWILL_SHM_NAME")) out.shm_name = *name;
  const auto check = [&](bool strong) {
    out.mpi_strong = strong;
    if (out.rank && out.size && *out.rank >= *out.size) {
      detail::fail(errc::bad_configuration, {.operation = "init"},
                   "the launcher announces rank " + std::to_string(*out.rank) + " of " +
                       std::to_string(*out.size) + " ranks");
    }
    return out;
  };
  if (out.shm_fd || out.shm_name) {
    out.launcher = out.shm_fd ? "twill run" : "TWILL_SHM_NAME";
    out.rank = strict(v, "TWILL_RANK", 0);
    out.size = strict(v, "TWILL_SIZE", 1);
    out.local_rank = out.rank;
    out.local_size = out.size;
    return check(false);
  }
  if (find(v, "OMPI_COMM_WORLD_RANK") != nullptr || find(v, "OMPI_COMM_WORLD_SIZE") != nullptr) {
    out.launcher = "openmpi";
    out.rank = strict(v, "OMPI_COMM_WORLD_RANK", 0);
    out.size = strict(v, "OMPI_COMM_WORLD_SIZE", 1);
    out.local_rank = strict(v, "OMPI_COMM_WORLD_LOCAL_RANK", 0);
    out.local_size = strict(v, "OMPI_COMM_WORLD_LOCAL_SIZE", 1);
    return check(true);
  }
  const bool slurm_step =
      strict(v, "SLURM_STEP_NUM_TASKS", 1).value_or(0) > 1 && strict(v, "SLURM_PROCID", 0);
  const bool pmi =
      find(v, "PMI_FD") != nullptr || (find(v, "PMI_RANK") != nullptr && find(v, "PMI_SIZE") != nullptr);
  const bool pmix = find(v, "PMIX_RANK") != nullptr && find(v, "PMIX_NAMESPACE") != nullptr;
  const bool other = find(v, "MPI_LOCALRANKID") != nullptr || find(v, "PALS_RANKID") != nullptr ||
                     find(v, "MV2_COMM_WORLD_RANK") != nullptr;
  if (pmi || pmix || other) {
    out.pmi_fd = strict(v, "PMI_FD", 0);
    out.launcher = slurm_step                                     ? "srun"
                   : pmi || find(v, "MPI_LOCALRANKID") != nullptr ? "hydra"
                   : pmix                                         ? "pmix"
                                                                  : "mpi";
    out.rank = first_of(v, {"PMI_RANK", "PMIX_RANK", "PALS_RANKID", "MV2_COMM_WORLD_RANK"}, 0);
    out.size = first_of(v, {"PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"}, 1);
    out.local_rank = first_of(v, {"MPI_LOCALRANKID", "MV2_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID"}, 0);
    out.local_size = first_of(v, {"MPI_LOCALNRANKS", "MV2_COMM_WORLD_LOCAL_SIZE"}, 1);
    return check(true);
  }
  if (slurm_step) {
    // A task of a step of several, and no MPI launcher's variables: it was started with another --mpi than
    // ours.
    out.launcher = "srun";
    out.slurm_step = true;
    out.rank = strict(v, "SLURM_PROCID", 0);
    out.size = strict(v, "SLURM_STEP_NUM_TASKS", 1);
    out.local_rank = strict(v, "SLURM_LOCALID", 0);
    out.local_size = slurm::local_size(v);
    return check(false);
  }
  if (pbs::is_job(v)) out.launcher = "pbs";
  return out;
}

namespace slurm {

bool is_job(const variable_map& v) { return job_id(v).has_value(); }
std::optional<std::uint64_t> job_id(const variable_map& v) {
  return lenient(v, {"SLURM_JOB_ID", "SLURM_JOBID"});
}
std::optional<std::uint64_t> step_id(const variable_map& v) {
  return lenient(v, {"SLURM_STEP_ID", "SLURM_STEPID"});
}
std::optional<int> proc_id(const variable_map& v) { return lenient_int(v, {"SLURM_PROCID"}); }
std::optional<int> local_rank(const variable_map& v) { return lenient_int(v, {"SLURM_LOCALID"}); }
std::optional<int> num_nodes(const variable_map& v) {
  return lenient_int(v, {"SLURM_STEP_NUM_NODES", "SLURM_NNODES", "SLURM_JOB_NUM_NODES"});
}
std::optional<std::uint64_t> mem_per_node(const variable_map& v) {
  return lenient(v, {"SLURM_MEM_PER_NODE"});
}
std::optional<std::uint64_t> mem_per_cpu(const variable_map& v) { return lenient(v, {"SLURM_MEM_PER_CPU"}); }
std::optional<std::string> node_name(const variable_map& v) {
  return text_of(v, {"SLURMD_NODENAME", "SLURM_NODENAME"});
}
std::optional<std::string> node_list(const variable_map& v) {
  return text_of(v, {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST", "SLURM_NODELIST"});
}

std::optional<std::vector<int>> tasks_per_node(const variable_map& v) {
  const auto text = text_of(v, {"SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE"});
  if (!text) return std::nullopt;
  constexpr std::uint64_t most_nodes = 65536;
  std::vector<int> out;
  std::string_view rest(*text);
  for (;;) {
    const auto comma = rest.find(',');
    std::string_view item = rest.substr(0, comma);
    std::uint64_t times = 1;
    if (const auto bracket = item.find("(x"); bracket != std::string_view::npos) {
      if (item.back() != ')') return std::nullopt;
      const auto n = parse_uint64(item.substr(bracket + 2, item.size() - bracket - 3));
      if (!n || n.value == 0 || n.value > most_nodes) return std::nullopt;
      times = n.value;
      item = item.substr(0, bracket);
    }
    const auto tasks = parse_uint64(item);
    if (!tasks || tasks.value == 0 ||
        tasks.value > static_cast<std::uint64_t>(std::numeric_limits<int>::max()) ||
        out.size() + times > most_nodes) {
      return std::nullopt;
    }
    out.insert(out.end(), times, static_cast<int>(tasks.value));
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

std::optional<int> local_size(const variable_map& v) {
  const auto tasks = tasks_per_node(v);
  if (!tasks) return std::nullopt;
  if (const auto node = lenient_int(v, {"SLURM_NODEID"})) {
    const auto i = static_cast<std::size_t>(*node);
    return i < tasks->size() ? std::optional((*tasks)[i]) : std::nullopt;
  }
  return tasks->size() == 1 ? std::optional(tasks->front()) : std::nullopt;
}

std::optional<int> cpus_per_task(const variable_map& v) {
  if (find(v, "SLURM_CPUS_PER_TASK") != nullptr) return lenient_int(v, {"SLURM_CPUS_PER_TASK"});
  const auto cpus = lenient_int(v, {"SLURM_CPUS_ON_NODE"});
  const auto tasks = local_size(v);
  if (!cpus || !tasks) return std::nullopt;
  return std::max(1, *cpus / *tasks);
}

}  // namespace slurm

namespace pbs {

bool is_job(const variable_map& v) { return job_id(v).has_value(); }
std::optional<std::uint64_t> job_id(const variable_map& v) {
  const auto text = text_of(v, {"PBS_JOBID"});
  if (!text) return std::nullopt;
  const auto number = parse_uint64(text->substr(0, text->find_first_of(".[")));
  return number ? std::optional(number.value) : std::nullopt;
}
std::optional<int> cpus_per_task(const variable_map& v) { return lenient_int(v, {"NCPUS", "PBS_NUM_PPN"}); }
std::optional<int> num_nodes(const variable_map& v) { return lenient_int(v, {"PBS_NUM_NODES"}); }

}  // namespace pbs

namespace detail {
namespace {

int first_number(const std::string& path) {
  std::ifstream file(path);
  int n = 0;
  return file >> n ? n : 0;
}

}  // namespace

int locality_color(locality kind, const std::string& root) {
  if (kind == locality::node) return 0;
  const machine_info machine = inspect_machine(root);
  if (machine.affinity.empty()) return 0;
  const std::string cpu =
      root + "sys/devices/system/cpu/cpu" + std::to_string(machine.affinity.front()) + "/";
  if (kind == locality::socket) return std::max(0, first_number(cpu + "topology/physical_package_id"));
  // The first CPU that shares the cache names it.
  if (kind == locality::l3) return std::max(0, first_number(cpu + "cache/index3/shared_cpu_list"));
  constexpr int most_nodes = 1024;
  for (int node = 0; node < most_nodes; ++node) {
    if (std::ifstream(cpu + "node" + std::to_string(node) + "/cpulist").good()) return node;
  }
  return 0;
}

}  // namespace detail
}  // namespace twill::comm
