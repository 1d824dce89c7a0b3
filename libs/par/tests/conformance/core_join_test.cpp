// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"
#include "twill/par/join.hpp"

#include <algorithm>
#include <latch>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <thread>
#include <vector>

namespace twill::par::test {
namespace {

class join_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, join_test, ::testing::Values(1, 2, 7), threads_name);

void quicksort(std::span<unsigned> v) {
  if (v.size() <= 1) return;
  const unsigned pivot = v[v.size() / 2];
  const auto low = std::partition(v.begin(), v.end(), [&](unsigned x) { return x < pivot; });
  const auto high = std::partition(low, v.end(), [&](unsigned x) { return x == pivot; });
  const auto left = static_cast<std::size_t>(low - v.begin());
  const auto right = static_cast<std::size_t>(high - v.begin());
  join([&] { quicksort(v.first(left)); }, [&] { quicksort(v.subspan(right)); });
}

std::vector<unsigned> random_values(std::size_t n) {
  std::mt19937 random(42);
  std::vector<unsigned> v(n);
  for (auto& x : v) x = static_cast<unsigned>(random() % 5000);
  return v;
}

TEST(join, returns_both_values_in_order) {
  const auto [a, b] = join([] { return 7; }, [] { return std::string("seven"); });
  EXPECT_EQ(a, 7);
  EXPECT_EQ(b, "seven");
}

TEST(join, gives_unit_for_a_closure_without_a_value) {
  int ran = 0;
  const std::pair<unit, int> r = join([&] { ran = 1; }, [] { return 3; });
  EXPECT_EQ(r.second, 3);
  EXPECT_EQ(ran, 1);
  static_assert(std::is_void_v<decltype(join([] {}, [] {}))>);
}

TEST(join, carries_references_and_move_only_values) {
  int x = 1;
  auto r = join([&]() -> int& { return x; }, [] { return std::make_unique<int>(9); });
  r.first = 5;
  EXPECT_EQ(x, 5);
  EXPECT_EQ(*r.second, 9);
}

TEST(join, sorts_in_the_global_pool) {
  auto v = random_values(20'000);
  auto expected = v;
  std::sort(expected.begin(), expected.end());
  quicksort(v);
  EXPECT_EQ(v, expected);
}

TEST_P(join_test, sorts_in_an_own_pool) {
  const auto pool = make();
  auto v = random_values(20'000);
  auto expected = v;
  std::sort(expected.begin(), expected.end());
  pool.install([&] { quicksort(v); });
  EXPECT_EQ(v, expected);
}

TEST_P(join_test, forks_more_often_than_a_16_bit_counter_counts) {
  const auto pool = make();
  EXPECT_EQ(pool.install([] { return fib(25); }), 75025);
}

TEST_P(join_test, joins_three_and_more_closures_in_argument_order) {
  const auto pool = make();
  pool.install([] {
    int side = 0;
    const auto all = join([] { return 1; }, [] { return 2.5; }, [&] { side = 3; },
                          [] { return std::string("4"); }, [] { return 'e'; });
    EXPECT_EQ(all, std::make_tuple(1, 2.5, unit{}, std::string("4"), 'e'));
    EXPECT_EQ(side, 3);
  });
}

TEST_P(join_test, throws_what_the_first_closure_threw_after_the_second_ran) {
  const auto pool = make();
  bool second = false;
  const std::string what = message_of<std::runtime_error>(
      [&] { pool.join([] { throw std::runtime_error("from a"); }, [&] { second = true; }); });
  EXPECT_EQ(what, "from a");
  EXPECT_TRUE(second);
}

TEST_P(join_test, throws_what_the_second_closure_threw) {
  const auto pool = make();
  bool first = false;
  const std::string what = message_of<std::runtime_error>(
      [&] { pool.join([&] { first = true; }, [] { throw std::runtime_error("from b"); }); });
  EXPECT_EQ(what, "from b");
  EXPECT_TRUE(first);
}

TEST_P(join_test, prefers_the_first_exception_and_counts_the_other) {
  const auto pool = make();
  const std::size_t before = suppressed_exception_count();
  const std::string what = message_of<std::runtime_error>([&] {
    pool.join([] { throw std::runtime_error("from a"); }, [] { throw std::runtime_error("from b"); });
  });
  EXPECT_EQ(what, "from a");
  EXPECT_EQ(suppressed_exception_count(), before + 1);
}

TEST_P(join_test, destroys_the_value_of_one_closure_when_the_other_throws) {
  const auto pool = make();
  const auto token = std::make_shared<int>(0);
  EXPECT_THROW(pool.join([token] { return token; }, [] { throw 1; }), int);
  EXPECT_THROW(pool.join([] { throw 1; }, [token] { return token; }), int);
  EXPECT_EQ(token.use_count(), 1);
}

TEST(join, second_closure_runs_with_no_exception_in_flight) {
  const auto pool = thread_pool_builder{}.num_threads(1).build();
  int in_flight = -1;
  EXPECT_THROW(pool.join([] { throw 1; }, [&] { in_flight = std::uncaught_exceptions(); }), int);
  EXPECT_EQ(in_flight, 0);
}

TEST(join_context, neither_closure_migrates_with_one_worker) {
  const auto pool = thread_pool_builder{}.num_threads(1).build();
  const auto moved = pool.install([] {
    return join_context([](fn_context c) { return c.migrated(); }, [](fn_context c) { return c.migrated(); });
  });
  EXPECT_EQ(moved, std::make_pair(false, false));
}

TEST(join_context, second_closure_migrates_when_it_is_stolen) {
  const auto pool = thread_pool_builder{}.num_threads(2).build();
  const auto moved = pool.install([] {
    std::latch stolen(1);
    return join_context(
        [&](fn_context c) {
          stolen.wait();
          return c.migrated();
        },
        [&](fn_context c) {
          stolen.count_down();
          return c.migrated();
        });
  });
  EXPECT_EQ(moved, std::make_pair(false, true));
}

TEST(join_context, both_closures_migrate_when_the_call_comes_from_outside) {
  const auto pool = thread_pool_builder{}.num_threads(1).guest_slots(0).build();
  const auto moved =
      pool.join_context([](fn_context c) { return c.migrated(); }, [](fn_context c) { return c.migrated(); });
  EXPECT_EQ(moved, std::make_pair(true, true));
}

TEST_P(join_test, many_outside_threads_join_at_once) {
  const auto pool = make();
  tally wrong;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto [a, b] = pool.join([] { return fib(9); }, [] { return fib(10); });
        if (a != 34 || b != 55) wrong.add();
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(wrong.value(), 0U);
}

}  // namespace
}  // namespace twill::par::test
