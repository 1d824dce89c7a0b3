// SPDX-License-Identifier: Apache-2.0
// The global pool exists once in a process: these cases have one to themselves.
#include "../conformance/core_support.hpp"

#include <cstdlib>

namespace twill::par::test {
namespace {

TEST(global_pool, is_made_once_used_shut_down_and_made_again) {
  thread_pool_builder{}.num_threads(3).build_global();
  EXPECT_EQ(current_num_threads(), 3U);
  EXPECT_EQ(fib(12), 144);
  const std::string what = message_of<error>([] { thread_pool_builder{}.num_threads(2).build_global(); });
  EXPECT_EQ(what.substr(0, what.find('\n')),
            "error[global_pool_already_initialized]: the global pool exists already");
  shutdown_global();
  thread_pool_builder{}.num_threads(2).build_global();
  EXPECT_EQ(current_num_threads(), 2U);
  shutdown_global();
  shutdown_global();
}

TEST(global_pool, that_was_started_by_its_first_use_cannot_be_made_again) {
  EXPECT_EQ(fib(10), 55);
  EXPECT_THROW(thread_pool_builder{}.build_global(), error);
  shutdown_global();
}

TEST(global_pool, reports_a_malformed_setting_at_its_first_use) {
  setenv("TWILL_NUM_THREADS", "many", 1);
  const std::string what = message_of<twill::error>([] { spawn([] {}); });
  unsetenv("TWILL_NUM_THREADS");
  EXPECT_EQ(what.find("error[bad_configuration] TWILL_NUM_THREADS: "), 0U) << what;
  EXPECT_NE(what.find("many"), std::string::npos) << what;
  EXPECT_EQ(fib(10), 55);
}

}  // namespace
}  // namespace twill::par::test
