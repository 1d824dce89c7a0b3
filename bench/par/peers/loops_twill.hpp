// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/pool.hpp"
#include "twill/par/range.hpp"

#include <vector>

namespace peer {

inline constexpr const char* version = "twill";

class loops {
 public:
  explicit loops(int workers) {
    twill::par::thread_pool_builder{}.num_threads(static_cast<std::size_t>(workers)).build_global();
  }
  ~loops() { twill::par::shutdown_global(); }
  loops(const loops&) = delete;
  loops& operator=(const loops&) = delete;
  template <class F>
  void inside(F&& f) {
    twill::par::scope([&](twill::par::scope_t&) { f(); });
  }
  double sum(const std::vector<double>& x) { return x | twill::par::sum<double>(); }
  double dot(const std::vector<double>& x, const std::vector<double>& y) {
    return twill::par::zip(x, y) | twill::par::map([](double a, double b) { return a * b; }) |
           twill::par::sum<double>();
  }
  void saxpy(float a, const std::vector<float>& x, std::vector<float>& y) {
    twill::par::zip(x, y) | twill::par::for_each([a](const float& s, float& t) { t += a * s; });
  }
  void increment(std::vector<int>& v) {
    v | twill::par::for_each([](int& x) { x += 1; });
  }
};

}  // namespace peer
