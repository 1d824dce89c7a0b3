// SPDX-License-Identifier: Apache-2.0
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

#include "iter_support.hpp"
#include "twill/base/result.hpp"
#include "twill/par/iter/split.hpp"

using namespace iter_test;

TEST(iter_sources, every_sized_random_access_range_is_indexed) {
  std::vector<int> vector{1, 2, 3};
  std::array<int, 3> array{1, 2, 3};
  std::deque<int> deque{1, 2, 3};
  int plain[3] = {1, 2, 3};
  const std::vector<bool> bits{true, false, true};
  const auto squares = vector | std::views::transform([](int x) { return x * x; });
  in_pools([&] {
    EXPECT_EQ(vector | par::sum<int>(), 6);
    EXPECT_EQ(array | par::sum<int>(), 6);
    EXPECT_EQ(deque | par::sum<int>(), 6);
    EXPECT_EQ(plain | par::sum<int>(), 6);
    EXPECT_EQ(std::span<int>(vector) | par::sum<int>(), 6);
    EXPECT_EQ(items(std::string_view("abc") | par::copy_items()), (std::vector<char>{'a', 'b', 'c'}));
    EXPECT_EQ(bits | par::filter([](bool b) { return b; }) | par::count(), 2U);
    EXPECT_EQ(squares | par::sum<int>(), 14);
    EXPECT_EQ(items(par::all(vector)), vector);
    EXPECT_EQ(std::views::iota(0, 10) | par::sum<int>(), 45);
  });
  static_assert(par::indexed_parallel_range<par::all_t<std::deque<int>&>>);
  static_assert(par::indexed_parallel_range<par::all_t<const std::vector<bool>&>>);
}

TEST(iter_sources, an_lvalue_is_borrowed_and_an_rvalue_container_is_owned) {
  std::vector<std::unique_ptr<int>> v;
  for (int i = 0; i < 100; ++i) v.push_back(std::make_unique<int>(i));
  static_assert(std::is_same_v<par::item_t<par::all_t<std::vector<int>&>>, int&>);
  static_assert(std::is_same_v<par::item_t<par::all_t<const std::vector<int>&>>, const int&>);
  static_assert(std::is_same_v<par::item_t<par::all_t<std::vector<int>>>, int&&>);
  static_assert(std::is_same_v<par::item_t<par::all_t<std::span<int>>>, int&>);
  v | par::for_each([](std::unique_ptr<int>& p) { *p += 1; });
  const auto moved = std::move(v) | par::rev() | par::collect<std::vector>();
  ASSERT_EQ(moved.size(), 100U);
  EXPECT_EQ(*moved[0], 100);
  EXPECT_EQ(*moved[99], 1);
}

TEST(iter_sources, ranges_of_every_integer_type_count) {
  in_pools([] {
    EXPECT_EQ(par::range(-3, 4) | par::sum<int>(), 0);
    EXPECT_EQ(items(par::range_inclusive<std::int8_t>(-128, 127)).size(), 256U);
    EXPECT_EQ(items(par::range_inclusive<std::uint8_t>(250, 255)), (std::vector<std::uint8_t>{250, 251, 252, 253, 254, 255}));
    EXPECT_EQ(par::range(5, 5) | par::count(), 0U);
    EXPECT_EQ(par::range(5, 1) | par::count(), 0U);
    EXPECT_EQ(par::range_inclusive(5, 4) | par::count(), 0U);
    EXPECT_EQ(items(par::range_inclusive(5, 5)), std::vector<int>{5});
    EXPECT_EQ(par::range(100U) | par::sum<unsigned>(), 4950U);
    EXPECT_EQ(items(par::range<std::int64_t>(INT64_MAX - 2, INT64_MAX) | par::rev()),
              (std::vector<std::int64_t>{INT64_MAX - 1, INT64_MAX - 2}));
  });
  EXPECT_EQ(par::len(par::range<std::int64_t>(INT64_MIN, INT64_MAX)), UINT64_MAX);
}

TEST(iter_sources, a_range_whose_length_does_not_fit_has_no_length_but_runs) {
  in_pools([] {
    auto everything = par::range_inclusive<std::uint64_t>(0, UINT64_MAX);
    EXPECT_EQ(everything.opt_len(), std::nullopt);
    EXPECT_THROW(static_cast<void>(everything.len()), std::length_error);
    EXPECT_EQ(message_of<std::length_error>([&] { static_cast<void>(everything | par::count()); }),
              "par::range: the number of items does not fit std::size_t");
    EXPECT_EQ(everything | par::find_any([](std::uint64_t x) { return x == UINT64_MAX / 2 + 5 || x % 1000 == 7; }) |
                  par::map([](std::uint64_t) { return 1; }) | par::count(),
              1U);
    EXPECT_EQ(everything | par::find_first([](std::uint64_t x) { return x >= 1000; }), 1000U);
  });
}

