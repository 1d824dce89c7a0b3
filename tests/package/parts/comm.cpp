// SPDX-License-Identifier: Apache-2.0
#include "twill/comm.hpp"

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

int main() {
  return twill::comm::run([](auto& world) {
    const std::vector<double> parts{3.0, 0.14159265358979};
    const auto ranks = static_cast<std::size_t>(world.size());
    const auto before = static_cast<std::size_t>(world.rank()) * parts.size();
    const double pi = world.reproducible_reduce(parts, before, ranks * parts.size(), twill::comm::sum);
    const int sum = world.allreduce(world.rank() + 1, twill::comm::sum);
    std::printf("rank %d of %d over %s: sum %d, pi %.12f\n", world.rank(), world.size(),
                std::string(name_of(world.backend())).c_str(), sum, pi);
  });
}
