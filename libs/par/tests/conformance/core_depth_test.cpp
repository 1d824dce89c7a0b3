// SPDX-License-Identifier: Apache-2.0
// A worker that waits steals unrelated work on top of its stack: that depth is bounded.
#include "core_support.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

namespace twill::par::test {
namespace {

/// Deepest nesting of tasks that ran on top of each other on one thread.
class depth_meter {
 public:
  struct step {
    explicit step(depth_meter& m) : meter(m) {
      ++current;
      const std::scoped_lock lock(meter.mutex_);
      meter.deepest_ = std::max(meter.deepest_, current);
    }
    step(const step&) = delete;
    step& operator=(const step&) = delete;
    ~step() { --current; }
    depth_meter& meter;
    static inline thread_local std::size_t current = 0;
  };
  [[nodiscard]] std::size_t deepest() const { return deepest_; }

 private:
  std::mutex mutex_;
  std::size_t deepest_ = 0;
};

TEST(depth, many_tasks_that_wait_for_another_pool_fit_on_a_small_stack) {
  const auto one = thread_pool_builder{}.num_threads(1).stack_size(512 * 1024).build();
  const auto two = thread_pool_builder{}.num_threads(2).build();
  tally ran;
  one.in_place_scope([&](scope_t& s) {
    for (int i = 0; i < 3000; ++i) {
      s.spawn(
          [&] { two.install([&] { two.scope([&](scope_t& inner) { inner.spawn([&] { ran.add(); }); }); }); });
    }
  });
  EXPECT_EQ(ran.value(), 3000U);
}

long spread(depth_meter& meter, int depth, int fan) {
  const depth_meter::step here(meter);
  if (depth == 0) return 1;
  std::vector<long> parts(static_cast<std::size_t>(fan));
  scope([&](scope_t& s) {
    for (auto& part : parts) s.spawn([&meter, &part, depth, fan] { part = spread(meter, depth - 1, fan); });
  });
  long sum = 0;
  for (const long part : parts) sum += part;
  return sum;
}

TEST(depth, nested_scopes_of_many_workers_end_with_a_bounded_depth) {
  const auto pool = thread_pool_builder{}.num_threads(7).build();
  depth_meter meter;
  EXPECT_EQ(pool.install([&] { return spread(meter, 5, 5); }), 3125);
  // 64 nested steals of at most six scopes each, and the owner's own tasks in between.
  EXPECT_LE(meter.deepest(), 64U * 12U);
}

TEST(depth, joins_nested_deeper_than_the_limit_end) {
  const auto pool = thread_pool_builder{}.num_threads(7).build();
  struct list {
    static long down(int n) {
      if (n == 0) return 0;
      const auto [a, b] = join([n] { return down(n - 1); }, [] { return 1L; });
      return a + b;
    }
  };
  EXPECT_EQ(pool.install([] { return list::down(2000); }), 2000);
}

}  // namespace
}  // namespace twill::par::test
