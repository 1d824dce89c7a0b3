// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mpi/mpi_endpoint.hpp"
#include "mpi/mpi_module.hpp"
#include "twill/comm/topology.hpp"

#include <memory>
#include <string>

namespace twill::comm {
struct environment_options;
}

namespace twill::comm::detail {

struct mpi_world {
  std::shared_ptr<mpi_context> context;
  std::shared_ptr<execution_topology> topology;
};

// Starts the library, or joins it where the host program started it. Throws: init_failed,
// backend_unavailable.
[[nodiscard]] mpi_world open_mpi(const mpi_module& module, const launch_variables& launch,
                                 const environment_options& options, const endpoint_options& how,
                                 const void* adopted);

// What is wrong between a launcher that announces so many ranks and a library that has another number of
// them; empty: nothing.
[[nodiscard]] std::string explain_sizes(std::string_view library, int size, const launch_variables& launch);

}  // namespace twill::comm::detail
