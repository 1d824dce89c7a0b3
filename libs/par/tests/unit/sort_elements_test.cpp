// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

/// The text of an element decides, its block of memory makes it expensive to move.
struct big {
  std::uint64_t key = 0;
  std::array<std::uint64_t, 15> payload{};
  friend bool operator==(const big&, const big&) = default;
};

template <class T>
void check_type(const std::vector<T>& values) {
  auto expected = values;
  const auto less = [](const T& a, const T& b) {
    if constexpr (std::is_same_v<T, big>) {
      return a.key < b.key;
    } else {
      return a < b;
    }
  };
  sort_stably(expected, less);
  for (const std::size_t threads : thread_counts()) {
    auto stable = values;
    auto unstable = values;
    pool_of(threads).install([&] {
      par::sort(stable, less);
      par::sort_unstable(unstable, less);
    });
    EXPECT_TRUE(stable == expected) << threads;
    EXPECT_TRUE(unstable == expected) << threads;
  }
}

TEST(sort, orders_strings) {
  std::vector<std::string> v;
  for (const auto k : input("random", 50000))
    v.push_back(std::to_string(k % 100000) + std::string(k % 30, 'x'));
  check_type(v);
}

TEST(sort, orders_big_structs) {
  std::vector<big> v;
  for (const auto k : input("random", 40000)) v.push_back({k, {k}});
  check_type(v);
}

}  // namespace
