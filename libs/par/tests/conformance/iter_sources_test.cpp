// SPDX-License-Identifier: Apache-2.0
// Random access ranges and single values as sources.
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
    EXPECT_EQ(
        items(par::range(0, 3) | par::zip(par::repeat(5)) | par::map([](int a, int b) { return a * b; })),
        (std::vector<int>{0, 5, 10}));
    EXPECT_EQ(par::repeat(1) | par::find_any([](int x) { return x == 1; }), 1);
  });
}

TEST(iter_sources, generate_and_blocked_give_indices_and_tiles) {
  in_pools([] {
    EXPECT_EQ(items(par::generate(5, [](std::size_t i) { return i * i; })),
              (std::vector<std::size_t>{0, 1, 4, 9, 16}));
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
  EXPECT_EQ(message_of<std::invalid_argument>(
                [&] { static_cast<void>(v | par::fold_chunks(0, 0, [](int a, int x) { return a + x; })); }),
            "par::fold_chunks: the size is 0, expected at least 1");
  EXPECT_EQ(
      message_of<std::invalid_argument>([&] { static_cast<void>(v | par::with_deterministic_tree(0)); }),
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
  EXPECT_EQ(
      message_of<std::invalid_argument>([&] { static_cast<void>(par::zip_eq(counting, par::range(0, 5))); }),
      "par::zip_eq: the lengths differ: 3 and 5");
  EXPECT_EQ(made, 0);
}

TEST(iter_sources, lengths_that_overflow_are_errors) {
  auto huge = par::repeat_n(1, SIZE_MAX - 1) | par::chain(par::range(0, 5));
  EXPECT_EQ(huge.opt_len(), std::nullopt);
  EXPECT_EQ(message_of<std::length_error>([&] { static_cast<void>(huge.len()); }),
            "par::chain: the lengths 18446744073709551614 and 5 add up to more than std::size_t holds");
}
