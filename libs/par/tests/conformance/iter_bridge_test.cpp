// SPDX-License-Identifier: Apache-2.0
#include "iter_support.hpp"

#include <atomic>
#include <iterator>
#include <list>
#include <ranges>
#include <sstream>
#include <thread>

using namespace iter_test;

namespace {

/// An input range without an end, or with one, that calls a function for each item.
template <class F>
class calls_range {
 public:
  calls_range(int limit, F f) : limit_(limit), function_(std::move(f)) {}
  class iterator {
   public:
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    explicit iterator(calls_range* r) : range_(r) {}
    int operator*() const { return range_->function_(range_->next_); }
    iterator& operator++() {
      ++range_->next_;
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return range_->next_ == range_->limit_; }

   private:
    calls_range* range_;
  };
  iterator begin() { return iterator(this); }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

 private:
  int limit_;
  int next_ = 0;
  F function_;
};

constexpr auto same = [](int x) { return x; };

}  // namespace

TEST(iter_bridge, items_of_a_stream_arrive_once) {
  in_pools([] {
    std::istringstream in("5 4 3 2 1");
    auto numbers =
        items(par::bridge(std::ranges::istream_view<int>(in)) | par::map([](int x) { return 2 * x; }));
    std::sort(numbers.begin(), numbers.end());
    ASSERT_EQ(numbers, (std::vector<int>{2, 4, 6, 8, 10}));
  });
}

TEST(iter_bridge, every_length_arrives_once) {
  for (const int n : {0, 1, 2, 3, 1000, 100000}) {
    in_pools([n] {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
      par::bridge(calls_range(n, same)) | par::for_each([&](int x) {
        // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
        seen[static_cast<std::size_t>(x)].fetch_add(1, std::memory_order_relaxed);
      });
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      for (const auto& s : seen) ASSERT_EQ(s.load(std::memory_order_relaxed), 1);
      ASSERT_EQ(par::bridge(calls_range(n, same)) | par::count(), static_cast<std::size_t>(n));
    });
  }
}

TEST(iter_bridge, a_source_without_an_end_is_searched) {
  in_pools([] {
    EXPECT_EQ(par::bridge(calls_range(-1, same)) | par::find_any([](int x) { return x == 5000; }), 5000);
    EXPECT_EQ((par::bridge(calls_range(-1, same)) | par::take_any(100) | par::collect<std::vector>()).size(),
              100U);
  });
}

TEST(iter_bridge, a_source_that_throws_ends_the_loop) {
  in_pools([] {
    std::atomic<int> consumed{0};
    const auto source = calls_range(1000, [](int x) {
      if (x == 500) throw std::runtime_error("source");
      return x;
    });
    const auto count = [&](int) {
      // ORD relaxed [test]: counts for this test.
      consumed.fetch_add(1, std::memory_order_relaxed);
    };
    EXPECT_EQ(
        message_of<std::runtime_error>([&] { par::bridge(calls_range(source)) | par::for_each(count); }),
        "source");
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_LE(consumed.load(std::memory_order_relaxed), 500);
  });
}

TEST(iter_bridge, a_consumer_that_throws_ends_the_loop) {
  in_pools([] {
    EXPECT_EQ(message_of<std::runtime_error>([&] {
                par::bridge(calls_range(1000, same)) | par::for_each([](int x) {
                  if (x == 10) throw std::runtime_error("consumer");
                });
              }),
              "consumer");
  });
}

TEST(iter_bridge, the_source_may_call_par_itself) {
  in_pools([] {
    const auto source =
        calls_range(200, [](int x) { return par::range(0, x) | par::map(same) | par::sum<int>(); });
    const long got = par::bridge(calls_range(source)) | par::sum<long>();
    long expected = 0;
    for (long x = 0; x < 200; ++x) expected += x * (x - 1) / 2;
    ASSERT_EQ(got, expected);
  });
}

