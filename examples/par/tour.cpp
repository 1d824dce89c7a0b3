// SPDX-License-Identifier: Apache-2.0
// The four things that most programs need of par.
#include "twill/par.hpp"
#include "twill/par/range.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

namespace par = twill::par;

int main() {
  std::vector<double> data(1000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<double>(i) - 250;
  const auto score = [](double x) { return x / 4; };
  const auto positive = [](double x) { return x > 0; };

  // [snippet:tour]
  // A chain over any range; the bits of the sum depend on the data alone.
  const double total = data | par::map(score) | par::filter(positive) | par::sum<double>();

  // Two things at once: the second is there to be stolen, and nothing is allocated.
  const auto [low, high] = par::join([&] { return std::sqrt(total); }, [&] { return total * total; });

  // Many things that use what stands around them: the scope ends when all have ended, exceptions arrive here.
  std::array<double, 3> out{};
  par::scope([&](auto& s) {
    for (std::size_t i = 0; i < out.size(); ++i) s.spawn([&, i] { out[i] = low + static_cast<double>(i); });
  });

  // A pool of one's own, bound to neighbouring cores; its destructor joins its threads.
  auto pool = par::thread_pool_builder{}.num_threads(2).pin(par::pin::compact).build();
  const std::size_t threads = pool.install([] { return par::current_num_threads(); });
  // [end:tour]

  std::printf("%.1f %.1f %.1f %.1f %zu\n", total, high - total * total, out[0] - low, out[2] - low, threads);
}
