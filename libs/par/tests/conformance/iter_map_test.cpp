// SPDX-License-Identifier: Apache-2.0
// Adaptors that give an item, or none, for each: at every length and thread count against the serial loop.
#include "iter_support.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

using namespace iter_test;

TEST(iter_adaptors, map_calls_its_function_once_for_each_item_in_order) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<int> expected;
    for (int x : v) expected.push_back(3 * x + 1);
    std::atomic<std::size_t> calls{0};
    const auto got = items(v | par::map([&](const int& x) {
                             // ORD relaxed [test]: counts for this test; the end of the parallel call orders
                             // it before the check.
                             calls.fetch_add(1, std::memory_order_relaxed);
                             return 3 * x + 1;
                           }));
    ASSERT_EQ(got, expected);
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    ASSERT_EQ(calls.load(std::memory_order_relaxed), v.size());
  });
}

TEST(iter_adaptors, map_takes_the_elements_of_a_tuple_as_arguments) {
  const std::vector<int> v{5, 6, 7};
  EXPECT_EQ(items(v | par::enumerate() |
                  par::map([](std::size_t i, int x) { return static_cast<int>(i) * 10 + x; })),
            (std::vector<int>{5, 16, 27}));
}

TEST(iter_adaptors, map_with_gives_each_leaf_a_copy_of_its_state) {
  for_lengths([](const std::vector<int>& v) {
    const std::vector<int> offset{7};
    const auto got =
        items(v | par::map_with(offset, [](std::vector<int>& state, int x) { return x + state.at(0); }));
    std::vector<int> expected;
    for (int x : v) expected.push_back(x + 7);
    ASSERT_EQ(got, expected);
  });
}

TEST(iter_adaptors, map_init_makes_at_least_one_and_at_most_one_state_an_item) {
  for_lengths([](const std::vector<int>& v) {
    std::atomic<std::size_t> states{0};
    const auto init = [&] {
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      states.fetch_add(1, std::memory_order_relaxed);
      return std::make_unique<int>(0);
    };
    // The state counts the items of its leaf, so it never sees more items than there are.
    const auto counts =
        items(v | par::map_init(init, [](std::unique_ptr<int>& state, int) { return ++*state; }));
    ASSERT_EQ(counts.size(), v.size());
    const auto starts = static_cast<std::size_t>(std::count(counts.begin(), counts.end(), 1));
    ASSERT_LE(starts, std::max<std::size_t>(v.size(), 1));
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    ASSERT_GE(states.load(std::memory_order_relaxed), starts);
    ASSERT_EQ(starts == 0, v.empty());
  });
}

TEST(iter_adaptors, map_init_runs_behind_a_filter_too) {
  const auto got = items(par::range(0, 1000) | par::filter([](int x) { return x % 2 == 0; }) |
                         par::map_init([] { return 1; }, [](int& s, int x) { return x + s; }));
  ASSERT_EQ(got.size(), 500U);
  EXPECT_EQ(got[499], 999);
}

TEST(iter_adaptors, copy_items_turns_references_into_values) {
  for_lengths([](const std::vector<int>& v) {
    auto chain = v | par::copy_items();
    static_assert(std::is_same_v<par::item_t<decltype(chain)>, int>);
    ASSERT_EQ(items(std::move(chain)), v);
  });
}

TEST(iter_adaptors, inspect_sees_every_item_and_passes_it_on) {
  for_lengths([](const std::vector<int>& v) {
    std::atomic<long> seen{0};
    const auto see = [&](const int& x) {
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      seen.fetch_add(x, std::memory_order_relaxed);
    };
    const auto got = items(v | par::inspect(see));
    ASSERT_EQ(got, v);
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    ASSERT_EQ(seen.load(std::memory_order_relaxed), std::accumulate(v.begin(), v.end(), 0L));
  });
}

TEST(iter_adaptors, update_changes_items_in_place) {
  for_lengths([](std::vector<int> v) {
    std::vector<int> expected = v;
    for (int& x : expected) x += 2;
    const auto got = items(v | par::update([](int& x) { x += 2; }));
    ASSERT_EQ(got, expected);
    ASSERT_EQ(v, expected);
    ASSERT_EQ(items(par::range(0, 3) | par::update([](int& x) { x *= 5; })), (std::vector<int>{0, 5, 10}));
  });
}

TEST(iter_adaptors, filter_keeps_order) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<int> expected;
    for (int x : v) {
      if (x % 3 == 0) expected.push_back(x);
    }
    ASSERT_EQ(items(v | par::filter([](int x) { return x % 3 == 0; })), expected);
  });
}

TEST(iter_adaptors, filter_map_keeps_the_values_of_optionals) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<std::string> expected;
    for (int x : v) {
      if (x % 100 == 0) expected.push_back(std::to_string(x));
    }
    const auto got = items(v | par::filter_map([](int x) -> std::optional<std::string> {
                             if (x % 100 == 0) return std::to_string(x);
                             return std::nullopt;
                           }));
    ASSERT_EQ(got, expected);
  });
}
