// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <omp.h>
#include <vector>

namespace peer {

inline constexpr const char* version = "libgomp " __VERSION__;

class loops {
 public:
  explicit loops(int workers) {
    omp_set_dynamic(0);
    omp_set_num_threads(workers);
  }
  template <class F>
  void inside(F&& f) {
    f();
  }
  double sum(const std::vector<double>& x) {
    double s = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : s)
    for (std::size_t i = 0; i < x.size(); ++i) s += x[i];
    return s;
  }
  double dot(const std::vector<double>& x, const std::vector<double>& y) {
    double s = 0;
#pragma omp parallel for simd schedule(static) reduction(+ : s)
    for (std::size_t i = 0; i < x.size(); ++i) s += x[i] * y[i];
    return s;
  }
  void saxpy(float a, const std::vector<float>& x, std::vector<float>& y) {
    const float* const p = x.data();
    float* const q = y.data();
#pragma omp parallel for simd schedule(static)
    for (std::size_t i = 0; i < x.size(); ++i) q[i] += a * p[i];
  }
  void increment(std::vector<int>& v) {
    int* const p = v.data();
    const std::size_t n = v.size();
#pragma omp parallel for simd schedule(static)
    for (std::size_t i = 0; i < n; ++i) p[i] += 1;
  }
};

}  // namespace peer
