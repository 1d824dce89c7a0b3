// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/detail/sort/partition.hpp"
#include "twill/par/thread.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

using namespace sort_tests;
using twill::par::detail::parallel_partition_size;
using twill::par::detail::partition_by;
using twill::par::detail::serial_partition;

namespace {

bool even(std::uint64_t x) { return x % 2 == 0; }

TEST(partition, brings_every_match_to_the_front) {
  const std::size_t large = parallel_partition_size;
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64},
                              std::size_t{65}, std::size_t{129}, std::size_t{1000}, large, large + 12345}) {
    for (const std::uint64_t tenth : {0U, 1U, 5U, 10U}) {
      const auto keys = input("random", n);
      const auto low = [tenth](std::uint64_t x) { return x % 10 < tenth; };
      const auto expected = static_cast<std::size_t>(std::count_if(keys.begin(), keys.end(), low));
      auto v = keys;
      ASSERT_EQ(partition_by(v.data(), n, low), expected);
      const auto cut = v.begin() + static_cast<std::ptrdiff_t>(expected);
      ASSERT_TRUE(std::all_of(v.begin(), cut, low));
      ASSERT_TRUE(std::none_of(cut, v.end(), low));
      ASSERT_TRUE(sorted(v) == sorted(keys));
    }
  }
}

TEST(partition, by_blocks_moves_owners) {
  for (const std::size_t n : {0U, 1U, 2U, 63U, 64U, 65U, 127U, 128U, 129U, 500U, 5000U}) {
    for (const std::uint64_t tenth : {0U, 1U, 5U, 9U, 10U}) {
      const auto keys = input("random", n, n + tenth);
      std::vector<std::unique_ptr<std::uint64_t>> v;
      for (const auto k : keys) v.push_back(std::make_unique<std::uint64_t>(k));
      const auto low = [tenth](const auto& p) { return *p % 10 < tenth; };
      const std::size_t below = serial_partition(v.begin(), n, low);
      const auto cut = v.begin() + static_cast<std::ptrdiff_t>(below);
      ASSERT_TRUE(std::all_of(v.begin(), cut, low)) << n;
      ASSERT_TRUE(std::none_of(cut, v.end(), low)) << n;
      std::vector<std::uint64_t> left;
      for (const auto& p : v) left.push_back(*p);
      ASSERT_EQ(sorted(left), sorted(keys));
    }
  }
}

/// Every chunk of the partition waits until another thread has called the predicate as well: a serial
/// partition would not end.
TEST(partition, of_a_large_range_runs_on_several_threads) {
  auto v = input("random", 2 * parallel_partition_size);
  std::array<std::atomic<bool>, 2> seen{};
  pool_of(2).install([&] {
    static_cast<void>(partition_by(v.data(), v.size(), [&](std::uint64_t x) {
      const std::size_t me = twill::par::current_thread_index().value_or(0);
      // ORD relaxed: flags without data behind them; the loop below only needs them to become visible in the
      // end.
      seen[me].store(true, std::memory_order_relaxed);
      // ORD relaxed: see above.
      while (!seen[1 - me].load(std::memory_order_relaxed)) {
      }
      return even(x);
    }));
  });
  const auto cut = std::find_if_not(v.begin(), v.end(), even);
  EXPECT_TRUE(std::none_of(cut, v.end(), even));
}

TEST(partition, gives_the_same_permutation_for_every_number_of_threads) {
  const auto keys = input("random", parallel_partition_size + 77);
  std::vector<std::uint64_t> first;
  for (const std::size_t threads : thread_counts()) {
    auto v = keys;
    pool_of(threads).install([&] { static_cast<void>(partition_by(v.data(), v.size(), even)); });
    if (first.empty()) first = v;
    EXPECT_TRUE(v == first) << threads;
  }
}

}  // namespace
