// SPDX-License-Identifier: Apache-2.0
// Community types of a small table of counts, from the table to the choice of how many there are.
#include "twill/dmm.hpp"

#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

int main() {
  namespace dmm = twill::dmm;
  // [snippet:fit]
  // Two kinds of communities, 40 samples each, drawn from a model that we know.
  dmm::mixture_fit truth;
  truth.components = 2;
  truth.taxa = 4;
  truth.weights = {0.5, 0.5};
  truth.alpha = {20, 8, 2, 1, 1, 3, 15, 12};
  const dmm::simulated drawn = dmm::simulate(truth, std::vector<std::int64_t>(80, 400), 1);

  const auto counts = dmm::count_table::from_dense(std::span<const std::int64_t>(drawn.counts), 80, 4);
  const std::vector<int> ks{1, 2, 3};
  const dmm::sweep fits = dmm::fit_range(counts, ks, {.fit = {.seed = 1, .starts = 3}});
  const dmm::mixture_fit& best = fits.best(dmm::criterion::laplace);
  // [end:fit]
  std::printf("%d components\n", best.components);

  // [snippet:predict]
  std::vector<double> posterior(80 * static_cast<std::size_t>(best.components));
  dmm::posterior(best, counts, posterior);
  int certain = 0;
  for (const double p : posterior) certain += p > 0.99 ? 1 : 0;
  // [end:predict]
  std::printf("%d of 80 samples are certain\n", certain);
}
