// SPDX-License-Identifier: Apache-2.0
// A host program with an MPI library of its own, whose ranks become ours.
#include "twill/comm_mpi.hpp"

#include "twill/comm.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  int level = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &level);
  {
    auto env = twill::comm::adopt(MPI_COMM_WORLD);
    auto& world = env.world();
    const int sum = world.allreduce(world.rank() + 1, twill::comm::sum);
    if (world.rank() == 0)
      std::printf("sum %d of %d ranks on %s\n", sum, world.size(), world.topology().module.c_str());
  }
  return MPI_Finalize();
}
