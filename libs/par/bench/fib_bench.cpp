// SPDX-License-Identifier: Apache-2.0
// One JSON line: nanoseconds for each fork of a recursive Fibonacci that joins at every level.
// usage: fib_bench [n] [threads] [rounds]
#include "twill/par/join.hpp"
#include "twill/par/pool.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

std::uint64_t fib(unsigned n) {
  if (n < 2) return n;
  const auto [a, b] = twill::par::join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
  return a + b;
}

}  // namespace

int main(int argc, char** argv) {
  const auto n = static_cast<unsigned>(argc > 1 ? std::atoi(argv[1]) : 38);
  const auto threads = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 1);
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 5;
  const auto pool = twill::par::thread_pool_builder{}.num_threads(threads).build();
  std::vector<double> seconds;
  std::uint64_t value = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    value = pool.install([n] { return fib(n); });
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  // Calls with n >= 2, one fork each: fib(n + 1) - 1.
  double previous = 0;
  double forks = 1;
  for (unsigned i = 0; i < n; ++i) {
    const double next = previous + forks;
    previous = forks;
    forks = next;
  }
  std::printf("{\"name\":\"fib\",\"n\":%u,\"threads\":%zu,\"value\":%llu,\"ns_per_op\":%.3f}\n", n, threads,
              static_cast<unsigned long long>(value), seconds[seconds.size() / 2] * 1e9 / (forks - 1));
}
