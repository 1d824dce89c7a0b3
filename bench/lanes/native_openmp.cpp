// SPDX-License-Identifier: Apache-2.0
#include "native.hpp"

#include <cmath>

namespace native {

void add_openmp(const float* a, const float* b, float* c, std::size_t n, [[maybe_unused]] int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::size_t i = 0; i < n; ++i) c[i] = a[i] + b[i];
}
void saxpy_openmp(float alpha, const float* x, float* y, std::size_t n, [[maybe_unused]] int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::size_t i = 0; i < n; ++i) y[i] = alpha * x[i] + y[i];
}
void sigmoid_openmp(const float* a, float* c, std::size_t n, [[maybe_unused]] int threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (std::size_t i = 0; i < n; ++i) c[i] = 1.0F / (1.0F + std::exp(-a[i]));
}
float sum_openmp(const float* a, std::size_t n, [[maybe_unused]] int threads) {
  float s = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : s)
  for (std::size_t i = 0; i < n; ++i) s += a[i];
  return s;
}

}  // namespace native
