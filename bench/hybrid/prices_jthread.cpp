// SPDX-License-Identifier: Apache-2.0
// Plain threads that each take a block of the leaves, started once a round.
#include "prices.hpp"

#include <thread>

int main(int argc, char** argv) {
  const bench::arguments asked(argc, argv);
  const auto workers = static_cast<std::size_t>(asked.workers);
  const twill::philox stream{twill::philox_key(prices::seed)};
  std::vector<option_book::leaf_sums> all(prices::leaves);
  std::vector<option_book::workspace> spaces(workers);
  const double ns = bench::ns_per_op(asked.seconds, prices::leaves, [&] {
    std::vector<std::jthread> threads;
    for (std::size_t w = 0; w < workers; ++w) {
      threads.emplace_back([&, w] {
        for (std::size_t leaf = w * prices::leaves / workers; leaf < (w + 1) * prices::leaves / workers;
             ++leaf)
          all[leaf] =
              option_book::price_leaf(stream, leaf * twill::sum_leaf_size, twill::sum_leaf_size, spaces[w]);
      });
    }
  });
  bench::report(ns, prices::checksum(all), "plain");
}
