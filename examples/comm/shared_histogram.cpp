// SPDX-License-Identifier: Apache-2.0
// One histogram in memory that all ranks of a node share: each adds to it in place, nothing is sent.
#include "twill/base/philox.hpp"
#include "twill/comm.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

int main() {
  return twill::comm::run([](auto& world) {
    // [snippet:histogram]
    auto node = world.split_local();
    constexpr std::size_t bins = 16;
    auto histogram = node.template create_window<std::uint64_t>(node.rank() == 0 ? bins : 0);

    std::vector<double> numbers(10'000);
    twill::philox{twill::philox_key(42)}.fill_uniform(
        numbers, static_cast<std::uint64_t>(world.rank()) * numbers.size());
    for (const double x : numbers) {
      const auto bin = std::min(bins - 1, static_cast<std::size_t>(x * bins));
      histogram.fetch_and_op(std::uint64_t{1}, 0, bin, twill::comm::sum);  // atomic, in the leader's memory
    }
    histogram.fence();
    // [end:histogram]
    std::uint64_t total = 0;
    for (const std::uint64_t count : histogram.remote(0)) total += count;
    if (node.rank() == 0)
      std::printf("%llu numbers in %zu bins\n", static_cast<unsigned long long>(total), bins);
    histogram.fence();
  });
}
