// SPDX-License-Identifier: Apache-2.0
#include "sort_algorithms.hpp"
#include "twill/par/algorithm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(scan, of_whole_numbers_is_that_of_the_standard_library) {
  everywhere([](std::size_t n) {
    const auto v = input("random", n);
    std::vector<std::uint64_t> out(n);
    std::vector<std::uint64_t> expected(n);
    std::inclusive_scan(v.begin(), v.end(), expected.begin());
    ASSERT_EQ(par::inclusive_scan(v, out.begin()).out, out.end());
    ASSERT_EQ(out, expected);
    const auto most = [](std::uint64_t a, std::uint64_t b) { return std::max(a, b); };
    std::inclusive_scan(v.begin(), v.end(), expected.begin(), most, std::uint64_t{1} << 60);
    par::inclusive_scan(v, out.begin(), most, std::uint64_t{1} << 60);
    ASSERT_EQ(out, expected);
    std::exclusive_scan(v.begin(), v.end(), expected.begin(), std::uint64_t{7});
    par::exclusive_scan(v, out.begin(), std::uint64_t{7});
    ASSERT_EQ(out, expected);
    std::transform_inclusive_scan(v.begin(), v.end(), expected.begin(), std::plus<>(),
                                  [](std::uint64_t x) { return x / 3; });
    par::transform_scan(v, out.begin(), [](std::uint64_t x) { return x / 3; });
    ASSERT_EQ(out, expected);
    auto in_place = v;
    par::exclusive_scan(in_place, in_place.begin(), std::uint64_t{0});
    std::exclusive_scan(v.begin(), v.end(), expected.begin(), std::uint64_t{0});
    ASSERT_EQ(in_place, expected);
  });
}

TEST(scan, keeps_the_order_of_an_operation_that_does_not_commute) {
  std::vector<std::string> v;
  for (std::size_t i = 0; i < 9000; ++i) v.push_back(std::string(1, static_cast<char>('a' + i % 26)));
  // Keeps the first and the last letter and counts nothing else: associative, not commutative.
  const auto ends = [](const std::string& a, const std::string& b) {
    return std::string{a.front(), b.back()};
  };
  std::vector<std::string> out(v.size());
  std::vector<std::string> expected(v.size());
  std::inclusive_scan(v.begin(), v.end(), expected.begin(), ends);
  pool_of(2).install([&] { par::inclusive_scan(v, out.begin(), ends); });
  EXPECT_EQ(out, expected);
}

TEST(scan, of_doubles_has_the_same_bits_for_every_number_of_threads) {
  std::vector<double> v(300'000);
  std::mt19937_64 random(2);
  for (double& x : v)
    x = std::ldexp(static_cast<double>(random() % 1000), static_cast<int>(random() % 60) - 30);
  std::vector<double> first;
  for (const std::size_t threads : thread_counts()) {
    for (int round = 0; round < 3; ++round) {
      std::vector<double> out(v.size());
      pool_of(threads).install([&] { par::inclusive_scan(v, out.begin()); });
      if (first.empty()) first = out;
      EXPECT_TRUE(out == first) << threads;
    }
  }
}

TEST(histogram, counts_every_item_once) {
  everywhere([](std::size_t n) {
    auto keys = input("random", n);
    for (const std::size_t bins : {1U, 7U, 256U, 5000U}) {
      std::vector<std::size_t> expected(bins);
      for (const auto k : keys) ++expected[k % bins];
      ASSERT_EQ(par::histogram(keys, bins, [bins](std::uint64_t x) { return x % bins; }), expected);
    }
  });
}

TEST(histogram, refuses_items_outside_of_the_bins) {
  const std::vector<int> v{0, 3, 2, 1};
  EXPECT_EQ(par::histogram(v, 4), (std::vector<std::size_t>{1, 1, 1, 1}));
  const auto message = [&](const std::vector<int>& items) -> std::string {
    try {
      static_cast<void>(par::histogram(items, 3));
    } catch (const std::out_of_range& e) {
      return e.what();
    }
    return "nothing thrown";
  };
  EXPECT_EQ(message({0, 3}), "histogram: an item fell outside of the bins (found bin 3, expected 0 to 2)");
  EXPECT_EQ(message({0, -5}), "histogram: an item fell outside of the bins (found bin -5, expected 0 to 2)");
}

}  // namespace
