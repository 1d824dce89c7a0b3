// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

/// McIlroy's adversary (A Killer Adversary for Quicksort, 1999): decides the values while it is asked about
/// them, so that every pivot is as bad as can be.
TEST(sort_unstable, stays_n_log_n_against_a_killer_adversary) {
  const std::size_t n = 8000;
  std::vector<std::size_t> value(n, n);
  std::size_t solid = 0;
  std::size_t candidate = 0;
  std::size_t calls = 0;
  std::vector<std::size_t> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = i;
  par::sort_unstable(v, [&](std::size_t a, std::size_t b) {
    ++calls;
    if (value[a] == n && value[b] == n) value[a == candidate ? a : b] = solid++;
    if (value[a] == n)
      candidate = a;
    else if (value[b] == n)
      candidate = b;
    return value[a] < value[b];
  });
  const double bound = 8.0 * static_cast<double>(n) * std::log2(static_cast<double>(n));
  EXPECT_LT(static_cast<double>(calls), bound);
  // The values it settled on, as an input.
  std::vector<std::size_t> killer(value);
  const auto expected = sorted(killer);
  calls = 0;
  par::sort_unstable(killer, [&](std::size_t a, std::size_t b) {
    ++calls;
    return a < b;
  });
  EXPECT_EQ(killer, expected);
  EXPECT_LT(static_cast<double>(calls), bound);
}

TEST(sort, compares_n_log_n_times_and_n_times_when_sorted) {
  for (const auto& pattern : patterns()) {
    for (const std::size_t n : {100U, 4000U, 100000U}) {
      const auto keys = input(pattern, n);
      for (const bool is_stable : {true, false}) {
        std::atomic<std::size_t> calls{0};
        const auto less = [&](std::uint64_t a, std::uint64_t b) {
          // ORD relaxed: a counter, read after the sort joined its workers.
          calls.fetch_add(1, std::memory_order_relaxed);
          return a < b;
        };
        auto v = keys;
        if (is_stable)
          par::sort(v, less);
        else
          par::sort_unstable(v, less);
        // ORD relaxed: see above.
        const auto made = static_cast<double>(calls.load(std::memory_order_relaxed));
        const double size = static_cast<double>(n);
        if (pattern == "ascending" || pattern == "descending" || pattern == "all equal") {
          EXPECT_EQ(made, size - 1) << pattern;
        } else {
          EXPECT_LT(made, (is_stable ? 1.3 : 1.8) * size * std::log2(size))
              << pattern << ' ' << n << ' ' << is_stable;
        }
      }
    }
  }
}

}  // namespace
