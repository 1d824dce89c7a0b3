// SPDX-License-Identifier: Apache-2.0
// The global pool exists once in a process: these cases have one to themselves.
#include "../conformance/core_support.hpp"
#include "twill/par/detail/burst.hpp"
#include "twill/par/range.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

namespace twill::par::test {
namespace {

TEST(global_pool, is_made_once_used_shut_down_and_made_again) {
  thread_pool_builder{}.num_threads(3).build_global();
  EXPECT_EQ(current_num_threads(), 3U);
  EXPECT_EQ(fib(12), 144);
  const std::string what = message_of<error>([] { thread_pool_builder{}.num_threads(2).build_global(); });
  EXPECT_EQ(what.substr(0, what.find('\n')),
            "error[global_pool_already_initialized]: the global pool exists already");
  shutdown_global();
  thread_pool_builder{}.num_threads(2).build_global();
  EXPECT_EQ(current_num_threads(), 2U);
  shutdown_global();
  shutdown_global();
}

TEST(global_pool, that_was_started_by_its_first_use_cannot_be_made_again) {
  EXPECT_EQ(fib(10), 55);
  EXPECT_THROW(thread_pool_builder{}.build_global(), error);
  shutdown_global();
}

TEST(global_pool, reports_a_malformed_setting_at_its_first_use) {
  setenv("TWILL_NUM_THREADS", "many", 1);
  const std::string what = message_of<twill::error>([] { spawn([] {}); });
  unsetenv("TWILL_NUM_THREADS");
  EXPECT_EQ(what.find("error[bad_configuration] TWILL_NUM_THREADS: "), 0U) << what;
  EXPECT_NE(what.find("many"), std::string::npos) << what;
  EXPECT_EQ(fib(10), 55);
  shutdown_global();
}

TEST(global_pool, sleeps_through_short_loops_of_its_own_workers) {
  const auto pool = thread_pool_builder{}.num_threads(2).idle(idle_policy::power).build();
  constexpr std::uint64_t loops = 200;
  const auto wakes_of = [&](std::size_t items) {
    std::vector<std::uint32_t> v(items, 1);
    return pool.install([&] {
      const std::uint64_t before = pool.counters().sleeps;
      for (std::uint64_t i = 0; i < loops; ++i) {
        // The other worker sleeps.
        while (!detail::probing_pays()) std::this_thread::yield();
        v | for_each([](std::uint32_t& x) { x = x * 2654435761U + 1; });
      }
      while (!detail::probing_pays()) std::this_thread::yield();
      return pool.counters().sleeps - before;
    });
  };
  // A loop that the system interrupts may be taken for a long one.
  EXPECT_LT(wakes_of(128), loops / 4) << "some microseconds each at most";
  EXPECT_GT(wakes_of(1 << 20), loops / 2) << "a hundred microseconds each at least";
}

TEST(global_pool, helps_with_short_loops_that_go_on) {
  thread_pool_builder{}.num_threads(2).build_global();
  const auto caller = std::this_thread::get_id();
  std::vector<std::uint32_t> items(4096, 1);
  std::atomic<bool> elsewhere{false};
  // Each loop takes some 10 microseconds; what the worker takes of them depends on the machine, so this waits
  // for the first time.
  std::uint32_t rounds = 0;
  // ORD relaxed: only its value counts.
  while (!elsewhere.load(std::memory_order_relaxed)) {
    items | for_each([&](std::uint32_t& x) {
      x = x * 2654435761U + 1;
      // ORD relaxed: only its value counts.
      if (std::this_thread::get_id() != caller) elsewhere.store(true, std::memory_order_relaxed);
    });
    ++rounds;
  }
  std::uint32_t expected = 1;
  for (std::uint32_t i = 0; i < rounds; ++i) expected = expected * 2654435761U + 1;
  EXPECT_EQ(items, std::vector<std::uint32_t>(items.size(), expected));
  shutdown_global();
}

}  // namespace
}  // namespace twill::par::test