TEST(iter_bridge, the_source_may_fork_joins_that_others_steal) {
  in_pools([] {
    for (int round = 0; round < 20; ++round) {
      const auto source = calls_range(50, [](int x) {
        const auto [a, b] = par::join([&] { return par::join([&] { return x; }, [&] { return x; }).first; },
                                      [&] { return x; });
        return a + b;
      });
      const int got = par::bridge(calls_range(source)) |
                      par::map([](int x) { return par::join([&] { return x; }, [&] { return 1; }).first; }) |
                      par::sum<int>();
      ASSERT_EQ(got, 2450);
    }
  });
}

TEST(iter_bridge, the_consumer_may_call_par_and_bridge_again) {
  in_pools([] {
    const auto total = par::bridge(calls_range(50, same)) |
                       par::map([](int x) { return par::bridge(calls_range(x, same)) | par::sum<int>(); }) |
                       par::sum<int>();
    int expected = 0;
    for (int x = 0; x < 50; ++x) expected += x * (x - 1) / 2;
    ASSERT_EQ(total, expected);
  });
}

TEST(iter_bridge, a_slow_source_feeds_several_workers) {
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(3).build();
  // Each item is consumed only when another one is being consumed too: this needs two workers to hold items
  // at once.
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  const auto meet = [&](int) {
    // ORD acq_rel [test]: what one thread of this test says and the other waits for.
    inside.fetch_add(1, std::memory_order_acq_rel);
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    // ORD acquire [test]: what one thread of this test says and the other waits for.
    while (!met.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < limit) {
      // ORD acquire release [test]: what one thread of this test says and the other waits for.
      if (inside.load(std::memory_order_acquire) >= 2) met.store(true, std::memory_order_release);
      std::this_thread::yield();
    }
    // ORD acq_rel [test]: what one thread of this test says and the other waits for.
    inside.fetch_sub(1, std::memory_order_acq_rel);
  };
  pool.install([&] { par::bridge(calls_range(50, same)) | par::for_each(meet); });
  // ORD acquire [test]: what one thread of this test says and the other waits for.
  EXPECT_TRUE(met.load(std::memory_order_acquire));
}

TEST(iter_bridge, bridge_ordered_keeps_the_order_and_the_window) {
  for (const std::size_t window : {1U, 2U, 7U, 64U, 100000U}) {
    in_pools([window] {
      std::atomic<int> in_flight{0};
      std::atomic<int> most{0};
      const auto source = calls_range(1000, [&](int x) {
        // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
        const int now = in_flight.fetch_add(1, std::memory_order_relaxed) + 1;
        // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
        int seen = most.load(std::memory_order_relaxed);
        // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
        while (now > seen &&
               !most.compare_exchange_weak(seen, now, std::memory_order_relaxed, std::memory_order_relaxed)) {
        }
        return x;
      });
      const auto got = items(par::bridge_ordered(calls_range(source), window) | par::map([&](int x) {
                               // ORD relaxed [test]: counts for this test.
                               in_flight.fetch_sub(1, std::memory_order_relaxed);
                               return x;
                             }));
      ASSERT_EQ(got, items(par::range(0, 1000)));
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      ASSERT_LE(static_cast<std::size_t>(most.load(std::memory_order_relaxed)), window);
    });
  }
}

TEST(iter_bridge, bridge_ordered_stops_early_and_passes_exceptions) {
  in_pools([] {
    EXPECT_EQ(
        par::bridge_ordered(calls_range(-1, same), 16) | par::find_first([](int x) { return x >= 777; }),
        777);
    EXPECT_EQ(message_of<std::runtime_error>([&] {
                par::bridge_ordered(calls_range(100,
                                                [](int x) {
                                                  if (x == 50) throw std::runtime_error("source");
                                                  return x;
                                                }),
                                    8) |
                    par::for_each([](int) {});
              }),
              "source");
  });
}
