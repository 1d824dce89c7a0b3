// SPDX-License-Identifier: Apache-2.0
// What a program of ranks looks like.
#include "twill/comm.hpp"

#include <cstdio>
#include <vector>

// [snippet:readme]
int main() {
  return twill::comm::run([](auto& world) {
    const auto names = world.allgatherv(std::vector<int>(3, world.rank()));  // any lengths, one block a rank
    const double sum = world.allreduce(0.1 * world.rank(), twill::comm::sum);  // the same bits on every run
    auto shared = world.split_local().template create_window<int>(1);          // memory that all can read
    shared.local()[0] = world.rank() * world.rank();
    shared.fence();
    if (world.rank() == 0)
      std::printf("%zu numbers, sum %g, last square %d\n", names.values.size(), sum,
                  shared.remote(world.size() - 1)[0]);
  });
}
// [end:readme]
