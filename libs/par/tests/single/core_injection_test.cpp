// SPDX-License-Identifier: Apache-2.0
// A million single jobs, each injected while the pool is anywhere between busy and asleep. A lost wake-up
// hangs: the timeout of the test is the watchdog.
#include "../conformance/core_support.hpp"

#include <random>

namespace twill::par::test {
namespace {

// Without fences every build is a slow one (ThreadSanitizer).
constexpr std::size_t jobs = detail::std_atomics::fences ? 1'000'000 : 50'000;

TEST(injection, of_a_million_single_jobs_loses_none) {
  const auto pool = thread_pool_builder{}.num_threads(2).guest_slots(0).build();
  std::mt19937 random(11);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < jobs; ++i) {
    // One in 64 waits up to 100 microseconds, longer than a worker searches; the others come while workers
    // search, become sleepy or go to sleep.
    const auto draw = static_cast<unsigned>(random());
    if (draw % 64 == 0) busy_for(std::chrono::microseconds(draw / 64 % 100));
    answered += pool.install([] { return std::size_t{1}; });
  }
  EXPECT_EQ(answered, jobs);
  EXPECT_EQ(pool.counters().jobs_injected, jobs);
  EXPECT_GT(pool.counters().sleeps, 0U);
}

}  // namespace
}  // namespace twill::par::test
