// SPDX-License-Identifier: Apache-2.0
// Adaptors that take inner ranges apart, against the serial loop.
#include "iter_support.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

using namespace iter_test;

TEST(iter_adaptors, flat_map_runs_inner_chains_in_order) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<int> expected;
    for (int x : v) {
      for (int i = 0; i < x % 4; ++i) expected.push_back(i);
    }
    ASSERT_EQ(items(v | par::flat_map([](int x) { return par::range(0, x % 4); })), expected);
  });
}

TEST(iter_adaptors, flat_map_nests) {
  const auto triples =
      par::range(1, 60) | par::flat_map([](int a) {
        return par::range(a, 60) | par::flat_map([a](int b) {
                 return par::range(b, 60) | par::filter([a, b](int c) { return a * a + b * b == c * c; });
               });
      }) |
      par::count();
  std::size_t expected = 0;
  for (int a = 1; a < 60; ++a) {
    for (int b = a; b < 60; ++b) {
      for (int c = b; c < 60; ++c) expected += a * a + b * b == c * c ? 1 : 0;
    }
  }
  EXPECT_EQ(triples, expected);
}

TEST(iter_adaptors, flat_map_moves_out_of_owned_containers) {
  const auto make = [](int n) {
    std::vector<std::unique_ptr<int>> v;
    for (int i = 0; i < n; ++i) v.push_back(std::make_unique<int>(i));
    return v;
  };
  const auto got = par::range(0, 5) | par::flat_map(make) | par::collect<std::vector>();
  ASSERT_EQ(got.size(), 10U);
  EXPECT_EQ(*got[9], 3);
}

TEST(iter_adaptors, flatten_gives_the_items_of_the_items) {
  const std::vector<std::vector<int>> v{{1, 2}, {}, {3}, {4, 5, 6}};
  in_pools([&] {
    EXPECT_EQ(items(v | par::flatten()), (std::vector<int>{1, 2, 3, 4, 5, 6}));
    const std::vector<std::optional<int>> o{1, std::nullopt, 3};
    EXPECT_EQ(items(o | par::flatten()), (std::vector<int>{1, 3}));
  });
}

TEST(iter_adaptors, flat_map_iter_walks_inner_ranges_serially) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<int> expected;
    for (int x : v) expected.insert(expected.end(), static_cast<std::size_t>(x % 3), x);
    const auto got = items(
        v | par::flat_map_iter([](int x) { return std::list<int>(static_cast<std::size_t>(x % 3), x); }));
    ASSERT_EQ(got, expected);
  });
}

TEST(iter_adaptors, flatten_iter_gives_the_items_of_the_items) {
  const std::vector<std::set<int>> v{{2, 1}, {}, {3}};
  in_pools([&] { EXPECT_EQ(items(v | par::flatten_iter()), (std::vector<int>{1, 2, 3})); });
}
