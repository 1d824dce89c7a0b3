// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(sort, orders_types_without_a_default_constructor) {
  struct plain {
    explicit plain(std::uint64_t v) : key(v) {}
    std::uint64_t key;
  };
  struct shared {
    explicit shared(std::uint64_t v) : key(std::make_shared<std::uint64_t>(v)) {}
    std::shared_ptr<std::uint64_t> key;
  };
  std::vector<plain> plains;
  std::vector<shared> shareds;
  for (const auto k : input("random", 30000)) {
    plains.emplace_back(k);
    shareds.emplace_back(k);
  }
  par::sort(plains, {}, [](const plain& p) { return p.key; });
  par::sort(shareds, {}, [](const shared& p) { return *p.key; });
  const auto expected = sorted(input("random", 30000));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(plains[i].key, expected[i]);
    ASSERT_EQ(*shareds[i].key, expected[i]);
    ASSERT_EQ(shareds[i].key.use_count(), 1);
  }
}

TEST(sort, orders_move_only_elements) {
  const auto keys = input("random", 40000);
  const auto expected = sorted(keys);
  const auto by_value = [](const std::unique_ptr<std::uint64_t>& p) { return *p; };
  const auto check = [&](auto&& sort) {
    std::vector<std::unique_ptr<std::uint64_t>> v;
    for (const auto k : keys) v.push_back(std::make_unique<std::uint64_t>(k));
    pool_of(2).install([&] { sort(v); });
    for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(*v[i], expected[i]);
  };
  check([&](auto& v) { par::sort(v, {}, by_value); });
  check([&](auto& v) { par::sort_unstable(v, {}, by_value); });
  check([&](auto& v) { par::sort_by_cached_key(v, by_value); });
  check([&](auto& v) { par::radix_sort(v, by_value); });
}

template <class R>
concept can_sort = requires(R&& range) { par::sort(std::forward<R>(range)); };

TEST(sort, takes_any_random_access_range) {
  const auto keys = input("random", 30000);
  const auto expected = sorted(keys);
  std::deque<std::uint64_t> d(keys.begin(), keys.end());
  EXPECT_EQ(par::sort(d), d.end());
  EXPECT_TRUE(std::equal(d.begin(), d.end(), expected.begin()));
  d.assign(keys.begin(), keys.end());
  par::sort_unstable(d);
  EXPECT_TRUE(std::equal(d.begin(), d.end(), expected.begin()));
  auto v = keys;
  par::sort(std::span(v).subspan(100, 200));
  EXPECT_TRUE(std::is_sorted(v.begin() + 100, v.begin() + 300));
  EXPECT_TRUE(std::equal(v.begin() + 300, v.end(), keys.begin() + 300));
  v = keys;
  par::sort(v | std::views::reverse);
  EXPECT_TRUE(std::equal(v.rbegin(), v.rend(), expected.begin()));
  std::uint64_t array[5] = {5, 3, 1, 4, 2};
  par::sort_unstable(array);
  EXPECT_TRUE(std::is_sorted(std::begin(array), std::end(array)));
  bool bits[4] = {true, false, true, false};
  par::sort(bits);
  EXPECT_TRUE(!bits[0] && !bits[1] && bits[2] && bits[3]);
  static_assert(can_sort<std::vector<int>&>);
  static_assert(!can_sort<std::list<int>&>);
  static_assert(!can_sort<const std::vector<int>&>);
}

}  // namespace
