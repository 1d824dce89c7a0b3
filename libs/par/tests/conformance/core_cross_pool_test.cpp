// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"

#include <latch>
#include <thread>
#include <vector>

namespace twill::par::test {
namespace {

class cross_pool_test : public with_threads {};
INSTANTIATE_TEST_SUITE_P(threads, cross_pool_test, ::testing::Values(1, 2, 7), threads_name);

TEST_P(cross_pool_test, two_pools_install_into_each_other) {
  const auto one = make();
  const auto two = make();
  EXPECT_EQ(one.install([&] {
    return two.install([&] { return one.install([&] { return two.install([] { return 4; }); }); });
  }),
            4);
}

TEST_P(cross_pool_test, two_sleeping_pools_install_and_broadcast_into_each_other) {
  const auto one = make();
  const auto two = make();
  for (int i = 0; i < 20; ++i) {
    until_a_worker_sleeps(one);
    until_a_worker_sleeps(two);
    EXPECT_EQ(one.install([&] { return two.install([&] { return one.install([] { return 4; }); }); }), 4);
    until_a_worker_sleeps(two);
    const auto sizes = one.install([&] {
      return two.broadcast(
          [&](broadcast_context) { return one.broadcast([](broadcast_context) { return 1; }).size(); });
    });
    EXPECT_EQ(sizes, std::vector<std::size_t>(GetParam(), GetParam()));
  }
}

TEST(cross_pool, mutual_installs_nest_deeper_than_the_steal_limit) {
  const auto one = thread_pool_builder{}.num_threads(1).build();
  const auto two = thread_pool_builder{}.num_threads(1).build();
  struct step {
    static int down(const thread_pool& here, const thread_pool& there, int left) {
      if (left == 0) return 0;
      return 1 + here.install([&] { return down(there, here, left - 1); });
    }
  };
  EXPECT_EQ(step::down(one, two, 200), 200);
}

TEST(cross_pool, a_waiting_worker_keeps_working_for_its_own_pool) {
  const auto one = thread_pool_builder{}.num_threads(1).build();
  const auto two = thread_pool_builder{}.num_threads(1).build();
  // The only worker of `one` waits for `two`, whose task needs `one`: it ends only if that worker goes on.
  std::latch helped(1);
  one.install([&] {
    spawn([&] { helped.count_down(); });
    two.install([&] { helped.wait(); });
  });
  EXPECT_TRUE(helped.try_wait());
}

TEST_P(cross_pool_test, scopes_of_one_pool_spawn_from_another) {
  const auto one = make();
  const auto two = make();
  tally ran;
  one.scope([&](scope_t& s) {
    two.install([&] {
      for (int i = 0; i < 20; ++i) {
        s.spawn([&] {
          EXPECT_NE(one.current_thread_index(), std::nullopt);
          ran.add();
        });
      }
    });
  });
  EXPECT_EQ(ran.value(), 20U);
}

TEST_P(cross_pool_test, a_pool_may_end_right_after_another_one_answered) {
  const auto stays = make();
  for (int i = 0; i < 100; ++i) {
    const auto goes = make();
    EXPECT_EQ(goes.install([&] { return stays.install([] { return 1; }); }), 1);
  }
}

TEST_P(cross_pool_test, in_place_scope_of_another_pool_waits_as_a_worker) {
  const auto one = make();
  const auto two = make();
  tally ran;
  one.install([&] {
    two.in_place_scope([&](scope_t& s) {
      for (int i = 0; i < 10; ++i) {
        s.spawn([&] { one.install([&] { ran.add(); }); });
      }
    });
  });
  EXPECT_EQ(ran.value(), 10U);
}

}  // namespace
}  // namespace twill::par::test
