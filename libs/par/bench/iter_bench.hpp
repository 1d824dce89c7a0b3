// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace iter_bench {

/// Median over `rounds` of the nanoseconds a call takes, of several variants in turn.
template <class... F>
std::vector<double> interleaved(int rounds, int calls, F&&... variants) {
  std::vector<std::vector<double>> samples(sizeof...(F));
  for (int round = 0; round < rounds; ++round) {
    std::size_t k = 0;
    const auto measure = [&](auto& variant) {
      const auto start = std::chrono::steady_clock::now();
      for (int i = 0; i < calls; ++i) variant();
      const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
      samples[k++].push_back(took.count() / calls);
    };
    (measure(variants), ...);
  }
  std::vector<double> medians;
  for (auto& s : samples) {
    std::nth_element(s.begin(), s.begin() + static_cast<std::ptrdiff_t>(s.size() / 2), s.end());
    medians.push_back(s[s.size() / 2]);
  }
  return medians;
}

/// Keeps a value alive without storing it anywhere.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

inline std::size_t argument(int argc, char** argv, int i, std::size_t otherwise) {
  return i < argc ? std::strtoull(argv[i], nullptr, 10) : otherwise;
}

}  // namespace iter_bench
