// SPDX-License-Identifier: Apache-2.0
// One call, to be disassembled: between the communicator and the library there is nothing.
#include "twill/comm_mpi.hpp"

#include <span>

extern "C" void twill_direct_allreduce(const twill::comm::linked_mpi_comm& c, std::span<const double, 1> in,
                                       std::span<double, 1> out);

extern "C" void twill_direct_allreduce(const twill::comm::linked_mpi_comm& c, std::span<const double, 1> in,
                                       std::span<double, 1> out) {
  c.allreduce(in, out, twill::comm::sum, twill::comm::order::any);
}
