// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"

#include <future>
#include <memory>
#include <thread>

namespace twill::par::test {
namespace {

class shutdown_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, shutdown_test, ::testing::Values(1, 2, 7), threads_name);

TEST_P(shutdown_test, ends_workers_that_never_worked) {
  for (int i = 0; i < 20; ++i) {
    auto pool = make();
    EXPECT_TRUE(pool.shutdown_for(std::chrono::seconds(60)));
  }
}

TEST_P(shutdown_test, ends_workers_that_sleep) {
  auto pool = make();
  pool.broadcast([](broadcast_context) {});
  until_a_worker_sleeps(pool);
  EXPECT_TRUE(pool.shutdown_for(std::chrono::seconds(60)));
}

TEST_P(shutdown_test, drains_queued_tasks) {
  tally ran;
  auto pool = make();
  for (int i = 0; i < 500; ++i) {
    pool.spawn([&ran] { ran.add(); });
  }
  pool.shutdown(shutdown_mode::drain);
  EXPECT_EQ(ran.value(), 500U);
}

TEST(shutdown, discard_destroys_queued_closures_unrun) {
  auto pool = thread_pool_builder{}.num_threads(1).build();
  std::promise<void> started;
  std::promise<void> gate;
  const auto token = std::make_shared<int>(0);
  tally ran;
  pool.spawn([&] {
    started.set_value();
    gate.get_future().wait();
  });
  started.get_future().wait();
  for (int i = 0; i < 50; ++i) {
    pool.spawn([token, &ran] { ran.add(); });
  }
  // The gate opens once the pool refuses work: by then it discards.
  std::thread opener([&] {
    bool refused = false;
    while (!refused) {
      try {
        pool.spawn([] {});
      } catch (const error& e) {
        refused = e.code() == errc::pool_shut_down;
      }
    }
    gate.set_value();
  });
  pool.shutdown(shutdown_mode::discard);
  opener.join();
  EXPECT_EQ(ran.value(), 0U);
  EXPECT_EQ(token.use_count(), 1);
}

TEST(shutdown, refuses_later_work) {
  auto pool = thread_pool_builder{}.num_threads(1).build();
  pool.shutdown();
  pool.shutdown();
  for (const std::string& what :
       {message_of<error>([&] { pool.spawn([] {}); }), message_of<error>([&] { pool.install([] {}); }),
        message_of<error>([&] { pool.join([] {}, [] {}); })}) {
    EXPECT_EQ(what, "error[pool_shut_down]: this pool was shut down and takes no work any more");
  }
}

TEST(shutdown, waits_no_longer_than_it_is_told) {
  auto pool = thread_pool_builder{}.num_threads(1).build();
  std::promise<void> gate;
  pool.spawn([&] { gate.get_future().wait(); });
  EXPECT_FALSE(pool.shutdown_for(std::chrono::milliseconds(5)));
  gate.set_value();
  EXPECT_TRUE(pool.shutdown_for(std::chrono::seconds(60)));
}

TEST(shutdown, joins_the_thread_local_destructors_of_its_workers) {
  tally destroyed;
  struct slow {
    tally* count = nullptr;
    ~slow() {
      if (count == nullptr) return;
      busy_for(std::chrono::milliseconds(5));
      count->add();
    }
  };
  {
    const auto pool = thread_pool_builder{}.num_threads(2).build();
    pool.broadcast([&](broadcast_context) {
      static thread_local slow watch;
      watch.count = &destroyed;
    });
  }
  EXPECT_EQ(destroyed.value(), 2U);
}

TEST(shutdown_death, one_of_its_own_workers_may_not_destroy_a_pool) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto pool = thread_pool_builder{}.num_threads(1).build();
        pool.install([&] { pool.shutdown(); });
      },
      "was destroyed or shut down by one of its own workers");
}

TEST(shutdown_death, a_pool_may_not_end_while_a_call_is_in_it) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto pool = thread_pool_builder{}.num_threads(1).build();
        std::promise<void> inside;
        std::thread caller([&] {
          pool.install([&] {
            inside.set_value();
            std::promise<void>().get_future().wait();
          });
        });
        inside.get_future().wait();
        pool.shutdown();
      },
      "while a call from outside was in it");
}

}  // namespace
}  // namespace twill::par::test
