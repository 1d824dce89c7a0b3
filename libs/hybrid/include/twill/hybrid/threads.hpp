// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/topology.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace twill::hybrid {

/// Everything that the number of threads of a rank can come from.
struct thread_sources {
  std::optional<std::size_t> argument{};   ///< of the API or `--threads`; 0: go on
  std::string argument_name = "argument";  ///< how messages call it
  std::optional<std::size_t> file{};       ///< of a configuration file; 0: go on
  std::string file_name{};                 ///< the file and place
  comm::variable_map variables{};          ///< of the environment
  std::optional<std::size_t> affinity{};   ///< CPUs in the affinity mask
  std::optional<double> quota{};           ///< CPUs' worth of time by control groups
  int local_size = 1;                      ///< ranks on this node
  bool masks_disjoint = false;             ///< the ranks of the node have masks of their own
};

/// The number and where it comes from.
struct thread_choice {
  std::size_t threads = 1;      ///< of this rank
  std::string source{};         ///< `--threads`, `SLURM_CPUS_PER_TASK`, `affinity mask`, ...
  int priority = 7;             ///< row of the table in docs/concepts/hybrid-parallelism.md
  std::size_t allowed = 1;      ///< CPUs that this rank may use, its share of a common mask
  double factor = 1;            ///< threads over allowed CPUs
  bool oversubscribed = false;  ///< the factor is above 1
};

/// Argument > TWILL_NUM_THREADS > file > RAYON_NUM_THREADS > SLURM_CPUS_PER_TASK inside a step > the node's
/// CPUs over its ranks as Slurm, PBS, LSF and PALS tell them > affinity mask and quota > 1. OMP_NUM_THREADS
/// is none of them. Throws: twill::error(errc::bad_configuration) that names a malformed variable.
[[nodiscard]] thread_choice choose_threads(const thread_sources& from);

}  // namespace twill::hybrid
