// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <time.h>
#include <vector>

/// What every program of the sort benchmark shares: the same inputs (also made by the Rust peer) and the same
/// clock.
namespace twill_bench {

inline std::uint64_t mix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

inline std::vector<std::uint64_t> keys(const std::string& pattern, std::size_t n) {
  std::vector<std::uint64_t> v(n);
  std::uint64_t state = 42;
  for (std::size_t i = 0; i < n; ++i) {
    if (pattern == "random") {
      v[i] = mix(state);
    } else if (pattern == "descending") {
      v[i] = n - 1 - i;
    } else if (pattern == "mostly") {
      v[i] = i % 100 == 0 ? mix(state) % n : i;
    } else if (pattern == "few") {
      v[i] = mix(state) % 16;
    } else {
      v[i] = i;
    }
  }
  return v;
}

inline std::vector<double> doubles(const std::string& pattern, std::size_t n) {
  const auto k = keys(pattern, n);
  std::vector<double> v(n);
  const bool random = pattern == "random";
  std::transform(k.begin(), k.end(), v.begin(), [random](std::uint64_t x) {
    return random ? static_cast<double>(x >> 11) / static_cast<double>(std::uint64_t{1} << 53)
                  : static_cast<double>(x);
  });
  return v;
}

class stopwatch {
 public:
  /// Prints the times since construction; fails when `data` is not sorted.
  template <class T>
  int report(const std::vector<T>& data) const {
    const double wall = now(CLOCK_MONOTONIC) - wall_;
    const double cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu_;
    if (!std::is_sorted(data.begin(), data.end())) return 1;
    // Two programs that sorted the same numbers agree on it.
    std::uint64_t sum = 0xcbf29ce484222325ULL;
    for (const T& x : data) sum = (sum ^ std::bit_cast<std::uint64_t>(x)) * 0x100000001b3ULL;
    std::printf("{\"ms\": %.3f, \"cpu_ms\": %.3f, \"checksum\": \"%016llx\"}\n", wall, cpu,
                static_cast<unsigned long long>(sum));
    return 0;
  }

 private:
  static double now(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
  }
  double wall_ = now(CLOCK_MONOTONIC);
  double cpu_ = now(CLOCK_PROCESS_CPUTIME_ID);
};

}  // namespace twill_bench
