// SPDX-License-Identifier: Apache-2.0
// What adding 10^6 values to 96 sums costs by the way they are kept: an array a task merged at the end, one
// array under a lock, one array of atomics. Figures for docs/decisions/0012-resonance.md.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t values = 1'000'000;

template <class Body>
double ns_per_value(unsigned threads, const Body& body) {
  const auto begin = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> workers;
    for (unsigned t = 0; t < threads; ++t) workers.emplace_back([&, t] { body(t, values / threads); });
  }
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
  return spent.count() / static_cast<double>(values);
}

std::size_t class_of(std::uint64_t i) { return i * 2654435761U % 96; }

}  // namespace

int main() {
  std::printf("%-8s %12s %12s %12s\n", "threads", "arrays ns", "lock ns", "atomics ns");
  for (const unsigned threads : {1U, 2U, 4U}) {
    std::array<double, 96> total{};
    std::mutex mutex;
    const double arrays = ns_per_value(threads, [&](unsigned t, std::size_t n) {
      std::array<double, 96> mine{};
      for (std::size_t i = 0; i < n; ++i) mine[class_of(i + t)] += 0.5;
      const std::lock_guard lock(mutex);
      for (std::size_t c = 0; c < 96; ++c) total[c] += mine[c];
    });
    const double locked = ns_per_value(threads, [&](unsigned t, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        const std::lock_guard lock(mutex);
        total[class_of(i + t)] += 0.5;
      }
    });
    std::array<std::atomic<double>, 96> shared{};
    const double atomics = ns_per_value(threads, [&](unsigned t, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        // ORD relaxed [BENCH]: a sum that is read after the threads have ended; pairs with their end.
        shared[class_of(i + t)].fetch_add(0.5, std::memory_order_relaxed);
      }
    });
    std::printf("%-8u %12.2f %12.2f %12.2f\n", threads, arrays, locked, atomics);
  }
}
