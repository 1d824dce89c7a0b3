// SPDX-License-Identifier: Apache-2.0
#include "iter_support.hpp"
#include "twill/base/result.hpp"

#include <atomic>
#include <chrono>
#include <set>
#include <stop_token>
#include <thread>

using namespace iter_test;
using clock_type = std::chrono::steady_clock;

TEST(iter_stop, a_loop_that_was_not_stopped_gives_its_result) {
  std::stop_source source;
  in_pools([&] {
    const auto token = source.get_token();
    EXPECT_EQ(par::range(0, 100000) | par::with_stop(token) | par::sum<long>(), 4999950000L);
    EXPECT_EQ(
        items(par::range(0, 100) | par::filter([](int) { return true; }) | par::with_stop(token)).size(),
        100U);
  });
}

TEST(iter_stop, a_stop_before_the_loop_runs_no_item) {
  std::stop_source source;
  source.request_stop();
  in_pools([&] {
    std::atomic<int> calls{0};
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    const auto count = [&](int) { calls.fetch_add(1, std::memory_order_relaxed); };
    EXPECT_THROW(par::range(0, 1000) | par::with_stop(source.get_token()) | par::for_each(count),
                 par::cancelled);
    EXPECT_THROW(par::range(0, 1000) | par::filter([](int) { return true; }) |
                     par::with_stop(source.get_token()) | par::for_each(count),
                 par::cancelled);
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_EQ(calls.load(std::memory_order_relaxed), 0);
  });
}

TEST(iter_stop, a_stop_is_seen_within_a_bounded_time) {
  // Items of about a microsecond; 10^9 of them would take a quarter of an hour.
  for (int round = 0; round < 5; ++round) {
    in_pools([] {
      std::stop_source source;
      std::atomic<bool> running{false};
      clock_type::time_point requested;
      std::thread stopper([&] {
        // ORD acquire [test]: what one thread of this test says and the other waits for.
        while (!running.load(std::memory_order_acquire)) std::this_thread::yield();
        requested = clock_type::now();
        source.request_stop();
      });
      EXPECT_THROW(par::range(0, 1000000000) | par::with_stop(source.get_token()) | par::for_each([&](int) {
                     // ORD release [test]: what one thread of this test says and the other waits for.
                     running.store(true, std::memory_order_release);
                     volatile int waste = 0;
                     for (int i = 0; i < 100; ++i) waste = waste + 1;
                   }),
                   par::cancelled);
      const auto ended = clock_type::now();
      stopper.join();
      // 50 us and one item are promised; a loaded machine may preempt a worker for several time slices.
      EXPECT_LT(ended - requested, std::chrono::milliseconds(500));
    });
  }
}

TEST(iter_stop, a_stop_inside_of_one_block_of_expensive_items_is_seen) {
  in_pools([] {
    std::stop_source source;
    std::atomic<int> calls{0};
    EXPECT_THROW(static_cast<void>(par::range(0, 100000) | par::map([&](int x) {
                                     // ORD relaxed [test]: counts for this test.
                                     if (calls.fetch_add(1, std::memory_order_relaxed) == 20)
                                       source.request_stop();
                                     const auto until = clock_type::now() + std::chrono::microseconds(200);
                                     while (clock_type::now() < until) {
                                     }
                                     return static_cast<double>(x);
                                   }) |
                                   par::with_stop(source.get_token()) | par::sum<double>()),
                 par::cancelled);
    // The block is 1024 items of 200 us; each worker may finish the item it is in, plus the strip it started.
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_LT(calls.load(std::memory_order_relaxed), 200);
  });
}

TEST(iter_stop, the_try_forms_return_a_stop_as_a_value) {
  std::stop_source source;
  source.request_stop();
  in_pools([&] {
    const auto stopped = par::range(0, 1000) | par::with_stop(source.get_token());
    EXPECT_FALSE(stopped | par::try_for_each([](int) { return true; }));
    EXPECT_EQ(stopped | par::try_for_each([](int x) { return std::optional<int>(x); }), std::nullopt);
    EXPECT_EQ(stopped | par::map([](int x) { return std::optional<int>(x); }) |
                  par::try_reduce(0, [](int a, int b) { return std::optional<int>(a + b); }),
              std::nullopt);
    // A result has no value for it that every failure type could hold.
    EXPECT_THROW(static_cast<void>(stopped | par::try_for_each([](int x) { return twill::result<int>(x); })),
                 par::cancelled);
  });
}

