// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"
#include "twill/par/broadcast.hpp"

#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace twill::par::test {
namespace {

class broadcast_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, broadcast_test, ::testing::Values(1, 2, 7), threads_name);

std::vector<std::size_t> up_to(std::size_t n) {
  std::vector<std::size_t> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = i;
  return v;
}

TEST(broadcast, runs_on_every_worker_of_the_global_pool) {
  EXPECT_EQ(broadcast([](broadcast_context c) { return c.index(); }), up_to(current_num_threads()));
}

TEST_P(broadcast_test, returns_values_by_worker_index_from_distinct_threads) {
  const auto pool = make();
  std::mutex mutex;
  std::set<std::thread::id> threads;
  const auto values = pool.broadcast([&](broadcast_context c) {
    const std::scoped_lock lock(mutex);
    threads.insert(std::this_thread::get_id());
    return c.index() * 10;
  });
  ASSERT_EQ(values.size(), GetParam());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], i * 10);
  EXPECT_EQ(threads.size(), GetParam());
}

TEST_P(broadcast_test, reaches_the_worker_that_calls_it) {
  const auto pool = make();
  EXPECT_EQ(pool.install([] { return broadcast([](broadcast_context c) { return c.index(); }); }),
            up_to(GetParam()));
}

TEST_P(broadcast_test, two_pools_broadcast_into_each_other) {
  const auto one = make();
  const auto two = make();
  tally count;
  one.broadcast([&](broadcast_context) { two.broadcast([&](broadcast_context) { count.add(); }); });
  EXPECT_EQ(count.value(), GetParam() * GetParam());
}

TEST_P(broadcast_test, throws_what_one_worker_threw_after_all_ended) {
  const auto pool = make();
  tally ran;
  const std::string what = message_of<std::runtime_error>([&] {
    pool.broadcast([&](broadcast_context c) {
      ran.add();
      if (c.index() == 0) throw std::runtime_error("worker 0");
    });
  });
  EXPECT_EQ(what, "worker 0");
  EXPECT_EQ(ran.value(), GetParam());
}

TEST_P(broadcast_test, throws_once_when_all_workers_throw) {
  const auto pool = make();
  int caught = 0;
  try {
    static_cast<void>(pool.broadcast([](broadcast_context) -> int { throw 3; }));
  } catch (const int value) {
    caught = value;
  }
  EXPECT_EQ(caught, 3);
}

TEST_P(broadcast_test, wakes_workers_that_are_falling_asleep) {
  const auto pool = make();
  tally ran;
  for (int i = 0; i < 300; ++i) {
    pool.broadcast([&](broadcast_context) { ran.add(); });
    if (i % 30 == 0) until_a_worker_sleeps(pool);
  }
  EXPECT_EQ(ran.value(), 300 * GetParam());
}

TEST_P(broadcast_test, detached_broadcasts_keep_their_order_on_every_worker) {
  std::mutex mutex;
  std::vector<std::vector<int>> seen(GetParam());
  {
    const auto pool = make();
    for (int k = 0; k < 5; ++k) {
      pool.spawn_broadcast([&, k](broadcast_context c) {
        const std::scoped_lock lock(mutex);
        seen[c.index()].push_back(k);
      });
    }
  }
  for (const auto& order : seen) EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(broadcast, runs_after_what_the_worker_spawned_before) {
  const auto pool = thread_pool_builder{}.num_threads(1).build();
  std::vector<int> order;
  pool.install([&] {
    spawn([&] { order.push_back(1); });
    broadcast([&](broadcast_context) { order.push_back(2); });
  });
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_P(broadcast_test, detached_exceptions_go_to_the_panic_handler) {
  tally panics;
  {
    const auto pool = thread_pool_builder{}
                          .num_threads(GetParam())
                          .panic_handler([&](const std::exception_ptr&) { panics.add(); })
                          .build();
    pool.spawn_broadcast([](broadcast_context) { throw 1; });
  }
  EXPECT_EQ(panics.value(), GetParam());
}

}  // namespace
}  // namespace twill::par::test
