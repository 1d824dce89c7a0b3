// SPDX-License-Identifier: Apache-2.0
#include "sort_algorithms.hpp"
#include "twill/par/algorithm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(is_sorted, sees_a_single_step_down_anywhere) {
  everywhere([](std::size_t n) {
    auto v = input("ascending", n);
    ASSERT_TRUE(par::is_sorted(v));
    ASSERT_EQ(par::is_sorted(v, std::greater<>()), n < 2);
    ASSERT_TRUE(par::is_sorted(v, std::greater<>(), [](std::uint64_t x) { return ~x; }));
    for (const std::size_t at : {std::size_t{1}, n / 2, n - 1}) {
      if (n < 2 || at == 0) continue;
      std::swap(v[at - 1], v[at]);
      ASSERT_FALSE(par::is_sorted(v)) << at << " of " << n;
      std::swap(v[at - 1], v[at]);
    }
  });
}

TEST(rotate, brings_any_element_to_the_front) {
  everywhere([](std::size_t n) {
    for (const std::size_t middle : {std::size_t{0}, std::size_t{1}, n / 3, n}) {
      if (middle > n) continue;
      auto v = input("ascending", n);
      auto expected = v;
      const auto cut = static_cast<std::ptrdiff_t>(middle);
      std::rotate(expected.begin(), expected.begin() + cut, expected.end());
      const auto moved = par::rotate(v, v.begin() + cut);
      ASSERT_EQ(v, expected);
      ASSERT_EQ(static_cast<std::size_t>(moved.begin() - v.begin()), n - middle);
      ASSERT_EQ(moved.end(), v.end());
    }
  });
}

TEST(unique, keeps_the_first_of_each_run) {
  everywhere([](std::size_t n) {
    for (const std::size_t run : {1U, 2U, 10U, 30000U}) {
      std::vector<record> v(n);
      for (std::size_t i = 0; i < n; ++i) v[i] = {i / run, i};
      auto expected = v;
      expected.erase(std::unique(expected.begin(), expected.end(),
                                 [](const record& a, const record& b) { return a.key == b.key; }),
                     expected.end());
      const auto rest = par::unique(v, {}, &record::key);
      v.erase(rest.begin(), rest.end());
      ASSERT_EQ(v, expected);
    }
  });
}

TEST(remove_if, keeps_the_others_in_order) {
  everywhere([](std::size_t n) {
    for (const std::uint64_t tenth : {0U, 1U, 5U, 9U, 10U}) {
      auto v = input("random", n);
      auto expected = v;
      const auto drop = [tenth](std::uint64_t x) { return x % 10 < tenth; };
      std::erase_if(expected, drop);
      const auto rest = par::remove_if(v, drop);
      v.erase(rest.begin(), rest.end());
      ASSERT_EQ(v, expected);
    }
  });
}

TEST(remove_if, moves_owners) {
  std::vector<std::unique_ptr<std::uint64_t>> v;
  for (const auto k : input("ascending", 50000)) v.push_back(std::make_unique<std::uint64_t>(k));
  pool_of(2).install([&] {
    const auto rest =
        par::remove_if(v, [](std::uint64_t x) { return x % 3 == 0; }, [](const auto& p) { return *p; });
    v.erase(rest.begin(), rest.end());
  });
  ASSERT_EQ(v.size(), 33333U);
  for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(*v[i], i / 2 * 3 + 1 + i % 2);
}

}  // namespace