TEST(iter_stop, a_token_on_either_side_of_a_zip_counts) {
  std::stop_source source;
  source.request_stop();
  in_pools([&] {
    EXPECT_THROW(static_cast<void>(
                     par::zip(par::range(0, 100), par::range(0, 100) | par::with_stop(source.get_token())) |
                     par::map([](int a, int b) { return a + b; }) | par::sum<int>()),
                 par::cancelled);
    EXPECT_THROW(static_cast<void>(items(par::range(0, 100) | par::with_stop(source.get_token()) |
                                         par::enumerate() | par::rev())),
                 par::cancelled);
  });
}

TEST(iter_stop, what_was_built_before_a_stop_is_destroyed) {
  static std::atomic<int> alive{0};
  struct counted {
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    counted() { alive.fetch_add(1, std::memory_order_relaxed); }
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    counted(const counted&) { alive.fetch_add(1, std::memory_order_relaxed); }
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    ~counted() { alive.fetch_sub(1, std::memory_order_relaxed); }
  };
  in_pools([] {
    std::stop_source source;
    // Every leaf that holds item 100 goes on for another strip, so the stop cannot come after the last look.
    EXPECT_THROW(static_cast<void>(
                     items(par::range(0, 100000) | par::with_stop(source.get_token()) | par::map([&](int x) {
                             if (x == 100) source.request_stop();
                             return counted{};
                           }))),
                 par::cancelled);
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_EQ(alive.load(std::memory_order_relaxed), 0);
  });
}

TEST(iter_stop, a_throw_fuse_stops_every_leaf_at_its_next_item) {
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(2).build();
  for (const bool indexed : {true, false}) {
    std::atomic<bool> thrown{false};
    std::atomic<int> after{0};
    const auto body = [&](int x) {
      if (x == 0) {
        // ORD release [test]: what one thread of this test says and the other waits for.
        thrown.store(true, std::memory_order_release);
        throw std::runtime_error("first");
      }
      // ORD acquire relaxed [test]: what one thread of this test says and the other waits for.
      if (thrown.load(std::memory_order_acquire)) after.fetch_add(1, std::memory_order_relaxed);
      const auto until = clock_type::now() + std::chrono::microseconds(20);
      while (clock_type::now() < until) {
      }
    };
    EXPECT_EQ(message_of<std::runtime_error>([&] {
                pool.install([&] {
                  if (indexed) {
                    par::range(0, 20000) | par::throw_fuse() | par::for_each(body);
                  } else {
                    par::range(0, 20000) | par::filter([](int) { return true; }) | par::throw_fuse() |
                        par::for_each(body);
                  }
                });
              }),
              "first");
    // 20 000 items of 20 us: without the fuse the other worker would run its half, 10 000.
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_LT(after.load(std::memory_order_relaxed), 5000);
  }
}

TEST(iter_stop, an_exception_reaches_the_caller_after_all_leaves_ended) {
  for (int round = 0; round < 30; ++round) {
    in_pools([round] {
      std::atomic<int> inside{0};
      EXPECT_EQ(message_of<std::runtime_error>([&] {
                  par::range(0, 1000) | par::for_each([&](int x) {
                    // ORD relaxed [test]: counts for this test.
                    inside.fetch_add(1, std::memory_order_relaxed);
                    struct leave {
                      std::atomic<int>& n;
                      // ORD relaxed [test]: counts for this test.
                      ~leave() { n.fetch_sub(1, std::memory_order_relaxed); }
                    } leaving{inside};
                    if (x == 37 * round) throw std::runtime_error("item");
                  });
                }),
                37 * round < 1000 ? "item" : "no exception");
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      EXPECT_EQ(inside.load(std::memory_order_relaxed), 0);
    });
  }
}

TEST(iter_stop, items_behind_a_throwing_one_in_the_same_leaf_do_not_run) {
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(1).build();
  std::set<int> ran;
  EXPECT_THROW(pool.install([&] {
    par::range(0, 100) | par::with_min_len(100) | par::for_each([&](int x) {
      ran.insert(x);
      if (x == 10) throw std::runtime_error("stop");
    });
  }),
               std::runtime_error);
  EXPECT_EQ(ran.size(), 11U);
}
