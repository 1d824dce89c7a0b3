// SPDX-License-Identifier: Apache-2.0
// The part as -DTWILL_LANES_PARALLEL=OFF builds it: this program has the executor's own files, compiled
// without the pool, in front of the library's.
#include "bits.hpp"
#include "run_cases.hpp"

#include <gtest/gtest.h>

namespace twill::lanes {
namespace {

TEST(serial, has_no_workers_whatever_is_asked_for) {
  executor ex({.threads = 8});
  EXPECT_EQ(ex.threads(), 1U);
  ex.launch(program::parse_text("exit"), {.launch = launch_config::linear(100'000, 10)});
  EXPECT_EQ(ex.activity().size(), 1U);
  EXPECT_EQ(ex.activity()[0].blocks, 10'000U);
}

TEST(serial, has_the_bits_of_the_build_with_threads) {
  executor ex;
  EXPECT_EQ(test::bit_digest::of(ex), test::bit_digest::expected);
}

TEST(serial, cases_pass_at_every_width) {
  test::run_folder(std::filesystem::path(TWILL_SOURCE_DIR) / "libs/lanes/tests/cases", 29);
  test::run_folder(std::filesystem::path(TWILL_SOURCE_DIR) / "../shared/examples/lanes", 0);
}

TEST(serial, launches_beside_the_caller_have_run_before_it_goes_on) {
  executor ex;
  const program p = program::parse_text("exit");
  pending_launch done = ex.launch_async(p, {.launch = launch_config::linear(7, 1)});
  EXPECT_TRUE(done.ready());
  EXPECT_EQ(done.get().lanes, 7U);
}

}  // namespace
}  // namespace twill::lanes