TEST(iter_sources, ranges_beyond_two_to_the_64_find_their_items) {
  using wide = par::uint128_t;
  // 10^27, an octillion.
  wide octillion = 1;
  for (int i = 0; i < 27; ++i) octillion *= 10;
  in_pools([octillion] {
    EXPECT_TRUE((par::range<wide>(0, octillion) | par::find_first([](wide x) { return x >= 2; })) == wide{2});
    EXPECT_TRUE((par::range<wide>(0, octillion) | par::find_last([](wide) { return true; })) == octillion - 1);
    EXPECT_TRUE((par::range_inclusive<wide>(0, octillion) | par::find_last([](wide) { return true; })) == octillion);
    EXPECT_TRUE((par::range<wide>(0, octillion) | par::find_any([octillion](wide x) { return x > octillion / 2; })).has_value());
    EXPECT_TRUE(par::range<wide>(0, octillion) | par::any([](wide x) { return x > 5; }));
    EXPECT_FALSE(par::range<wide>(0, octillion) | par::all([](wide x) { return x < 5; }));
  });
  EXPECT_EQ(par::opt_len(par::range<wide>(octillion, octillion + 5)), 5U);
  EXPECT_EQ(par::range<par::int128_t>(-5, 5) | par::map([](par::int128_t x) { return static_cast<int>(x); }) |
                par::sum<int>(),
            -5);
}

TEST(iter_sources, char32_ranges_leave_out_surrogates) {
  in_pools([] {
    const auto all = items(par::range_inclusive(U'\0', char32_t{0x10FFFF}));
    ASSERT_EQ(all.size(), 0x110000U - 0x800U);
    EXPECT_EQ(all[0xD7FF], char32_t{0xD7FF});
    EXPECT_EQ(all[0xD800], char32_t{0xE000});
    EXPECT_EQ(all.back(), char32_t{0x10FFFF});
    const auto around = items(par::range(char32_t{0xD7FE}, char32_t{0xE002}) | par::rev());
    EXPECT_EQ(around, (std::vector<char32_t>{0xE001, 0xE000, 0xD7FF, 0xD7FE}));
    EXPECT_EQ(items(par::range(char32_t{0xD7FE}, char32_t{0xD800})), (std::vector<char32_t>{0xD7FE, 0xD7FF}));
    EXPECT_EQ(items(par::range(char32_t{0xE000}, char32_t{0xE002})), (std::vector<char32_t>{0xE000, 0xE001}));
  });
  EXPECT_EQ(message_of<std::invalid_argument>([] { static_cast<void>(par::range(char32_t{0xD800}, char32_t{0xE000})); }),
            "par::range: the first char32_t is a surrogate");
  EXPECT_EQ(message_of<std::invalid_argument>([] { static_cast<void>(par::range(U'a', char32_t{0xD900})); }),
            "par::range: the last char32_t is a surrogate");
}

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

TEST(iter_sources, once_empty_and_optionals_have_one_item_or_none) {
  in_pools([] {
    EXPECT_EQ(items(par::once(7)), std::vector<int>{7});
    EXPECT_EQ(par::empty<std::string>() | par::count(), 0U);
    std::optional<int> some(5);
    const std::optional<int> none;
    EXPECT_EQ(items(some), std::vector<int>{5});
    EXPECT_EQ(par::len(none), 0U);
    some | par::for_each([](int& x) { x = 6; });
    EXPECT_EQ(some, 6);
    EXPECT_EQ(items(std::optional<int>(3) | par::chain(none)), std::vector<int>{3});
    const twill::result<int> good(4);
    const twill::result<int> bad(twill::failure{});
    EXPECT_EQ(items(good), std::vector<int>{4});
    EXPECT_EQ(bad | par::count(), 0U);
    auto moved = par::once(std::make_unique<int>(8)) | par::collect<std::vector>();
    EXPECT_EQ(*moved.at(0), 8);
  });
}

namespace {
struct counted_copies {
  static inline std::atomic<int> copies{0};
  int value = 0;
  explicit counted_copies(int v) : value(v) {}
  // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
  counted_copies(const counted_copies& o) : value(o.value) { copies.fetch_add(1, std::memory_order_relaxed); }
  counted_copies(counted_copies&&) = default;
  counted_copies& operator=(const counted_copies&) = default;
  counted_copies& operator=(counted_copies&&) = default;
};
}  // namespace

TEST(iter_sources, repeat_n_copies_once_less_than_it_repeats) {
  in_pools([] {
    for (const std::size_t n : {0U, 1U, 2U, 3U, 1000U}) {
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      counted_copies::copies.store(0, std::memory_order_relaxed);
      const auto got = par::repeat_n(counted_copies(9), n) | par::collect<std::vector>();
      ASSERT_EQ(got.size(), n);
      for (const auto& x : got) ASSERT_EQ(x.value, 9);
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      ASSERT_EQ(counted_copies::copies.load(std::memory_order_relaxed), n == 0 ? 0 : static_cast<int>(n) - 1);
    }
    ASSERT_EQ(items(par::repeat_n(1, 4) | par::rev()), (std::vector<int>{1, 1, 1, 1}));
  });
}

