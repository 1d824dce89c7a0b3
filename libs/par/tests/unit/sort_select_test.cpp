// SPDX-License-Identifier: Apache-2.0
#include "sort_algorithms.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(nth_element, puts_the_element_of_every_rank_into_place) {
  everywhere([](std::size_t n) {
    for (const std::string pattern : {"random", "few", "organ pipe"}) {
      const auto keys = input(pattern, n);
      const auto expected = sorted(keys);
      for (const std::size_t k : {std::size_t{0}, n / 3, n / 2, n}) {
        auto v = keys;
        const auto nth = v.begin() + static_cast<std::ptrdiff_t>(k);
        ASSERT_EQ(par::nth_element(v, nth), v.end());
        if (k < n) {
          ASSERT_EQ(*nth, expected[k]);
          ASSERT_TRUE(std::all_of(v.begin(), nth, [&](auto x) { return x <= *nth; }));
          ASSERT_TRUE(std::all_of(nth, v.end(), [&](auto x) { return x >= *nth; }));
        }
        ASSERT_EQ(sorted(v), expected);
      }
    }
  });
}

TEST(nth_element, finds_the_median_of_a_million) {
  auto v = input("random", 1'000'001);
  const auto expected = sorted(v);
  pool_of(2).install([&] { par::nth_element(v, v.begin() + 500'000); });
  EXPECT_EQ(v[500'000], expected[500'000]);
}

TEST(partial_sort, sorts_the_front) {
  everywhere([](std::size_t n) {
    const auto keys = input("random", n);
    const auto down = [&] {
      auto s = sorted(keys);
      std::reverse(s.begin(), s.end());
      return s;
    }();
    for (const std::size_t k : {std::size_t{0}, n / 100, n / 2, n}) {
      auto v = keys;
      par::partial_sort(v, v.begin() + static_cast<std::ptrdiff_t>(k), std::greater<>());
      ASSERT_TRUE(std::equal(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(k), down.begin()));
      ASSERT_EQ(sorted(v), sorted(keys));
    }
  });
}

}  // namespace
