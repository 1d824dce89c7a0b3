// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <execution>
#include <numeric>
#include <oneapi/tbb/global_control.h>
#include <vector>

namespace peer {

inline constexpr const char* version = "libstdc++ " __VERSION__ ", oneTBB behind it";

class loops {
 public:
  explicit loops(int workers)
      : limit_(oneapi::tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers)) {}
  template <class F>
  void inside(F&& f) {
    f();
  }
  double sum(const std::vector<double>& x) {
    return std::reduce(std::execution::par_unseq, x.begin(), x.end(), 0.0);
  }
  double dot(const std::vector<double>& x, const std::vector<double>& y) {
    return std::transform_reduce(std::execution::par_unseq, x.begin(), x.end(), y.begin(), 0.0);
  }
  void saxpy(float a, const std::vector<float>& x, std::vector<float>& y) {
    std::transform(std::execution::par_unseq, x.begin(), x.end(), y.begin(), y.begin(),
                   [a](float s, float t) { return t + a * s; });
  }
  void increment(std::vector<int>& v) {
    std::for_each(std::execution::par_unseq, v.begin(), v.end(), [](int& x) { x += 1; });
  }

 private:
  oneapi::tbb::global_control limit_;
};

}  // namespace peer
