// SPDX-License-Identifier: Apache-2.0
#include "launch/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <sys/wait.h>

namespace twill::comm::launch {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int left_with(int code) { return W_EXITCODE(code, 0); }
constexpr int killed_by(int signal) { return W_EXITCODE(0, signal); }

struct a_job {
  explicit a_job(int ranks, int taking_part)
      : memory(rendezvous::memory::create(ranks, {.threads = true})), decided(*memory, ranks) {
    for (int r = 0; r < taking_part; ++r) rendezvous::enter(*memory, r);
  }
  std::shared_ptr<rendezvous::memory> memory;
  verdict decided;
};

TEST(verdict, a_job_whose_ranks_finished_or_never_communicated_is_a_success) {
  a_job together(2, 2);
  rendezvous::leave(*together.memory, 0);
  rendezvous::leave(*together.memory, 1);
  EXPECT_EQ(together.decided.note(std::array{ended_rank{0, left_with(0)}, ended_rank{1, left_with(0)}}), "");
  EXPECT_FALSE(together.decided.failed());
  EXPECT_EQ(together.decided.exit_code(), 0);

  a_job strangers(2, 0);
  EXPECT_EQ(strangers.decided.note(std::array{ended_rank{0, left_with(0)}, ended_rank{1, left_with(0)}}), "");
  EXPECT_EQ(strangers.decided.exit_code(), 0);
}

TEST(verdict, the_signal_decides_where_ranks_end_at_the_same_time) {
  a_job j(3, 3);
  const std::string text = j.decided.note(
      std::array{ended_rank{0, left_with(9)}, ended_rank{1, left_with(9)}, ended_rank{2, killed_by(SIGBUS)}});
  EXPECT_EQ(text, "error[rank_failed]: rank 2 of 3 was killed by signal 7 (SIGBUS)\n");
  EXPECT_EQ(j.decided.exit_code(), 4);
}

TEST(verdict, the_first_failure_keeps_the_code_and_later_signals_are_still_told) {
  a_job j(3, 3);
  EXPECT_THAT(j.decided.note(std::array{ended_rank{1, left_with(3)}}),
              HasSubstr("rank 1 of 3 left with exit code 3"));
  EXPECT_EQ(j.decided.note(std::array{ended_rank{0, left_with(4)}}), "");
  EXPECT_EQ(j.decided.note(std::array{ended_rank{2, killed_by(SIGFPE)}}),
            "error[rank_failed]: rank 2 of 3 was killed by signal 8 (SIGFPE)\n");
  EXPECT_EQ(j.decided.exit_code(), 3);
}

TEST(verdict, an_abort_gives_its_code_but_a_killed_rank_is_named_as_the_cause) {
  a_job j(2, 2);
  rendezvous::record_abort(*j.memory, rendezvous::abort_cause::exception, 0, 6, "peer lost");
  const std::string text =
      j.decided.note(std::array{ended_rank{0, left_with(6)}, ended_rank{1, killed_by(SIGKILL)}});
  EXPECT_THAT(text, StartsWith("error[rank_failed]: rank 1 of 2 was killed by signal 9 (SIGKILL)"));
  EXPECT_THAT(text, Not(HasSubstr("peer lost")));
  EXPECT_EQ(j.decided.exit_code(), 6);
}

TEST(verdict, who_left_quietly_is_a_failure_as_soon_as_another_takes_part) {
  a_job j(2, 0);
  EXPECT_EQ(j.decided.note(std::array{ended_rank{0, left_with(0)}}), "");
  EXPECT_TRUE(j.decided.looks_again());
  EXPECT_EQ(j.decided.look_again(), "");
  rendezvous::enter(*j.memory, 1);
  EXPECT_THAT(j.decided.look_again(), HasSubstr("rank 0 of 2 left with exit code 0 without taking part"));
  EXPECT_EQ(j.decided.exit_code(), 4);
  const auto told = rendezvous::find_abort(*j.memory);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->cause, rendezvous::abort_cause::left);
  EXPECT_EQ(told->code, 4);
}

TEST(verdict, dying_of_a_signal_that_was_passed_on_is_128_and_the_signal) {
  a_job j(2, 2);
  j.decided.passed_on(SIGTERM);
  EXPECT_EQ(j.decided.note(std::array{ended_rank{0, killed_by(SIGTERM)}}), "");
  EXPECT_EQ(j.decided.exit_code(), 143);
  a_job user(1, 1);
  user.decided.passed_on(SIGUSR1);
  EXPECT_EQ(user.decided.note(std::array{ended_rank{0, killed_by(SIGUSR1)}}),
            "error[rank_failed]: rank 0 of 1 was killed by signal 10 (SIGUSR1)\n");
  EXPECT_EQ(user.decided.exit_code(), 138);
}

TEST(verdict, ranks_that_are_being_ended_are_not_reported) {
  a_job j(2, 2);
  EXPECT_TRUE(j.decided.fail(2));
  EXPECT_FALSE(j.decided.fail(3));
  j.decided.ending();
  EXPECT_EQ(j.decided.note(std::array{ended_rank{0, killed_by(SIGTERM)}, ended_rank{1, killed_by(SIGKILL)}}),
            "");
  EXPECT_EQ(j.decided.exit_code(), 2);
}

}  // namespace
}  // namespace twill::comm::launch
