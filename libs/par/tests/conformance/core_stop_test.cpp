// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <stop_token>

namespace twill::par::test {
namespace {

class stop_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, stop_test, ::testing::Values(1, 2, 7), threads_name);

TEST_P(stop_test, a_scope_hears_of_its_own_stop_and_of_its_token) {
  const auto pool = make();
  pool.scope([](scope_t& s) {
    EXPECT_FALSE(s.stop_requested());
    s.request_stop();
    EXPECT_TRUE(s.stop_requested());
  });
  std::stop_source source;
  pool.scope({.stop = source.get_token()}, [&](scope_t& s) {
    EXPECT_FALSE(s.stop_requested());
    source.request_stop();
    EXPECT_TRUE(s.stop_requested());
  });
}

TEST_P(stop_test, a_pool_passes_its_token_to_scopes_and_tasks) {
  std::stop_source source;
  const auto pool = thread_pool_builder{}.num_threads(GetParam()).stop(source.get_token()).build();
  EXPECT_FALSE(pool.install([] { return stop_requested(); }));
  source.request_stop();
  EXPECT_TRUE(pool.install([] { return stop_requested(); }));
  pool.scope([](scope_t& s) { EXPECT_TRUE(s.stop_requested()); });
  EXPECT_FALSE(stop_requested());
}

TEST_P(stop_test, a_stopped_scope_runs_its_tasks_unless_told_otherwise) {
  const auto pool = make();
  tally ran;
  pool.scope([&](scope_t& s) {
    s.request_stop();
    for (int i = 0; i < 10; ++i) s.spawn([&] { ran.add(); });
  });
  EXPECT_EQ(ran.value(), 10U);
}

TEST_P(stop_test, tasks_that_did_not_start_are_destroyed_unrun_and_the_scope_says_so) {
  const auto pool = make();
  tally ran;
  const auto token = std::make_shared<int>(0);
  const std::string what = message_of<cancelled>([&] {
    pool.scope({.skip_on_stop = true}, [&](scope_t& s) {
      s.request_stop();
      for (int i = 0; i < 10; ++i) s.spawn([&ran, token] { ran.add(); });
    });
  });
  EXPECT_EQ(what, "error[cancelled]: a stop was requested and some of the work did not run");
  EXPECT_EQ(ran.value(), 0U);
  EXPECT_EQ(token.use_count(), 1);
}

TEST_P(stop_test, a_stop_without_skipped_tasks_is_no_cancellation) {
  const auto pool = make();
  int value = 0;
  pool.scope({.skip_on_stop = true}, [&](scope_t& s) {
    value = 3;
    s.request_stop();
  });
  EXPECT_EQ(value, 3);
}

/// Of 20 000 queued tasks of half a millisecond each, which do not look at the stop.
TEST_P(stop_test, nothing_starts_after_the_stop_and_the_scope_ends_within_its_bound) {
  constexpr std::size_t queued = 20'000;
  constexpr std::chrono::microseconds each(500);
  const auto pool = make();
  std::stop_source source;
  tally ran;
  std::atomic<std::size_t> at_stop{0};
  std::chrono::steady_clock::time_point asked;
  const std::string what = message_of<cancelled>([&] {
    pool.scope({.stop = source.get_token(), .skip_on_stop = true}, [&](scope_t& s) {
      for (std::size_t i = 0; i < queued; ++i) {
        s.spawn([&] {
          busy_for(each);
          ran.add();
          if (ran.value() >= 50 && source.request_stop()) {
            asked = std::chrono::steady_clock::now();
            // ORD relaxed: read after the scope ended.
            at_stop.store(ran.value(), std::memory_order_relaxed);
          }
        });
      }
    });
  });
  const auto took = std::chrono::steady_clock::now() - asked;
  EXPECT_EQ(what, "error[cancelled]: a stop was requested and some of the work did not run");
  // ORD relaxed: see above.
  const std::size_t before = at_stop.load(std::memory_order_relaxed);
  EXPECT_GE(before, 50U);
  // Each worker may be in a task that it started before; an outside caller may take part as one more.
  EXPECT_LE(ran.value(), before + GetParam() + 1);
  EXPECT_LT(took, stop_latency_bound + each);
}

TEST_P(stop_test, tasks_that_poll_end_within_the_bound) {
  const auto pool = make();
  std::stop_source source;
  std::promise<void> started;
  std::chrono::steady_clock::time_point asked;
  std::thread stopper([&] {
    started.get_future().wait();
    asked = std::chrono::steady_clock::now();
    source.request_stop();
  });
  pool.scope({.stop = source.get_token()}, [&](scope_t& s) {
    s.spawn([&started](scope_t& inner) {
      started.set_value();
      while (!inner.stop_requested()) {
      }
    });
  });
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, stop_latency_bound);
}

}  // namespace
}  // namespace twill::par::test
