// SPDX-License-Identifier: Apache-2.0
#include "native.hpp"

#include <cmath>

namespace native {

void sigmoid_scalar(const float* a, float* c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) c[i] = 1.0F / (1.0F + std::exp(-a[i]));
}

}  // namespace native
