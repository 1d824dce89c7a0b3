// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm.hpp"

#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

int main() {
  const std::vector<std::int32_t> counts{10, 0, 9, 1, 0, 10, 1, 9};
  const auto table = twill::dmm::count_table::from_dense(std::span<const std::int32_t>(counts), 4, 2);
  const auto fit = twill::dmm::fit(table, {.components = 2});
  std::printf("%zu samples, %d components, weights %.2f\n", table.samples(), fit.components,
              fit.weights[0] + fit.weights[1]);
}
