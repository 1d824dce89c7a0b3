// SPDX-License-Identifier: Apache-2.0
// Containers of every kind, in and out.
#include "iter_support.hpp"
#include "twill/base/result.hpp"

#include <atomic>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

using namespace iter_test;

TEST(iter_collect, every_container_receives_every_item) {
  for_lengths([](const std::vector<int>& v) {
    if (v.size() > 1000) return;
    const auto chain = v | par::map([](int x) { return x; });
    const auto odd = v | par::filter([](int x) { return x % 2 == 1; });
    ASSERT_EQ(par::collect<std::vector<long>>(chain), std::vector<long>(v.begin(), v.end()));
    ASSERT_EQ(chain | par::collect<std::deque<int>>(), std::deque<int>(v.begin(), v.end()));
    ASSERT_EQ(chain | par::collect<std::list<int>>(), std::list<int>(v.begin(), v.end()));
    ASSERT_EQ(chain | par::collect<std::set<int>>(), std::set<int>(v.begin(), v.end()));
    ASSERT_EQ(chain | par::collect<std::multiset<int>>(), std::multiset<int>(v.begin(), v.end()));
    ASSERT_EQ(chain | par::collect<std::unordered_set<int>>(), std::unordered_set<int>(v.begin(), v.end()));
    ASSERT_EQ(odd | par::collect<std::unordered_multiset<int>>(), [&] {
      std::unordered_multiset<int> s;
      for (int x : v) {
        if (x % 2 == 1) s.insert(x);
      }
      return s;
    }());
    std::map<int, int> map;
    for (int x : v) map.emplace(x, 2 * x);
    const auto pairs = v | par::map([](int x) { return std::pair<int, int>(x, 2 * x); });
    ASSERT_EQ((pairs | par::collect<std::map<int, int>>()), map);
    ASSERT_EQ((pairs | par::collect<std::unordered_map<int, int>>()),
              (std::unordered_map<int, int>(map.begin(), map.end())));
    ASSERT_EQ(chain | par::map([](int x) { return x % 2 == 0; }) | par::collect<std::vector<bool>>(), [&] {
      std::vector<bool> bits;
      for (int x : v) bits.push_back(x % 2 == 0);
      return bits;
    }());
    ASSERT_EQ((chain | par::collect<std::priority_queue<int>>()).size(), v.size());
    ASSERT_EQ(
        chain | par::map([](int x) { return static_cast<char>('a' + x % 26); }) | par::collect<std::string>(),
        [&] {
          std::string s;
          for (int x : v) s.push_back(static_cast<char>('a' + x % 26));
          return s;
        }());
  });
}

TEST(iter_collect, a_collection_of_optionals_is_an_optional_collection) {
  in_pools([] {
    const auto some = [](int x) { return std::optional<int>(x); };
    const auto not_50 = [](int x) { return x == 50 ? std::nullopt : std::optional<int>(x); };
    const auto good = par::range(0, 100) | par::map(some) | par::collect<std::optional<std::vector<int>>>();
    ASSERT_TRUE(good.has_value());
    EXPECT_EQ(*good, items(par::range(0, 100)));
    EXPECT_EQ(par::range(0, 100) | par::map(not_50) | par::collect<std::optional<std::vector<int>>>(),
              std::nullopt);
    const auto set = par::range(0, 100) | par::map(some) | par::collect<std::optional<std::set<int>>>();
    EXPECT_EQ(set.value().size(), 100U);
  });
}

TEST(iter_collect, a_collection_of_results_keeps_a_failure) {
  in_pools([] {
    const auto check = [](int x) -> twill::result<int> {
      if (x >= 90)
        return twill::failure{twill::make_error_code(twill::errc::invalid_value),
                              {.what = std::to_string(x)}};
      return x;
    };
    const auto bad = par::range(0, 100) | par::map(check) | par::collect<twill::result<std::vector<int>>>();
    ASSERT_FALSE(bad.has_value());
    EXPECT_GE(std::stoi(bad.reason().details.what), 90);
    const auto good = par::range(0, 90) | par::map(check) | par::collect<twill::result<std::vector<int>>>();
    ASSERT_TRUE(good.has_value());
    EXPECT_EQ((*good).size(), 90U);
  });
}

