// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(numbers, doubles_of_every_magnitude_and_shape_are_ordered) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> even(0, 1);
  for (const std::size_t n : {500U, 40000U, 200000U}) {
    for (int shape = 0; shape < 6; ++shape) {
      std::vector<double> v(n);
      for (double& x : v) {
        const std::uint64_t bits = random();
        switch (shape) {
          case 0: x = even(random); break;
          case 1: x = normal(random); break;
          case 2: x = std::exp(100 * normal(random)); break;
          case 3: x = std::bit_cast<double>(bits & 0x000fffffffffffffULL); break;  // subnormal
          case 4: x = bits % 10 == 0 ? std::numeric_limits<double>::infinity() : even(random); break;
          default: x = std::isnan(std::bit_cast<double>(bits)) ? 0 : std::bit_cast<double>(bits); break;
        }
      }
      const auto expected = sorted(v);
      auto stable = v;
      auto unstable = v;
      pool_of(2).install([&] {
        par::sort(stable);
        par::sort_unstable(unstable);
      });
      EXPECT_TRUE(stable == expected) << n << " of shape " << shape;
      EXPECT_TRUE(unstable == expected) << n << " of shape " << shape;
      std::reverse(v.begin(), v.end());
      par::sort(v, std::greater<>());
      EXPECT_TRUE(std::equal(v.begin(), v.end(), expected.rbegin())) << n << " of shape " << shape;
    }
  }
}

TEST(sort, keeps_the_order_of_both_zeros) {
  for (const std::size_t n : {30U, 3000U, 100000U}) {
    std::vector<double> v(n);
    std::mt19937_64 random(9);
    for (double& x : v) x = random() % 3 == 0 ? 1.0 : (random() % 2 == 0 ? 0.0 : -0.0);
    auto expected = v;
    sort_stably(expected, std::less<>());
    auto result = v;
    pool_of(2).install([&] { par::sort(result); });
    EXPECT_TRUE(std::equal(result.begin(), result.end(), expected.begin(), [](double a, double b) {
      return std::signbit(a) == std::signbit(b) && a == b;
    })) << n;
  }
}

TEST(radix_sort, goes_by_the_key_and_not_by_the_value) {
  std::vector<double> v(100000);
  std::mt19937_64 random(21);
  for (double& x : v) x = static_cast<double>(random() % 1000003) / 7;
  auto expected = v;
  sort_stably(expected, [](double a, double b) { return -a < -b; });
  pool_of(2).install([&] { par::radix_sort(v, [](double x) noexcept { return -x; }); });
  EXPECT_TRUE(v == expected);
}

TEST(total_less, orders_signed_zeros_infinities_and_nans) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> v{nan, 1, -0.0, -inf, std::copysign(nan, -1.0), 0.0, inf, -1};
  par::sort(v, par::total_less());
  EXPECT_TRUE(std::isnan(v[0]) && std::signbit(v[0]));
  EXPECT_EQ(v[1], -inf);
  EXPECT_EQ(v[2], -1);
  EXPECT_TRUE(v[3] == 0 && std::signbit(v[3]));
  EXPECT_TRUE(v[4] == 0 && !std::signbit(v[4]));
  EXPECT_EQ(v[5], 1);
  EXPECT_EQ(v[6], inf);
  EXPECT_TRUE(std::isnan(v[7]) && !std::signbit(v[7]));
  EXPECT_TRUE(par::total_less()(-0.0F, 0.0F));
  EXPECT_FALSE(par::total_less()(0.0L, -0.0L));
  EXPECT_TRUE(par::total_less()(-0.0L, 0.0L));
  EXPECT_TRUE(par::total_less()(-3, 2));
}

TEST(total_less, sorts_many_nans_like_strong_order) {
  std::mt19937_64 random(4);
  std::vector<double> v(50000);
  for (double& x : v) x = std::bit_cast<double>(random() | (random() % 2 == 0 ? 0x7ff0000000000000ULL : 0));
  auto expected = v;
  std::sort(expected.begin(), expected.end(), [](double a, double b) { return std::strong_order(a, b) < 0; });
  pool_of(2).install([&] { par::sort_unstable(v, par::total_less()); });
  EXPECT_TRUE(std::equal(v.begin(), v.end(), expected.begin(), [](double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  }));
}

}  // namespace
