// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <future>
#include <memory>
#include <stop_token>

#include "core_support.hpp"

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

TEST_P(stop_test, tasks_that_poll_end_soon_after_the_stop) {
  const auto pool = make();
  std::stop_source source;
  std::promise<void> started;
  std::thread stopper([&] {
    started.get_future().wait();
    source.request_stop();
  });
  std::chrono::steady_clock::time_point asked;
  const std::stop_callback note(source.get_token(), [&] { asked = std::chrono::steady_clock::now(); });
  try {
    pool.scope({.stop = source.get_token(), .skip_on_stop = true}, [&](scope_t& s) {
      s.spawn([&started](scope_t& inner) {
        started.set_value();
        while (!inner.stop_requested()) std::this_thread::yield();
      });
      while (!s.stop_requested()) yield_now();
      for (int i = 0; i < 10'000; ++i) s.spawn([] { std::this_thread::sleep_for(std::chrono::seconds(1)); });
    });
  } catch (const cancelled& e) {
    EXPECT_EQ(e.code(), errc::cancelled);
  }
  const auto latency = std::chrono::steady_clock::now() - asked;
  stopper.join();
  // One task alone would take a second; the bound leaves room for a loaded machine and for sanitizers.
  EXPECT_LT(latency, std::chrono::milliseconds(900));
}

}  // namespace
}  // namespace twill::par::test