TEST(iter_collect, pairs_and_tuples_are_taken_apart) {
  for_lengths([](const std::vector<int>& v) {
    const auto [positions, values] = v | par::enumerate() | par::unzip();
    ASSERT_EQ(values, v);
    ASSERT_EQ(positions, items(par::range(std::size_t{0}, v.size())));
    const auto [evens, set] = v | par::filter([](int x) { return x % 2 == 0; }) |
                              par::map([](int x) { return std::pair<int, int>(x, x % 10); }) |
                              par::unzip<std::vector<int>, std::set<int>>();
    for (int x : set) ASSERT_EQ(x % 2, 0);
    ASSERT_EQ(evens.size(),
              static_cast<std::size_t>(std::count_if(v.begin(), v.end(), [](int x) { return x % 2 == 0; })));
    std::vector<std::size_t> left{9};
    std::vector<int> right{9, 9};
    v | par::enumerate() | par::unzip_into(left, right);
    ASSERT_EQ(left, positions);
    ASSERT_EQ(right, v);
  });
  const auto nested =
      par::range(0, 4) | par::map([](int x) { return std::pair(x, std::pair(x * 2, x * 3)); }) |
      par::collect<std::pair<std::vector<int>, std::pair<std::vector<int>, std::list<int>>>>();
  EXPECT_EQ(nested.second.first, (std::vector<int>{0, 2, 4, 6}));
  EXPECT_EQ(nested.second.second, (std::list<int>{0, 3, 6, 9}));
  const auto tuple = par::zip(par::range(0, 3), par::range(3, 6), par::range(6, 9)) |
                     par::collect<std::tuple<std::vector<int>, std::vector<int>, std::deque<int>>>();
  EXPECT_EQ(std::get<2>(tuple), (std::deque<int>{6, 7, 8}));
}

TEST(iter_collect, partition_keeps_order_on_both_sides) {
  for_lengths([](const std::vector<int>& v) {
    const auto [small, large] = v | par::partition([](int x) { return x < 500; });
    std::vector<int> s;
    std::vector<int> l;
    for (int x : v) (x < 500 ? s : l).push_back(x);
    ASSERT_EQ(small, s);
    ASSERT_EQ(large, l);
    const auto [numbers, texts] = v | par::partition_map([](int x) -> par::either<int, std::string> {
                                    if (x < 500) return x;
                                    return std::string("big");
                                  });
    ASSERT_EQ(numbers, s);
    ASSERT_EQ(texts, std::vector<std::string>(l.size(), "big"));
    const auto sets = v | par::partition_into<std::set<int>>([](int x) { return x < 500; });
    ASSERT_EQ(sets.first, std::set<int>(s.begin(), s.end()));
  });
}

TEST(iter_collect, extend_appends_to_every_container) {
  in_pools([] {
    const auto chain = par::range(0, 100);
    const auto unindexed = chain | par::filter([](int x) { return x % 2 == 0; });
    std::vector<int> vector{-1};
    chain | par::extend(vector);
    unindexed | par::extend(vector);
    ASSERT_EQ(vector.size(), 151U);
    EXPECT_EQ(vector[0], -1);
    EXPECT_EQ(vector[100], 99);
    EXPECT_EQ(vector[150], 98);
    std::deque<int> deque{-1};
    par::extend(unindexed, deque);
    EXPECT_EQ(deque.size(), 51U);
    std::list<int> list;
    chain | par::extend(list);
    EXPECT_EQ(list.back(), 99);
    std::set<int> set{5};
    chain | par::extend(set);
    EXPECT_EQ(set.size(), 100U);
    std::map<int, int> map;
    chain | par::map([](int x) { return std::pair<int, int>(x, x); }) | par::extend(map);
    EXPECT_EQ(map.at(7), 7);
    std::unordered_set<int> unordered;
    chain | par::extend(unordered);
    EXPECT_EQ(unordered.size(), 100U);
    std::priority_queue<int> queue;
    chain | par::extend(queue);
    EXPECT_EQ(queue.top(), 99);
    std::string text = "x";
    par::repeat_n('y', 3) | par::extend(text);
    EXPECT_EQ(text, "xyyy");
  });
}

TEST(iter_collect, collect_string_encodes_and_joins) {
  in_pools([] {
    EXPECT_EQ(par::range(U'a', U'f') | par::collect_string(), "abcde");
    const std::vector<char32_t> wide{U'z', 0xDF, 0x6C34, 0x1F34C, 0xD800};
    EXPECT_EQ(wide | par::collect_string(), "z\xC3\x9F\xE6\xB0\xB4\xF0\x9F\x8D\x8C\xEF\xBF\xBD");
    const std::vector<std::string> pieces{"one ", "two ", "three"};
    EXPECT_EQ(pieces | par::collect_string(), "one two three");
    EXPECT_EQ(std::string_view("abc") | par::rev() | par::collect_string(), "cba");
  });
}

TEST(iter_collect, collect_chunks_gives_leaves_in_order) {
  for_lengths([](const std::vector<int>& v) {
    const auto leaves = v | par::filter([](int x) { return x > 3; }) | par::collect_chunks();
    std::vector<int> joined;
    for (const auto& leaf : leaves) {
      ASSERT_FALSE(leaf.empty());
      joined.insert(joined.end(), leaf.begin(), leaf.end());
    }
    std::vector<int> expected;
    for (int x : v) {
      if (x > 3) expected.push_back(x);
    }
    ASSERT_EQ(joined, expected);
  });
}
