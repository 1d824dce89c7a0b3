// SPDX-License-Identifier: Apache-2.0
// Sets, maps, lists and trees as sources.
#include "iter_support.hpp"
#include "twill/base/result.hpp"
#include "twill/par/iter/split.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <ranges>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

using namespace iter_test;

TEST(iter_sources, node_containers_are_borrowed) {
  std::set<int> set;
  std::multiset<int> multiset;
  std::map<int, int> map;
  std::multimap<int, int> multimap;
  std::unordered_set<int> unordered_set;
  std::unordered_map<int, int> unordered_map;
  std::list<int> list;
  std::forward_list<int> forward_list;
  std::priority_queue<int> queue;
  for (int i = 0; i < 1000; ++i) {
    set.insert(i);
    multiset.insert(i / 2);
    map.emplace(i, 1);
    multimap.emplace(i / 2, 1);
    unordered_set.insert(i);
    unordered_map.emplace(i, 1);
    list.push_back(i);
    forward_list.push_front(i);
    queue.push(i);
  }
  in_pools([&] {
    EXPECT_EQ(items(set), std::vector<int>(set.begin(), set.end()));
    EXPECT_EQ(items(multiset), std::vector<int>(multiset.begin(), multiset.end()));
    EXPECT_EQ(items(list), std::vector<int>(list.begin(), list.end()));
    EXPECT_EQ(items(forward_list), std::vector<int>(forward_list.begin(), forward_list.end()));
    EXPECT_EQ(unordered_set | par::sum<int>(), 499500);
    EXPECT_EQ(queue | par::sum<int>(), 499500);
    EXPECT_EQ(map | par::map([](int k, int) { return k; }) | par::sum<int>(), 499500);
    EXPECT_EQ(multimap | par::count(), 1000U);
    unordered_map | par::for_each([](std::pair<const int, int>& kv) { kv.second = kv.first; });
    EXPECT_EQ(unordered_map | par::map([](int, int value) { return value; }) | par::sum<int>(), 499500);
  });
}

TEST(iter_sources, node_containers_that_are_moved_in_give_their_items_away) {
  std::map<std::unique_ptr<int>, std::unique_ptr<int>> map;
  std::set<std::unique_ptr<int>> set;
  std::list<std::unique_ptr<int>> list;
  std::priority_queue<int> queue;
  for (int i = 0; i < 100; ++i) {
    map.emplace(std::make_unique<int>(i), std::make_unique<int>(i));
    set.insert(std::make_unique<int>(i));
    list.push_back(std::make_unique<int>(i));
    queue.push(i);
  }
  const auto values = std::move(map) | par::map([](std::unique_ptr<int> k, std::unique_ptr<int> v) {
                        *v += *k;
                        return v;
                      }) |
                      par::collect<std::vector>();
  int total = 0;
  for (const auto& p : values) total += *p;
  EXPECT_EQ(total, 9900);
  const auto from_set = std::move(set) | par::collect<std::vector>();
  EXPECT_EQ(from_set.size(), 100U);
  const auto from_list = std::move(list) | par::collect<std::vector>();
  ASSERT_EQ(from_list.size(), 100U);
  EXPECT_EQ(*from_list[42], 42);
  EXPECT_EQ(std::move(queue) | par::sum<int>(), 4950);
}

TEST(iter_sources, split_yields_the_pieces_that_cannot_be_cut_any_more) {
  using interval = std::pair<int, int>;
  const auto halves = [](interval r) -> std::pair<interval, std::optional<interval>> {
    const int middle = r.first + (r.second - r.first) / 2;
    if (r.second - r.first <= 3) return {r, std::nullopt};
    return {interval(r.first, middle), interval(middle, r.second)};
  };
  in_pools([&] {
    const auto pieces = items(par::split(interval(0, 1000), halves));
    int next = 0;
    for (const interval& p : pieces) {
      ASSERT_EQ(p.first, next);
      ASSERT_LE(p.second - p.first, 3);
      next = p.second;
    }
    ASSERT_EQ(next, 1000);
    // Halved eight times, 1000 items are 24 pieces of 3, which stay, and 232 of 4, which are halved again.
    ASSERT_EQ(pieces.size(), 488U);
  });
}

namespace {
/// A complete tree: node n has the children n * degree + 1 ... n * degree + degree, below `limit`.
struct complete_tree {
  int degree;
  int limit;
  std::vector<int> operator()(int node) const {
    std::vector<int> out;
    for (int i = 1; i <= degree; ++i) {
      if (node * degree + i < limit) out.push_back(node * degree + i);
    }
    return out;
  }
  void prefix(int node, std::vector<int>& out) const {
    out.push_back(node);
    for (int child : (*this)(node)) prefix(child, out);
  }
  void postfix(int node, std::vector<int>& out) const {
    for (int child : (*this)(node)) postfix(child, out);
    out.push_back(node);
  }
};
}  // namespace

TEST(iter_sources, walk_tree_visits_nodes_as_the_recursion_does) {
  for (const int degree : {1, 2, 5}) {
    for (const int limit : {1, 2, 10, 2000}) {
      const complete_tree tree{degree, limit};
      std::vector<int> prefix;
      std::vector<int> postfix;
      tree.prefix(0, prefix);
      tree.postfix(0, postfix);
      in_pools([&] {
        ASSERT_EQ(items(par::walk_tree_prefix(0, tree)), prefix) << degree << ' ' << limit;
        ASSERT_EQ(items(par::walk_tree_postfix(0, tree)), postfix) << degree << ' ' << limit;
        auto any = items(par::walk_tree(0, tree));
        std::sort(any.begin(), any.end());
        ASSERT_EQ(any.size(), prefix.size());
        for (std::size_t i = 0; i < any.size(); ++i) ASSERT_EQ(any[i], static_cast<int>(i));
      });
    }
  }
}
