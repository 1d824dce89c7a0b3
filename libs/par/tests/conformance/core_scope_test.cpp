// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"
#include "twill/par/scope.hpp"

#include <barrier>
#include <functional>
#include <mutex>
#include <numeric>
#include <random>
#include <vector>

namespace twill::par::test {
namespace {

class scope_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, scope_test, ::testing::Values(1, 2, 7), threads_name);

TEST(scope, ends_when_nothing_is_spawned) {
  int ran = 0;
  scope([&](scope_t&) { ++ran; });
  EXPECT_EQ(ran, 1);
}

TEST(scope, returns_the_value_of_its_body) {
  EXPECT_EQ(scope([](scope_t&) { return 22; }), 22);
  int x = 4;
  EXPECT_EQ(&scope([&](scope_t&) -> int& { return x; }), &x);
}

TEST_P(scope_test, waits_for_two_tasks) {
  const auto pool = make();
  tally sum;
  pool.scope([&](auto& s) {
    s.spawn([&] { sum.add(); });
    s.spawn([&](scope_t&) { sum.add(10); });
  });
  EXPECT_EQ(sum.value(), 11U);
}

void divide(scope_t& s, tally& counter, std::size_t size) {
  if (size <= 1) {
    counter.add();
    return;
  }
  s.spawn([&counter, size](scope_t& inner) { divide(inner, counter, size / 2); });
  s.spawn([&counter, size](scope_t& inner) { divide(inner, counter, size - size / 2); });
}

TEST_P(scope_test, divides_and_conquers_as_the_serial_program) {
  const auto pool = make();
  tally counter;
  pool.scope([&](scope_t& s) { divide(s, counter, 1024); });
  EXPECT_EQ(counter.value(), 1024U);
}

struct tree {
  int value = 0;
  std::vector<tree> children;
  [[nodiscard]] long sum() const {
    return std::accumulate(children.begin(), children.end(), long{value},
                           [](long s, const tree& t) { return s + t.sum(); });
  }
  [[nodiscard]] long size() const {
    return std::accumulate(children.begin(), children.end(), 1L,
                           [](long s, const tree& t) { return s + t.size(); });
  }
};

tree random_tree(std::mt19937& random, int depth) {
  tree t{static_cast<int>(random() % 100), {}};
  if (depth > 0) {
    for (auto n = random() % 5; n > 0; --n) t.children.push_back(random_tree(random, depth - 1));
  }
  return t;
}

void update(scope_t& s, tree& t) {
  t.value += 1;
  for (tree& child : t.children) s.spawn([&child](scope_t& inner) { update(inner, child); });
}

TEST_P(scope_test, updates_every_node_of_a_random_tree) {
  const auto pool = make();
  std::mt19937 random(7);
  tree root{1, {}};
  for (int i = 0; i < 6; ++i) root.children.push_back(random_tree(random, 6));
  const long before = root.sum();
  const long nodes = root.size();
  pool.scope([&](scope_t& s) { update(s, root); });
  EXPECT_EQ(root.sum(), before + nodes);
}

void count_down(scope_t& s, std::size_t n, std::size_t& steps) {
  ++steps;
  if (n > 0) s.spawn([n, &steps](scope_t& inner) { count_down(inner, n - 1, steps); });
}

TEST_P(scope_test, counts_down_ten_thousand_deep_without_growing_the_stack) {
  const auto pool = make();
  std::size_t steps = 0;
  pool.scope([&](scope_t& s) { count_down(s, 10'000, steps); });
  EXPECT_EQ(steps, 10'001U);
}

TEST(scope, nested_spawns_on_one_worker_use_a_bounded_stack) {
  const auto pool = thread_pool_builder{}.num_threads(1).build();
  const auto depth_of = [&](int spawns) {
    std::size_t lowest = SIZE_MAX;
    std::size_t highest = 0;
    std::function<void(scope_t&, int)> step = [&](scope_t& at, int left) {
      const auto here = reinterpret_cast<std::size_t>(__builtin_frame_address(0));
      lowest = std::min(lowest, here);
      highest = std::max(highest, here);
      if (left > 0) at.spawn([&step, left](scope_t& inner) { step(inner, left - 1); });
    };
    pool.install([&] { scope([&](scope_t& s) { step(s, spawns); }); });
    return highest - lowest;
  };
  const std::size_t few = depth_of(10);
  EXPECT_LE(depth_of(1000), few + 4096);
}

TEST_P(scope_test, throws_what_its_body_threw) {
  const auto pool = make();
  EXPECT_EQ(
      message_of<std::runtime_error>([&] { pool.scope([](scope_t&) { throw std::runtime_error("body"); }); }),
      "body");
}

TEST_P(scope_test, throws_what_a_task_threw) {
  const auto pool = make();
  EXPECT_EQ(message_of<std::runtime_error>(
                [&] { pool.scope([](scope_t& s) { s.spawn([] { throw std::runtime_error("task"); }); }); }),
            "task");
}

TEST_P(scope_test, throws_what_a_nested_task_threw) {
  const auto pool = make();
  EXPECT_EQ(message_of<std::runtime_error>([&] {
              pool.scope([](scope_t& s) {
                s.spawn([](scope_t& a) {
                  a.spawn([](scope_t& b) { b.spawn([] { throw std::runtime_error("deep"); }); });
                });
              });
            }),
            "deep");
}

TEST_P(scope_test, throws_what_a_nested_scope_threw) {
  const auto pool = make();
  EXPECT_EQ(
      message_of<std::runtime_error>([&] {
        pool.scope([](scope_t& s) {
          s.spawn([] { scope([](scope_t& n) { n.spawn([] { throw std::runtime_error("nested"); }); }); });
        });
      }),
      "nested");
}

TEST_P(scope_test, tasks_still_run_when_the_body_throws) {
  const auto pool = make();
  tally ran;
  const auto task = [&] { ran.add(); };
  EXPECT_THROW(pool.scope([&](scope_t& s) {
    s.spawn(task);
    throw std::runtime_error("body");
  }),
               std::runtime_error);
  EXPECT_EQ(ran.value(), 1U);
  EXPECT_THROW(pool.scope([&](scope_t& s) {
    s.spawn([&](scope_t& inner) {
      inner.spawn(task);
      throw std::runtime_error("task");
    });
    s.spawn(task);
  }),
               std::runtime_error);
  EXPECT_EQ(ran.value(), 3U);
}

TEST_P(scope_test, keeps_the_first_exception_and_counts_the_others) {
  const auto pool = make();
  const std::size_t before = suppressed_exception_count();
  EXPECT_EQ(message_of<std::runtime_error>([&] {
              pool.scope([](scope_t& s) {
                for (int i = 0; i < 4; ++i) s.spawn([] { throw std::runtime_error("one of four"); });
              });
            }),
            "one of four");
  EXPECT_EQ(suppressed_exception_count(), before + 3);
}

TEST_P(scope_test, collects_all_errors_in_spawn_order) {
  const auto pool = make();
  std::vector<std::string> messages;
  std::string summary;
  try {
    pool.scope({.collect_errors = true}, [](scope_t& s) {
      for (int i = 0; i < 5; ++i) {
        s.spawn([i] {
          if (i % 2 == 0) throw std::runtime_error("task " + std::to_string(i));
        });
      }
      throw std::runtime_error("body");
    });
  } catch (const aggregate_error& e) {
    summary = e.what();
    for (const auto& one : e.errors())
      messages.push_back(message_of<std::runtime_error>([&] { std::rethrow_exception(one); }));
  }
  EXPECT_EQ(messages, (std::vector<std::string>{"task 0", "task 2", "task 4", "body"}));
  EXPECT_EQ(summary, "4 tasks failed; the first: task 0");
}

std::vector<int> order_on_one_worker(const std::function<void(std::vector<int>&)>& run) {
  const auto pool = thread_pool_builder{}.num_threads(1).build();
  std::vector<int> order;
  pool.install([&] { run(order); });
  return order;
}

TEST(scope, one_worker_starts_its_newest_task_first) {
  EXPECT_EQ(order_on_one_worker([](auto& order) {
              scope([&](scope_t& s) {
                for (int i = 0; i < 4; ++i) s.spawn([&order, i] { order.push_back(i); });
              });
            }),
            (std::vector<int>{3, 2, 1, 0}));
}

TEST(scope_fifo, one_worker_starts_its_oldest_task_first) {
  EXPECT_EQ(order_on_one_worker([](auto& order) {
              scope_fifo([&](scope_fifo_t& s) {
                for (int i = 0; i < 4; ++i) s.spawn_fifo([&order, i] { order.push_back(i); });
              });
            }),
            (std::vector<int>{0, 1, 2, 3}));
}

TEST(scope_fifo, nested_scopes_keep_their_own_order) {
  EXPECT_EQ(order_on_one_worker([](auto& order) {
              scope_fifo([&](scope_fifo_t& outer) {
                for (int i = 0; i < 2; ++i) outer.spawn_fifo([&order, i] { order.push_back(i); });
                scope_fifo([&](scope_fifo_t& inner) {
                  for (int i = 10; i < 12; ++i) inner.spawn_fifo([&order, i] { order.push_back(i); });
                });
              });
            }),
            (std::vector<int>{10, 11, 0, 1}));
}

TEST(scope, mixes_newest_first_and_oldest_first_scopes) {
  EXPECT_EQ(order_on_one_worker([](auto& order) {
              scope([&](scope_t& outer) {
                for (int i = 0; i < 2; ++i) outer.spawn([&order, i] { order.push_back(i); });
                scope_fifo([&](scope_fifo_t& inner) {
                  for (int i = 10; i < 12; ++i) inner.spawn_fifo([&order, i] { order.push_back(i); });
                });
              });
            }),
            (std::vector<int>{10, 11, 1, 0}));
}

TEST(scope, outlives_the_borrowed_data_of_its_tasks_closures) {
  const auto pool = thread_pool_builder{}.num_threads(2).build();
  const auto token = std::make_shared<int>(1);
  pool.scope([&](scope_t& s) {
    for (int i = 0; i < 50; ++i) s.spawn([token] { static_cast<void>(*token); });
  });
  EXPECT_EQ(token.use_count(), 1);
}

TEST_P(scope_test, takes_move_only_closures) {
  const auto pool = make();
  int seen = 0;
  pool.scope([&](scope_t& s) { s.spawn([&seen, p = std::make_unique<int>(6)] { seen = *p; }); });
  EXPECT_EQ(seen, 6);
}

TEST_P(scope_test, broadcast_in_a_scope_reaches_every_worker_once) {
  const auto pool = make();
  std::mutex mutex;
  std::vector<std::size_t> seen;
  pool.scope([&](scope_t& s) {
    s.spawn_broadcast([&](broadcast_context c) {
      const std::scoped_lock lock(mutex);
      seen.push_back(c.index());
      EXPECT_EQ(c.num_threads(), GetParam());
    });
  });
  std::sort(seen.begin(), seen.end());
  std::vector<std::size_t> expected(GetParam());
  std::iota(expected.begin(), expected.end(), std::size_t{0});
  EXPECT_EQ(seen, expected);
}

TEST_P(scope_test, broadcast_in_a_scope_may_meet_at_a_barrier) {
  const auto pool = make();
  std::barrier meet(static_cast<std::ptrdiff_t>(GetParam()));
  tally past;
  pool.in_place_scope([&](scope_t& s) {
    s.spawn_broadcast([&](broadcast_context) {
      meet.arrive_and_wait();
      past.add();
    });
  });
  EXPECT_EQ(past.value(), GetParam());
}

TEST_P(scope_test, throws_when_one_or_all_of_a_broadcast_throw) {
  const auto pool = make();
  tally ran;
  for (const bool all : {false, true}) {
    EXPECT_THROW(pool.scope([&](scope_t& s) {
      s.spawn_broadcast([&ran, all](broadcast_context c) {
        ran.add();
        if (all || c.index() == 0) throw std::runtime_error("broadcast");
      });
    }),
                 std::runtime_error);
  }
  EXPECT_EQ(ran.value(), 2 * GetParam());
}

TEST_P(scope_test, in_place_body_stays_on_the_calling_thread) {
  const auto pool = make();
  const auto caller = std::this_thread::get_id();
  std::thread::id body;
  tally task_elsewhere;
  pool.in_place_scope([&](scope_t& s) {
    body = std::this_thread::get_id();
    s.spawn([&] {
      if (std::this_thread::get_id() != caller) task_elsewhere.add();
    });
  });
  EXPECT_EQ(body, caller);
  EXPECT_EQ(task_elsewhere.value(), 1U);
  std::vector<int> fifo;
  pool.in_place_scope_fifo([&](scope_fifo_t& s) { s.spawn_fifo([&] { fifo.push_back(1); }); });
  EXPECT_EQ(fifo, std::vector<int>{1});
}

}  // namespace
}  // namespace twill::par::test
