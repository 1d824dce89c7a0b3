// SPDX-License-Identifier: Apache-2.0
#include "native.hpp"

#include <cmath>
#include <cstring>

namespace native {

void add(const float* a, const float* b, float* c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) c[i] = a[i] + b[i];
}
void saxpy(float alpha, const float* x, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] = alpha * x[i] + y[i];
}
// With -ffast-math (see CMakeLists.txt) this calls the vector library.
void sigmoid(const float* a, float* c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) c[i] = 1.0F / (1.0F + std::exp(-a[i]));
}
void trips(const float* a, const std::uint32_t* counts, float* c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    float x = a[i];
    for (std::uint32_t k = 0; k < counts[i]; ++k) x = x * 0.5F + 1.0F;
    c[i] = x;
  }
}
void foretold(const float* a, float* c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    float x = a[i];
    for (std::size_t k = 0; k <= (i * 2654435761U >> 7) % 8; ++k) x = x * 0.5F + 1.0F;
    c[i] = x;
  }
}
void gather(const float* a, const std::uint32_t* index, float* c, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) c[i] = a[index[i]];
}
void resonance(const std::uint8_t* classes, double* sums, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) sums[classes[i]] += 0.5;
}
float sum(const float* a, std::size_t n) {
  float s = 0;
  for (std::size_t i = 0; i < n; ++i) s += a[i];
  return s;
}
float dot(const float* a, const float* b, std::size_t n) {
  float s = 0;
  for (std::size_t i = 0; i < n; ++i) s += a[i] * b[i];
  return s;
}
void softmax(const float* a, float* c, std::size_t n) {
  float most = a[0];
  for (std::size_t i = 0; i < n; ++i) most = a[i] > most ? a[i] : most;
  float s = 0;
  for (std::size_t i = 0; i < n; ++i) {
    c[i] = std::exp(a[i] - most);
    s += c[i];
  }
  for (std::size_t i = 0; i < n; ++i) c[i] /= s;
}
void copy(const float* a, float* c, std::size_t n) { std::memcpy(c, a, n * sizeof(float)); }

}  // namespace native
