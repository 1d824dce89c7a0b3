// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"
#include "twill/par/pool.hpp"

#include <array>
#include <future>
#include <latch>
#include <pthread.h>
#include <sys/resource.h>
#include <thread>

namespace twill::par::test {
namespace {

class pool_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, pool_test, ::testing::Values(1, 2, 7), threads_name);

TEST_P(pool_test, install_runs_on_a_worker_and_returns_its_value) {
  const auto pool = make();
  const auto caller = std::this_thread::get_id();
  EXPECT_NE(pool.install([] { return std::this_thread::get_id(); }), caller);
  EXPECT_LT(pool.install([] { return current_thread_index().value(); }), GetParam());
  EXPECT_EQ(pool.install([] { return current_num_threads(); }), GetParam());
  EXPECT_EQ(pool.current_num_threads(), GetParam());
  EXPECT_EQ(current_thread_index(), std::nullopt);
  EXPECT_EQ(pool.current_thread_index(), std::nullopt);
}

TEST_P(pool_test, install_brings_the_exception_back) {
  const auto pool = make();
  EXPECT_EQ(message_of<std::runtime_error>([&] { pool.install([] { throw std::runtime_error("inside"); }); }),
            "inside");
}

TEST_P(pool_test, install_on_its_own_worker_is_a_plain_call) {
  const auto pool = make();
  pool.install([&] {
    const auto here = std::this_thread::get_id();
    EXPECT_EQ(pool.install([] { return std::this_thread::get_id(); }), here);
  });
}

TEST(pool, install_returns_references_and_move_only_values) {
  const auto pool = thread_pool_builder{}.num_threads(1).build();
  int x = 3;
  EXPECT_EQ(&pool.install([&]() -> int& { return x; }), &x);
  EXPECT_EQ(*pool.install([] { return std::make_unique<int>(8); }), 8);
}

TEST_P(pool_test, start_and_exit_handlers_run_once_for_each_worker) {
  tally started;
  tally ended;
  tally indices;
  {
    const auto pool = thread_pool_builder{}
                          .num_threads(GetParam())
                          .start_handler([&](std::size_t i) {
                            indices.add(i);
                            started.add();
                          })
                          .exit_handler([&](std::size_t) { ended.add(); })
                          .build();
    EXPECT_EQ(pool.broadcast([](broadcast_context) { return 1; }).size(), GetParam());
    EXPECT_EQ(started.value(), GetParam());
    EXPECT_EQ(ended.value(), 0U);
  }
  EXPECT_EQ(ended.value(), GetParam());
  EXPECT_EQ(indices.value(), GetParam() * (GetParam() - 1) / 2);
}

TEST_P(pool_test, handlers_that_throw_go_to_the_panic_handler_and_the_worker_goes_on) {
  tally panics;
  {
    const auto pool = thread_pool_builder{}
                          .num_threads(GetParam())
                          .start_handler([](std::size_t) { throw std::runtime_error("start"); })
                          .exit_handler([](std::size_t) { throw std::runtime_error("exit"); })
                          .panic_handler([&](const std::exception_ptr&) { panics.add(); })
                          .build();
    EXPECT_EQ(pool.install([] { return 5; }), 5);
  }
  EXPECT_EQ(panics.value(), 2 * GetParam());
}

std::string name_of_this_thread() {
  std::array<char, 32> name{};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  return name.data();
}

TEST(pool, names_its_threads_and_cuts_long_names) {
  const auto pool =
      thread_pool_builder{}
          .num_threads(2)
          .thread_name([](std::size_t i) { return "w" + std::to_string(i) + "-a-very-long-name"; })
          .build();
  EXPECT_EQ(pool.broadcast([](broadcast_context) { return name_of_this_thread(); }),
            (std::vector<std::string>{"w0-a-very-long-", "w1-a-very-long-"}));
  const auto unnamed = thread_pool_builder{}.num_threads(1).build();
  EXPECT_EQ(unnamed.install([] { return name_of_this_thread(); }), "twill-0");
}

TEST(pool, honours_the_stack_size) {
  // More than any default: the C library may hand out a larger stack that it kept, never a smaller one.
  constexpr std::size_t bytes = std::size_t{1} << 26;
  const auto pool = thread_pool_builder{}.num_threads(1).stack_size(bytes).build();
  const std::size_t size = pool.install([] {
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    std::size_t found = 0;
    void* at = nullptr;
    pthread_attr_getstack(&attributes, &at, &found);
    pthread_attr_destroy(&attributes);
    return found;
  });
  EXPECT_GE(size, bytes);
}

TEST(pool, refuses_a_stack_below_the_platforms_least) {
  const auto build = [] { static_cast<void>(thread_pool_builder{}.num_threads(1).stack_size(1).build()); };
  const std::string what = message_of<error>(build);
  EXPECT_NE(what.find("error[invalid_stack_size]: the stack size is below what a thread needs here (found 1 "
                      "bytes, expected at least "),
            std::string::npos)
      << what;
}

TEST(pool, clamps_the_number_of_threads) {
  EXPECT_EQ(max_num_threads(), 65535U);
  const auto pool = thread_pool_builder{}.num_threads(0).build();
  EXPECT_EQ(pool.current_num_threads(), cpu_budget().threads);
}

TEST(pool, spawn_handler_that_fails_leaves_nothing_behind) {
  std::vector<std::thread> threads;
  tally ended;
  const std::string what = message_of<error>([&] {
    static_cast<void>(thread_pool_builder{}
                          .num_threads(4)
                          .exit_handler([&](std::size_t) { ended.add(); })
                          .spawn_handler([&](worker_thread&& w) -> std::error_code {
                            if (w.index() == 2)
                              return std::make_error_code(std::errc::resource_unavailable_try_again);
                            threads.emplace_back([mine = std::move(w)]() mutable { mine.run(); });
                            return {};
                          })
                          .build());
  });
  for (auto& t : threads) t.join();
  EXPECT_EQ(threads.size(), 2U);
  EXPECT_EQ(ended.value(), 2U);
  EXPECT_EQ(what.substr(0, what.find('\n')),
            "error[thread_spawn_failed]: worker thread 2 of 4 could not be created: Resource temporarily "
            "unavailable "
            "(errno 11) (found 2 started, expected 4)");
}

TEST(pool, spawn_handler_sees_index_name_and_stack_size) {
  std::vector<std::thread> threads;
  std::vector<std::string> names;
  {
    const auto pool = thread_pool_builder{}
                          .num_threads(2)
                          .thread_name([](std::size_t i) { return "own-" + std::to_string(i); })
                          .stack_size(1 << 20)
                          .spawn_handler([&](worker_thread&& w) -> std::error_code {
                            names.push_back(w.name() + "/" + std::to_string(w.index()) + "/" +
                                            std::to_string(w.stack_size()));
                            threads.emplace_back([mine = std::move(w)]() mutable { mine.run(); });
                            return {};
                          })
                          .build();
    EXPECT_EQ(pool.install([] { return fib(10); }), 55);
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(names, (std::vector<std::string>{"own-0/0/1048576", "own-1/1/1048576"}));
}

thread_local int scoped_value = 0;

TEST(pool, scoped_pool_sees_what_its_wrapper_prepared) {
  const int sum = thread_pool_builder{}.num_threads(3).build_scoped(
      [](worker_thread& w) {
        scoped_value = static_cast<int>(w.index()) + 1;
        w.run();
        scoped_value = 0;
      },
      [](const thread_pool& pool) {
        int total = 0;
        for (const int v : pool.broadcast([](broadcast_context) { return scoped_value; })) total += v;
        return total;
      });
  EXPECT_EQ(sum, 6);
}

TEST(pool, current_thread_becomes_worker_zero_without_handlers) {
  tally starts;
  {
    auto pool = thread_pool_builder{}
                    .num_threads(2)
                    .use_current_thread()
                    .start_handler([&](std::size_t i) {
                      EXPECT_EQ(i, 1U);
                      starts.add();
                    })
                    .build();
    EXPECT_EQ(current_thread_index(), 0U);
    EXPECT_EQ(pool.install([] { return current_thread_index(); }), 0U);
    EXPECT_EQ(fib(15), 610);
    EXPECT_EQ(pool.broadcast([](broadcast_context c) { return c.index(); }),
              (std::vector<std::size_t>{0, 1}));
  }
  EXPECT_EQ(current_thread_index(), std::nullopt);
  EXPECT_EQ(starts.value(), 1U);
}

TEST(pool, current_thread_pool_of_one_finishes_a_scope_in_place) {
  auto pool = thread_pool_builder{}.num_threads(1).use_current_thread().build();
  int ran = 0;
  pool.in_place_scope([&](scope_t& s) { s.spawn([&] { ++ran; }); });
  EXPECT_EQ(ran, 1);
  pool.spawn([&] { ++ran; });
  pool.shutdown();
  EXPECT_EQ(ran, 2);
}

TEST(pool, refuses_to_take_a_worker_as_its_current_thread) {
  const auto pool = thread_pool_builder{}.num_threads(1).build();
  const std::string what = pool.install([] {
    return message_of<error>(
        [] { static_cast<void>(thread_pool_builder{}.num_threads(1).use_current_thread().build()); });
  });
  EXPECT_EQ(what.substr(0, what.find('\n')),
            "error[current_thread_already_in_pool]: use_current_thread on a thread that is a worker already");
}

TEST(pool, yield_runs_one_pending_job_of_its_worker) {
  EXPECT_EQ(yield_now(), std::nullopt);
  EXPECT_EQ(yield_local(), std::nullopt);
  EXPECT_EQ(current_thread_has_pending_tasks(), std::nullopt);
  const auto pool = thread_pool_builder{}.num_threads(1).build();
  pool.install([&] {
    EXPECT_EQ(yield_now(), yield_result::idle);
    EXPECT_EQ(current_thread_has_pending_tasks(), false);
    int ran = 0;
    spawn([&] { ++ran; });
    spawn([&] { ++ran; });
    EXPECT_EQ(current_thread_has_pending_tasks(), true);
    EXPECT_EQ(yield_local(), yield_result::executed);
    EXPECT_EQ(ran, 1);
    EXPECT_EQ(pool.yield_now(), yield_result::executed);
    EXPECT_EQ(ran, 2);
    EXPECT_EQ(yield_local(), yield_result::idle);
  });
}

TEST(pool, workers_forget_their_pool_when_they_end) {
  tally cleared;
  struct at_thread_exit {
    tally* flag = nullptr;
    ~at_thread_exit() {
      if (flag != nullptr)
        if (current_thread_index() == std::nullopt) flag->add();
    }
  };
  {
    const auto pool = thread_pool_builder{}.num_threads(1).build();
    pool.install([&] {
      static thread_local at_thread_exit watch;
      watch.flag = &cleared;
    });
  }
  EXPECT_EQ(cleared.value(), 1U);
}

TEST(pool, describes_itself_with_the_origin_of_every_choice) {
  const auto pool = thread_pool_builder{}.num_threads(2).idle(idle_policy::power).build();
  const pool_description d = pool.describe();
  EXPECT_EQ(d.num_threads, 2U);
  EXPECT_EQ(d.num_threads_origin, "argument");
  EXPECT_EQ(d.idle_origin, "argument");
  EXPECT_EQ(d.placement, pin::none);
  EXPECT_TRUE(d.worker_cpu.empty());
  EXPECT_EQ(d.to_string().substr(0, d.to_string().find('\n')), "threads 2 (argument)");
}

}  // namespace
}  // namespace twill::par::test
