// SPDX-License-Identifier: Apache-2.0
#include "twill/par/detail/deque.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace twill::par::detail {
namespace {

using deque = work_deque<std_atomics, int>;

TEST(work_deque, owner_takes_newest_first_and_thief_steals_oldest_first) {
  std::vector<int> items{0, 1, 2, 3};
  deque d(4);
  for (int& i : items) d.push(&i);
  EXPECT_EQ(d.size_hint(), 4U);
  EXPECT_EQ(*d.take(), 3);
  EXPECT_EQ(*d.steal().item, 0);
  EXPECT_EQ(*d.take(), 2);
  EXPECT_EQ(*d.steal().item, 1);
  EXPECT_EQ(d.take(), nullptr);
  EXPECT_EQ(d.steal().status, steal_status::empty);
  EXPECT_TRUE(d.looks_empty());
}

TEST(work_deque, grows_beyond_its_first_buffer_and_keeps_every_item) {
  std::vector<int> items(1000);
  deque d(2);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i] = static_cast<int>(i);
    d.push(&items[i]);
    if (i % 7 == 3) {
      EXPECT_EQ(*d.steal().item, static_cast<int>(i / 7));
    }
  }
  for (std::size_t i = items.size(); i-- > 143;) EXPECT_EQ(*d.take(), static_cast<int>(i));
  EXPECT_EQ(d.take(), nullptr);
}

TEST(work_deque, reuses_slots_when_indices_pass_its_capacity_many_times) {
  int x = 0;
  deque d(2);
  for (int i = 0; i < 100; ++i) {
    d.push(&x);
    EXPECT_EQ((i % 2 == 0 ? d.take() : d.steal().item), &x);
  }
  EXPECT_TRUE(d.looks_empty());
}

TEST(work_deque, every_item_leaves_once_while_thieves_race_with_the_owner) {
  constexpr std::size_t n = 40'000;
  std::vector<std::size_t> items(n);
  std::vector<std::atomic<unsigned>> taken(n);
  work_deque<std_atomics, std::size_t> d(2);
  std::atomic<std::size_t> left{n};
  const auto take_out = [&](std::size_t* item) {
    // ORD relaxed: counted again after the threads are joined.
    taken[*item].fetch_add(1, std::memory_order_relaxed);
    // ORD relaxed: tells the thieves when to end.
    left.fetch_sub(1, std::memory_order_relaxed);
  };
  std::vector<std::thread> thieves;
  for (int t = 0; t < 3; ++t) {
    thieves.emplace_back([&] {
      // ORD relaxed: a loop condition.
      while (left.load(std::memory_order_relaxed) > 0) {
        if (const auto got = d.steal(); got.item != nullptr) take_out(got.item);
      }
    });
  }
  for (std::size_t i = 0; i < n; ++i) {
    items[i] = i;
    d.push(&items[i]);
    if (i % 3 == 0) {
      if (auto* const item = d.take()) take_out(item);
    }
  }
  while (auto* const item = d.take()) take_out(item);
  for (auto& t : thieves) t.join();
  // ORD relaxed: the threads are joined.
  for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(taken[i].load(std::memory_order_relaxed), 1U) << "item " << i;
}

}  // namespace
}  // namespace twill::par::detail
