// SPDX-License-Identifier: Apache-2.0
#include "twill/par.hpp"

#include <cstdio>

int main() {
  auto pool = twill::par::thread_pool_builder{}.num_threads(3).build();
  const auto [six, seven] = pool.install([] { return twill::par::join([] { return 6; }, [] { return 7; }); });
  std::printf("%d on %zu threads\n", six * seven, pool.current_num_threads());
}
