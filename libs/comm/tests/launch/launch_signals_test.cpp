// SPDX-License-Identifier: Apache-2.0
#include "launch_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

namespace twill::comm::launch {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(launch_signals, a_signal_is_passed_on_once_to_every_rank_and_a_clean_stop_is_success) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH}) {
    const std::string n = std::to_string(signal);
    const outcome done = run_deeds(
        2, {"catch=" + n, "attach", "all-attached", "0:signal-launcher=" + n, "await-signal", "leave"});
    EXPECT_EQ(done.code, 0) << signal << done.errors;
    EXPECT_THAT(sorted_lines(done.output), ElementsAre("0 caught " + n, "1 caught " + n)) << signal;
  }
}

TEST(launch_signals, ranks_that_die_of_a_signal_that_was_passed_on_give_its_code_and_no_error) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const std::string n = std::to_string(signal);
    const outcome done = run_deeds(2, {"attach", "all-attached", "0:signal-launcher=" + n, "for-ever"});
    EXPECT_EQ(done.code, 128 + signal);
    EXPECT_THAT(done.errors, Not(HasSubstr("error["))) << signal;
  }
}

TEST(launch_signals, a_code_that_a_rank_chose_after_a_signal_is_kept) {
  const outcome done =
      run_deeds(2, {"catch=2", "attach", "all-attached", "0:signal-launcher=2", "await-signal", "exit=75"});
  EXPECT_EQ(done.code, 75);
}

TEST(launch_signals, a_second_interrupt_kills) {
  const outcome done =
      run_deeds(2, {"ignore=2", "attach", "all-attached", "0:signal-launcher-until-the-end=2", "for-ever"});
  EXPECT_EQ(done.code, 130);
  EXPECT_THAT(done.errors, StartsWith("twill run: SIGINT passed on to 2 ranks; a second one kills them\n"));
  EXPECT_THAT(done.errors, HasSubstr("twill run: SIGINT again: the ranks are killed\n"));
}

TEST(launch_signals, what_was_ignored_stays_ignored) {
  struct sigaction ignore{};
  struct sigaction before{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGHUP, &ignore, &before);
  const outcome done = run_deeds(1, {"signal-launcher=1", "raise=0", "print=here"});
  sigaction(SIGHUP, &before, nullptr);
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.output, "here\n");
}

// Runs a job whose rank 0 reads a byte, which it gets when `text` has been seen among the errors.
outcome run_until_seen(plan p, const std::string& text) {
  std::array<int, 2> input{};
  std::array<int, 2> errors{};
  EXPECT_EQ(pipe(input.data()), 0);
  EXPECT_EQ(pipe(errors.data()), 0);
  outcome done;
  // A thread takes over the mask of its maker, and signals to this process are for the launcher alone.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread person([&] {
    bool told = false;
    std::array<char, 4096> some{};
    for (ssize_t n = 0; (n = read(errors[0], some.data(), some.size())) > 0;) {
      done.errors.append(some.data(), static_cast<std::size_t>(n));
      if (!told && done.errors.find(text) != std::string::npos) {
        told = true;
        EXPECT_EQ(write(input[1], "!", 1), 1);
      }
    }
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  p.input = input[0];
  p.errors = errors[1];
  done.code = run(check(p));
  close(errors[1]);
  person.join();
  for (const int fd : {input[0], input[1], errors[0]}) close(fd);
  return done;
}

TEST(launch_waits, are_told_when_nobody_makes_progress_and_nothing_is_killed_for_it) {
  plan p = plan_of(2, {"attach", "all-attached", "0:waiting-for=1", "0:read-a-byte", "leave"});
  p.report_waits = milliseconds(50);
  // Rank 1 leaves at once; rank 0 alone waits.
  const outcome done = run_until_seen(p, "barrier, waits for rank 1");
  EXPECT_EQ(done.code, 0) << done.errors;
  EXPECT_THAT(done.errors,
              HasSubstr("warning[no_progress]: ranks wait, and none has made progress for 0.05 s\n"));
  EXPECT_THAT(done.errors, HasSubstr("\nrank 0: barrier, waits for rank 1"));
}

TEST(launch_waits, are_told_on_sigquit_which_is_not_passed_on) {
  plan p = plan_of(
      2, {"attach", "all-attached", "0:waiting-for=1", "0:signal-launcher=3", "0:read-a-byte", "leave"});
  p.report_waits = milliseconds(0);
  const outcome done = run_until_seen(p, "rank 0: barrier, waits for rank 1");
  EXPECT_EQ(done.code, 0) << done.errors;
  EXPECT_THAT(done.errors, HasSubstr("of 2 ranks are running, job "));
  EXPECT_THAT(done.errors, Not(HasSubstr("no_progress")));
}

}  // namespace
}  // namespace twill::comm::launch
