// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"
#include "twill/par/spawn.hpp"

#include <future>
#include <latch>
#include <mutex>
#include <vector>

namespace twill::par::test {
namespace {

class spawn_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, spawn_test, ::testing::Values(1, 2, 7), threads_name);

TEST(spawn, runs_in_the_global_pool) {
  std::promise<int> done;
  spawn([&] { done.set_value(22); });
  EXPECT_EQ(done.get_future().get(), 22);
}

TEST_P(spawn_test, runs_a_join_inside_a_task) {
  const auto pool = make();
  std::promise<long> done;
  pool.spawn([&] { done.set_value(fib(12)); });
  EXPECT_EQ(done.get_future().get(), 144);
}

TEST_P(spawn_test, runs_all_tasks_before_the_pool_ends) {
  tally ran;
  {
    const auto pool = make();
    for (int i = 0; i < 200; ++i) {
      pool.spawn([&ran] {
        spawn([&ran] { ran.add(); });
        ran.add();
      });
    }
  }
  EXPECT_EQ(ran.value(), 400U);
}

TEST_P(spawn_test, forwards_an_exception_to_the_panic_handler) {
  std::promise<std::string> seen;
  const auto pool = thread_pool_builder{}
                        .num_threads(GetParam())
                        .panic_handler([&](std::exception_ptr e) {
                          seen.set_value(message_of<std::runtime_error>([&] { std::rethrow_exception(e); }));
                        })
                        .build();
  pool.spawn([] { throw std::runtime_error("detached"); });
  EXPECT_EQ(seen.get_future().get(), "detached");
}

TEST(spawn, exceptions_go_to_the_handler_of_the_pool_that_ran_the_task) {
  tally outer;
  tally inner;
  {
    const auto one = thread_pool_builder{}
                         .num_threads(1)
                         .panic_handler([&](const std::exception_ptr&) { outer.add(); })
                         .build();
    const auto two = thread_pool_builder{}
                         .num_threads(1)
                         .panic_handler([&](const std::exception_ptr&) {
                           inner.add();
                           // A handler is code like any other: it may spawn what fails in its turn.
                           one.spawn([] { throw 2; });
                         })
                         .build();
    one.spawn([&] {
      two.spawn([] { throw 1; });
      throw 3;
    });
    one.install([&] { two.install([] {}); });
  }
  EXPECT_EQ(inner.value(), 1U);
  EXPECT_EQ(outer.value(), 2U);
}

TEST(spawn, a_pool_that_ends_while_a_task_runs_waits_for_it_and_what_it_spawns) {
  tally ran;
  std::promise<void> started;
  {
    const auto pool = thread_pool_builder{}.num_threads(2).build();
    pool.spawn([&] {
      started.set_value();
      busy_for(std::chrono::milliseconds(2));
      for (int i = 0; i < 10; ++i) spawn([&] { ran.add(); });
    });
    started.get_future().wait();
  }
  EXPECT_EQ(ran.value(), 10U);
}

TEST_P(spawn_test, goes_on_after_an_exception) {
  tally panics;
  auto pool = thread_pool_builder{}
                  .num_threads(GetParam())
                  .panic_handler([&](const std::exception_ptr&) { panics.add(); })
                  .build();
  for (int i = 0; i < 10; ++i) pool.spawn([] { throw 1; });
  EXPECT_EQ(pool.install([] { return fib(10); }), 55);
  pool.shutdown();
  EXPECT_EQ(panics.value(), 10U);
}

TEST(spawn, takes_what_it_spawns_to_the_pool_of_its_worker) {
  const auto pool = thread_pool_builder{}.num_threads(3).build();
  std::promise<std::size_t> seen;
  pool.spawn([&] { spawn([&] { seen.set_value(current_num_threads()); }); });
  EXPECT_EQ(seen.get_future().get(), 3U);
}

std::vector<int> order_of(const std::function<void(std::function<void(int)>)>& spawn_all) {
  std::vector<int> order;
  {
    auto pool = thread_pool_builder{}.num_threads(1).build();
    pool.install([&] { spawn_all([&](int i) { order.push_back(i); }); });
  }
  return order;
}

TEST(spawn, one_worker_starts_its_newest_task_first) {
  EXPECT_EQ(order_of([](auto note) {
              for (int i = 0; i < 4; ++i) spawn([note, i] { note(i); });
            }),
            (std::vector<int>{3, 2, 1, 0}));
}

TEST(spawn_fifo, one_worker_starts_its_oldest_task_first) {
  EXPECT_EQ(order_of([](auto note) {
              for (int i = 0; i < 4; ++i) spawn_fifo([note, i] { note(i); });
            }),
            (std::vector<int>{0, 1, 2, 3}));
}

TEST(spawn_fifo, mixes_with_newest_first) {
  // The deque holds, oldest first: 0, fifo, fifo, 3; the fifo jobs give 1 then 2.
  EXPECT_EQ(order_of([](auto note) {
              spawn([note] { note(0); });
              spawn_fifo([note] { note(1); });
              spawn_fifo([note] { note(2); });
              spawn([note] { note(3); });
            }),
            (std::vector<int>{3, 1, 2, 0}));
}

TEST_P(spawn_test, from_outside_never_blocks) {
  auto pool = make();
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  tally ran;
  for (int i = 0; i < 100; ++i) {
    pool.spawn([opened, &ran] {
      opened.wait();
      ran.add();
    });
  }
  gate.set_value();
  pool.shutdown();
  EXPECT_EQ(ran.value(), 100U);
}

TEST(spawn_death, ends_the_process_without_a_panic_handler) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto pool = thread_pool_builder{}.num_threads(1).build();
        pool.spawn([] { throw std::runtime_error("lost"); });
        pool.shutdown();
      },
      "a spawned task threw and the pool has no panic handler: lost");
}

TEST(spawn_death, ends_the_process_when_the_panic_handler_throws) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto pool =
            thread_pool_builder{}.num_threads(1).panic_handler([](std::exception_ptr) { throw 1; }).build();
        pool.spawn([] { throw 2; });
        pool.shutdown();
      },
      "the panic handler threw for a spawned task");
}

TEST(spawn_death, ends_the_process_when_a_task_leaves_by_pthread_exit) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto pool = thread_pool_builder{}.num_threads(1).build();
        pool.spawn([] { pthread_exit(nullptr); });
        pool.shutdown();
      },
      "unwound by pthread_cancel or pthread_exit");
}

}  // namespace
}  // namespace twill::par::test
