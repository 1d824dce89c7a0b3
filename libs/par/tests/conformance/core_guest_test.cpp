// SPDX-License-Identifier: Apache-2.0
// A thread outside of the pool sits on a free seat for the call it starts.
#include "core_support.hpp"

#include <thread>

namespace twill::par::test {
namespace {

class guest_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, guest_test, ::testing::Values(1, 2, 7), threads_name);

TEST_P(guest_test, runs_the_call_on_the_calling_thread_with_a_valid_index) {
  const auto pool = make();
  until_a_worker_sleeps(pool);
  EXPECT_GT(pool.counters().guests, 0U);
  EXPECT_EQ(current_thread_index(), std::nullopt);
}

TEST_P(guest_test, shares_its_call_with_the_workers) {
  const auto pool = make();
  until_a_worker_sleeps(pool);
  for (int i = 0; i < 50; ++i) {
    tally ran;
    pool.scope([&](scope_t& s) {
      EXPECT_LT(current_thread_index().value_or(GetParam()), GetParam());
      EXPECT_EQ(current_num_threads(), GetParam());
      for (int k = 0; k < 20; ++k) s.spawn([&] { ran.add(); });
    });
    EXPECT_EQ(ran.value(), 20U);
  }
}

TEST_P(guest_test, leaves_what_it_spawned_detached_to_the_seat) {
  tally ran;
  {
    const auto pool = make();
    until_a_worker_sleeps(pool);
    pool.scope([&](scope_t&) {
      for (int i = 0; i < 10; ++i) spawn([&] { ran.add(); });
    });
  }
  EXPECT_EQ(ran.value(), 10U);
}

TEST_P(guest_test, brings_exceptions_to_its_caller_and_gives_the_seat_back) {
  const auto pool = make();
  for (int i = 0; i < 20; ++i) {
    EXPECT_THROW(pool.scope([](scope_t&) { throw 1; }), int);
    EXPECT_EQ(current_thread_index(), std::nullopt);
  }
  EXPECT_EQ(pool.install([] { return fib(10); }), 55);
}

TEST_P(guest_test, never_sits_where_no_guests_are_allowed) {
  const auto pool = thread_pool_builder{}.num_threads(GetParam()).guest_slots(0).build();
  const auto caller = std::this_thread::get_id();
  for (int i = 0; i < 50; ++i) {
    pool.scope([&](scope_t&) { EXPECT_NE(std::this_thread::get_id(), caller); });
  }
  EXPECT_EQ(pool.counters().guests, 0U);
}

TEST_P(guest_test, broadcasts_from_its_seat) {
  const auto pool = make();
  until_a_worker_sleeps(pool);
  pool.scope([&](scope_t&) {
    EXPECT_EQ(broadcast([](broadcast_context c) { return c.index(); }).size(), GetParam());
  });
}

TEST_P(guest_test, many_guests_and_installs_compete_for_the_seats) {
  const auto pool = make();
  tally right;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const bool ok = t % 2 == 0 ? pool.join([] { return fib(7); }, [] { return 1; }).first == 13
                                   : pool.install([] { return fib(7); }) == 13;
        if (ok) right.add();
        if (i % 20 == 0) busy_for(std::chrono::microseconds(60));
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(right.value(), 800U);
}

}  // namespace
}  // namespace twill::par::test
