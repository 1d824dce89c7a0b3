// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

/// Around the bounds where the kernels change: insertion, small sort, radix leaf, forks, chunks of a
/// partition.
std::vector<std::size_t> sizes() {
  return {0,   1,    2,    3,    5,    19,   20,   21,    24,    25,    32,    33,
          100, 1999, 2000, 2047, 2048, 2049, 5000, 16383, 16384, 16385, 65536, 70000};
}

template <class Sort>
void check_numbers(const Sort& sort) {
  for (const std::size_t threads : thread_counts()) {
    for (const auto& pattern : patterns()) {
      for (const std::size_t n : sizes()) {
        const bool hard = pattern == "random" || pattern == "few" || pattern == "organ pipe";
        if (n > 10000 && (threads == 1 || !hard)) continue;
        auto v = input(pattern, n);
        const auto expected = sorted(v);
        pool_of(threads).install([&] { sort(v); });
        ASSERT_EQ(v, expected) << pattern << " of " << n << " on " << threads;
      }
    }
  }
}

TEST(sort, orders_numbers_of_every_pattern_and_size) {
  check_numbers([](auto& v) { par::sort(v); });
}
TEST(sort, orders_by_a_comparator_for_every_pattern_and_size) {
  check_numbers([](auto& v) { par::sort(v, [](std::uint64_t a, std::uint64_t b) { return a < b; }); });
}
TEST(sort_unstable, orders_numbers_of_every_pattern_and_size) {
  check_numbers([](auto& v) { par::sort_unstable(v); });
}
TEST(sort_unstable, orders_by_a_comparator_for_every_pattern_and_size) {
  check_numbers(
      [](auto& v) { par::sort_unstable(v, [](std::uint64_t a, std::uint64_t b) { return a < b; }); });
}
TEST(radix_sort, orders_numbers_of_every_pattern_and_size) {
  check_numbers([](auto& v) { par::radix_sort(v); });
}
TEST(sort_by_cached_key, orders_numbers_of_every_pattern_and_size) {
  check_numbers([](auto& v) { par::sort_by_cached_key(v, [](std::uint64_t x) { return x; }); });
}

TEST(sort, orders_a_million_elements_with_every_kernel) {
  for (const std::string pattern : {"random", "few"}) {
    const std::size_t n = pattern == "random" ? 1'100'000 : 600'000;
    const auto keys = input(pattern, n);
    const auto expected = sorted(keys);
    const auto less = [](std::uint64_t a, std::uint64_t b) { return a < b; };
    pool_of(8).install([&] {
      auto v = keys;
      par::sort(v);
      EXPECT_TRUE(v == expected) << pattern;
      v = keys;
      par::sort_unstable(v);
      EXPECT_TRUE(v == expected) << pattern;
      v = keys;
      par::sort_by(v, less);
      EXPECT_TRUE(v == expected) << pattern;
      v = keys;
      par::sort_unstable_by(v, less);
      EXPECT_TRUE(v == expected) << pattern;
    });
  }
}

TEST(sort_unstable, gives_the_same_bits_for_every_number_of_threads) {
  std::vector<double> input_values(700'000);
  std::mt19937_64 random(5);
  for (double& x : input_values)
    x = random() % 4 == 0 ? (random() % 2 == 0 ? 0.0 : -0.0) : std::bit_cast<double>(random());
  std::vector<double> first;
  for (const std::size_t threads : thread_counts()) {
    auto v = input_values;
    pool_of(threads).install([&] { par::sort_unstable(v); });
    if (first.empty()) first = v;
    EXPECT_TRUE(std::equal(v.begin(), v.end(), first.begin(), [](double a, double b) {
      return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
    })) << threads;
  }
}

TEST(sort, works_outside_of_every_pool) {
  auto v = input("random", 300000);
  const auto expected = sorted(v);
  par::sort(v);
  EXPECT_TRUE(v == expected);
  v = input("random", 300000);
  par::sort_unstable(v, [](auto a, auto b) { return a < b; });
  EXPECT_TRUE(v == expected);
}

}  // namespace
