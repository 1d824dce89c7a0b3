// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(sort, keeps_equal_elements_in_order_at_every_threshold) {
  for (const std::size_t threads : thread_counts()) {
    for (const std::size_t n : {19U, 20U, 21U, 33U, 1999U, 2001U, 4999U, 5001U, 65536U, 70001U}) {
      for (const std::uint64_t distinct : {1U, 3U, 200U}) {
        auto keys = input("random", n, n + distinct);
        for (auto& k : keys) k %= distinct;
        auto expected = records(keys);
        sort_stably(expected, [](const record& a, const record& b) { return a.key < b.key; });
        auto by_bits = records(keys);
        auto by_comparator = records(keys);
        pool_of(threads).install([&] {
          par::sort(by_bits, {}, &record::key);
          par::sort(by_comparator, [](const record& a, const record& b) { return a.key < b.key; });
        });
        ASSERT_EQ(by_bits, expected) << n << ' ' << threads;
        ASSERT_EQ(by_comparator, expected) << n << ' ' << threads;
      }
    }
  }
}

TEST(sort, keeps_a_million_equal_elements_in_order) {
  auto keys = input("random", 1'000'001);
  for (auto& k : keys) k %= 1000;
  auto expected = records(keys);
  sort_stably(expected, [](const record& a, const record& b) { return a.key < b.key; });
  auto v = records(keys);
  pool_of(2).install([&] { par::sort(v, [](const record& a, const record& b) { return a.key < b.key; }); });
  EXPECT_TRUE(v == expected);
}

TEST(sort_unstable, gives_the_same_permutation_for_every_number_of_threads) {
  for (const std::string pattern : {"random", "few"}) {
    const auto keys = input(pattern, 560'000);
    std::vector<record> first;
    for (const std::size_t threads : thread_counts()) {
      auto v = records(keys);
      pool_of(threads).install(
          [&] { par::sort_unstable(v, {}, [](const record& r) { return r.key % 5000; }); });
      EXPECT_TRUE(std::is_sorted(
          v.begin(), v.end(), [](const record& a, const record& b) { return a.key % 5000 < b.key % 5000; }));
      if (first.empty()) first = v;
      EXPECT_TRUE(v == first) << pattern << " on " << threads;
    }
  }
}

}  // namespace
