// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/version.h>
#include <vector>

namespace peer {

inline constexpr const char* version = "oneTBB " TBB_VERSION_STRING;

class loops {
  using range = oneapi::tbb::blocked_range<std::size_t>;

 public:
  explicit loops(int workers)
      : limit_(oneapi::tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(workers)) {}
  template <class F>
  void inside(F&& f) {
    f();
  }
  double sum(const std::vector<double>& x) {
    return oneapi::tbb::parallel_reduce(
        range(0, x.size()), 0.0,
        [&](const range& r, double s) {
          for (std::size_t i = r.begin(); i < r.end(); ++i) s += x[i];
          return s;
        },
        std::plus<>());
  }
  double dot(const std::vector<double>& x, const std::vector<double>& y) {
    return oneapi::tbb::parallel_reduce(
        range(0, x.size()), 0.0,
        [&](const range& r, double s) {
          for (std::size_t i = r.begin(); i < r.end(); ++i) s += x[i] * y[i];
          return s;
        },
        std::plus<>());
  }
  void saxpy(float a, const std::vector<float>& x, std::vector<float>& y) {
    oneapi::tbb::parallel_for(range(0, x.size()), [&, p = x.data(), q = y.data()](const range& r) {
      for (std::size_t i = r.begin(); i < r.end(); ++i) q[i] += a * p[i];
    });
  }
  void increment(std::vector<int>& v) {
    oneapi::tbb::parallel_for(range(0, v.size()), [p = v.data()](const range& r) {
      for (std::size_t i = r.begin(); i < r.end(); ++i) p[i] += 1;
    });
  }

 private:
  oneapi::tbb::global_control limit_;
};

}  // namespace peer
