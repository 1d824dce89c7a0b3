// SPDX-License-Identifier: Apache-2.0
#include "../peers.hpp"

#include <omp.h>

namespace peers {

work openmp_add(const float* a, const float* b, float* c, std::size_t n, int threads) {
  return [=] {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (std::size_t i = 0; i < n; ++i) c[i] = a[i] + b[i];
  };
}

}  // namespace peers