TEST(iter_sources, repeat_is_unbounded) {
  in_pools([] {
    EXPECT_EQ(items(par::repeat(2) | par::take(3)), (std::vector<int>{2, 2, 2}));
    EXPECT_EQ(items(par::range(0, 3) | par::zip(par::repeat(5)) | par::map([](int a, int b) { return a * b; })),
              (std::vector<int>{0, 5, 10}));
    EXPECT_EQ(par::repeat(1) | par::find_any([](int x) { return x == 1; }), 1);
  });
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
    ASSERT_EQ(pieces.size(), 512U);  // 1000 items halved nine times: pieces of 1 or 2
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

TEST(iter_sources, generate_and_blocked_give_indices_and_tiles) {
  in_pools([] {
    EXPECT_EQ(items(par::generate(5, [](std::size_t i) { return i * i; })), (std::vector<std::size_t>{0, 1, 4, 9, 16}));
    EXPECT_EQ(items(par::blocked(10, 4)), (std::vector<par::index_block>{{0, 4}, {4, 8}, {8, 10}}));
    EXPECT_EQ(par::blocked(0, 4) | par::count(), 0U);
    const auto tiles = items(par::blocked2d(5, 3, 2, 2));
    ASSERT_EQ(tiles.size(), 6U);
    EXPECT_EQ(tiles[3], (par::index_block2d{{2, 4}, {2, 3}}));
    const auto bricks = items(par::blocked3d(2, 3, 4, 1, 2, 4));
    ASSERT_EQ(bricks.size(), 4U);
    EXPECT_EQ(bricks[3], (par::index_block3d{{1, 2}, {2, 3}, {0, 4}}));
    std::size_t area = 0;
    for (const auto& t : tiles) area += t.rows.size() * t.cols.size();
    EXPECT_EQ(area, 15U);
  });
}

TEST(iter_sources, pieces_of_size_zero_are_refused_before_any_work) {
  const std::vector<int> v(10);
  EXPECT_EQ(message_of<std::invalid_argument>([] { static_cast<void>(par::blocked(10, 0)); }),
            "par::blocked: the block size is 0, expected at least 1");
  EXPECT_EQ(message_of<std::invalid_argument>([&] { static_cast<void>(v | par::chunks(0)); }),
            "par::chunks: the size is 0, expected at least 1");
  EXPECT_EQ(message_of<std::invalid_argument>([&] { static_cast<void>(v | par::step_by(0)); }),
            "par::step_by: the size is 0, expected at least 1");
  EXPECT_EQ(message_of<std::invalid_argument>([&] { static_cast<void>(v | par::by_uniform_blocks(0)); }),
            "par::by_uniform_blocks: the size is 0, expected at least 1");
  EXPECT_EQ(message_of<std::invalid_argument>([&] {
              static_cast<void>(v | par::fold_chunks(0, 0, [](int a, int x) { return a + x; }));
            }),
            "par::fold_chunks: the size is 0, expected at least 1");
  EXPECT_EQ(message_of<std::invalid_argument>([&] { static_cast<void>(v | par::with_deterministic_tree(0)); }),
            "par::with_deterministic_tree: the size is 0, expected at least 1");
  EXPECT_EQ(message_of<std::invalid_argument>([&] { static_cast<void>(v | par::take(-1)); }),
            "par: a number of items is negative (found -1)");
  EXPECT_EQ(message_of<std::invalid_argument>([&] { static_cast<void>(par::bridge_ordered(v, 0)); }),
            "par::bridge_ordered: the window is 0, expected at least 1");
}

TEST(iter_sources, zip_eq_of_unequal_lengths_names_both_before_any_item) {
  int made = 0;
  const auto counting = par::range(0, 3) | par::map([&](int x) {
                          ++made;
                          return x;
                        });
  EXPECT_EQ(message_of<std::invalid_argument>([&] { static_cast<void>(par::zip_eq(counting, par::range(0, 5))); }),
            "par::zip_eq: the lengths differ: 3 and 5");
  EXPECT_EQ(made, 0);
}

TEST(iter_sources, lengths_that_overflow_are_errors) {
  auto huge = par::repeat_n(1, SIZE_MAX - 1) | par::chain(par::range(0, 5));
  EXPECT_EQ(huge.opt_len(), std::nullopt);
  EXPECT_EQ(message_of<std::length_error>([&] { static_cast<void>(huge.len()); }),
            "par::chain: the lengths 18446744073709551614 and 5 add up to more than std::size_t holds");
}
