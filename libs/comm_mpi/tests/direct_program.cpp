// SPDX-License-Identifier: Apache-2.0
// One call, to be disassembled and counted: between the communicator and the library there is nothing.
#include "twill/comm_mpi.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>

extern "C" void twill_direct_allreduce(const twill::comm::linked_mpi_comm& c, std::span<const double, 1> in,
                                       std::span<double, 1> out);

extern "C" [[gnu::noinline]] void twill_direct_allreduce(const twill::comm::linked_mpi_comm& c,
                                                         std::span<const double, 1> in,
                                                         std::span<double, 1> out) {
  c.allreduce(in, out, twill::comm::sum, twill::comm::order::any);
}

int main(int argc, char** argv) {
  namespace comm = twill::comm;
  const int calls = argc > 1 ? std::atoi(argv[1]) : 1;
  comm::environment env = comm::environment::init({.backend = "mpi", .checks = comm::check_level::normal});
  const comm::linked_mpi_comm c = comm::linked_world(env.world());
  std::array<double, 1> in{1.5};
  std::array<double, 1> out{};
  for (int i = 0; i < calls; ++i) twill_direct_allreduce(c, in, out);
  if (c.rank() == 0) std::printf("%d calls on %d ranks, the last gave %g\n", calls, c.size(), out[0]);
  return out[0] == 1.5 * c.size() ? 0 : 1;
}
