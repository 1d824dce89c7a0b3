// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/mpi_table.hpp"
#include "twill/comm/topology.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace twill::comm::detail {

// How this build reaches MPI: TWILL_COMM_MPI.
enum class mpi_delivery { off, link, plugin };
[[nodiscard]] mpi_delivery how_mpi_is_delivered() noexcept;

// The folders that modules are taken from, the first one that exists wins. Nothing else is searched.
[[nodiscard]] std::vector<std::string> module_folders();
// `mpich`, `openmpi`, ...: modules that lie in those folders.
[[nodiscard]] std::vector<std::string> modules_found();
// The library whose launcher's variables are there; empty without any.
[[nodiscard]] std::string library_of_launcher(const variable_map& v);

struct mpi_module {
  const mpi_table* table = nullptr;
  std::string path;    // empty: compiled in
  std::string reason;  // who chose it
};
// Loads the module that the variables and the launcher ask for. Throws: backend_unavailable that says what
// was looked for and what is wrong with it.
[[nodiscard]] mpi_module load_mpi(const variable_map& v);
// The table of one file. Throws: as load_mpi.
[[nodiscard]] const mpi_table* open_module(const std::string& path);

}  // namespace twill::comm::detail
