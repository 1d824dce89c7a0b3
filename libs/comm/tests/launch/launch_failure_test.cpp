// SPDX-License-Identifier: Apache-2.0
#include "launch_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

namespace twill::comm::launch {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

outcome run_with_grace(milliseconds grace, int ranks, std::vector<std::string> deeds) {
  plan p = plan_of(ranks, std::move(deeds));
  p.grace = grace;
  return run_plan(p);
}

TEST(launch_failure, a_code_of_a_rank_is_the_jobs_code) {
  const outcome done = run_deeds(3, {"1:exit=3"});
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.errors, "error[rank_failed]: rank 1 of 3 left with exit code 3\n");
}

TEST(launch_failure, a_rank_that_a_signal_killed_is_named_with_the_signal_and_the_code_is_4) {
  const outcome done = run_deeds(4, {"2:raise=" + std::to_string(SIGSEGV)});
  EXPECT_EQ(done.code, 4);
  EXPECT_EQ(done.errors, "error[rank_failed]: rank 2 of 4 was killed by signal 11 (SIGSEGV)\n");
}

TEST(launch_failure, a_kill_comes_with_a_hint) {
  const outcome done = run_deeds(2, {"0:raise=9"});
  EXPECT_EQ(done.code, 4);
  EXPECT_THAT(done.errors, HasSubstr("rank 0 of 2 was killed by signal 9 (SIGKILL)\nhint: the kernel kills"));
}

TEST(launch_failure, last_words_come_before_the_message_about_the_end) {
  const outcome done = run_deeds(2, {"1:error=last words", "1:raise=6"});
  EXPECT_THAT(done.errors,
              StartsWith("[1] last words\nerror[rank_failed]: rank 1 of 2 was killed by signal 6 (SIGABRT)"));
}

TEST(launch_failure, code_0_before_the_end_of_communication_is_a_failure) {
  const outcome done = run_deeds(2, {"attach", "all-attached", "1:exit=0", "leave"});
  EXPECT_EQ(done.code, 4);
  EXPECT_THAT(done.errors,
              HasSubstr("rank 1 of 2 left with exit code 0 before it had finished communicating"));
}

TEST(launch_failure, code_0_without_taking_part_is_a_failure_once_another_rank_takes_part) {
  // Rank 1 takes part at once or long after rank 0 left: both end the same way.
  for (const std::string& late : {std::string("print=x"), std::string("lines=200000")}) {
    plan p = plan_of(2, {"0:exit=0", late, "attach", "for-ever"});
    p.grace = milliseconds(1);
    const outcome done = run_plan(p);
    EXPECT_EQ(done.code, 4);
    EXPECT_THAT(done.errors,
                HasSubstr("rank 0 of 2 left with exit code 0 without taking part, and others wait for it"));
  }
}

TEST(launch_failure, an_abort_decides_the_code_and_is_told_with_its_reason) {
  const outcome done = run_deeds(3, {"attach", "all-attached", "1:abort-job=7", "leave"});
  EXPECT_EQ(done.code, 7);
  EXPECT_THAT(done.errors,
              HasSubstr("error[job_aborted]: rank 1 of 3 ended the job with exit code 7: the reason"));
}

TEST(launch_failure, who_goes_on_after_a_failure_is_ended) {
  const auto begin = std::chrono::steady_clock::now();
  const outcome done = run_with_grace(milliseconds(20), 3, {"0:exit=5", "for-ever"});
  EXPECT_EQ(done.code, 5);
  EXPECT_THAT(done.errors,
              HasSubstr("warning[straggler]: ranks that go on after the failure are ended: 1, 2\n"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
}

TEST(launch_failure, who_does_not_listen_to_sigterm_is_killed) {
  const outcome done =
      run_with_grace(milliseconds(20), 2, {"ignore=15", "attach", "all-attached", "0:exit=5", "for-ever"});
  EXPECT_EQ(done.code, 5);
  EXPECT_THAT(done.errors, Not(HasSubstr("was killed by")));
}

TEST(launch_failure, after_a_timeout_a_stuck_rank_is_not_waited_for_again) {
  const auto begin = std::chrono::steady_clock::now();
  const outcome done = run_deeds(2, {"attach", "all-attached", "0:timeout-job", "0:exit=4", "for-ever"});
  EXPECT_EQ(done.code, 4);
  EXPECT_THAT(done.errors, HasSubstr("rank 0 of 2 ended the job with exit code 4: rank 1 is late"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(4));  // the grace alone would be 5
}

}  // namespace
}  // namespace twill::comm::launch
