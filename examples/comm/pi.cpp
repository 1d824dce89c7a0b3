// SPDX-License-Identifier: Apache-2.0
// The area under 4 / (1 + x^2), each rank its share of the intervals: the same bits however many ranks there
// are, when the sum is asked to be reproducible.
#include "twill/comm.hpp"

#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

int main() {
  return twill::comm::run([](auto& world) {
    // [snippet:pi]
    const std::uint64_t n = 1'000'000;
    const auto size = static_cast<std::uint64_t>(world.size());
    const auto rank = static_cast<std::uint64_t>(world.rank());
    const std::uint64_t first = n * rank / size;
    const std::uint64_t last = n * (rank + 1) / size;

    std::vector<double> area;
    for (std::uint64_t i = first; i < last; ++i) {
      const double x = (static_cast<double>(i) + 0.5) / static_cast<double>(n);
      area.push_back(4.0 / (1.0 + x * x) / static_cast<double>(n));
    }
    double mine = 0.0;
    for (const double a : area) mine += a;

    const double pi = world.allreduce(mine, twill::comm::sum);  // in rank order: the same bits on every run
    const double exact =                                        // for any number of ranks
        world.reproducible_reduce(std::span<const double>(area), first, n, twill::comm::sum);
    // [end:pi]
    if (world.rank() == 0) {
      std::printf("pi is about %.12f with %d ranks\n", pi, world.size());
      std::printf("and %a with any number of them\n", exact);
    }
  });
}
