// SPDX-License-Identifier: Apache-2.0
// Heat in a bar that is cut among the ranks: each step needs one cell of either neighbour. The exchange runs
// while the inner cells are computed; the scope holds the borrowed buffers until all of it is done.
#include "twill/comm.hpp"

#include <cstddef>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

int main() {
  return twill::comm::run([](auto& world) {
    const std::size_t cells = 240 / static_cast<std::size_t>(world.size());
    const int left = world.rank() == 0 ? twill::comm::null_rank : world.rank() - 1;
    const int right = world.rank() + 1 == world.size() ? twill::comm::null_rank : world.rank() + 1;
    std::vector<double> heat(cells + 2);
    std::vector<double> next(cells + 2);
    if (world.rank() == 0) heat[1] = 1.0;

    for (int step = 0; step < 500; ++step) {
      // [snippet:halo]
      const auto diffuse = [&](std::size_t i) {
        next[i] = heat[i] + 0.25 * (heat[i - 1] - 2.0 * heat[i] + heat[i + 1]);
      };
      world.scope([&](auto& scope) {
        const std::span<double> all(heat);
        scope.irecv(all.first(1), left, 0);
        scope.irecv(all.last(1), right, 1);
        scope.isend(std::span<const double>(all.subspan(1, 1)), left, 1);
        scope.isend(std::span<const double>(all.subspan(cells, 1)), right, 0);
        for (std::size_t i = 2; i < cells; ++i) diffuse(i);
      });
      if (left == twill::comm::null_rank) heat.front() = heat[1];
      if (right == twill::comm::null_rank) heat.back() = heat[cells];
      diffuse(1);
      diffuse(cells);
      // [end:halo]
      std::swap(heat, next);
    }
    double mine = 0.0;
    for (std::size_t i = 1; i <= cells; ++i) mine += heat[i];
    const double total = world.allreduce(mine, twill::comm::sum);
    if (world.rank() == 0) std::printf("heat after 500 steps: %.9f\n", total);
  });
}
