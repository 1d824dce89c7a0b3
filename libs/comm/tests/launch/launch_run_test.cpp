// SPDX-License-Identifier: Apache-2.0
#include "launch_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace twill::comm::launch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(launch, ranks_know_their_rank_their_size_and_their_job) {
  const outcome done = run_deeds(3, {"print-variable=TWILL_SIZE", "print-variable=TWILL_RANK"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.errors, "");
  EXPECT_THAT(sorted_lines(done.output), ElementsAre("0 TWILL_RANK=0", "0 TWILL_SIZE=3", "1 TWILL_RANK=1",
                                                     "1 TWILL_SIZE=3", "2 TWILL_RANK=2", "2 TWILL_SIZE=3"));
  const outcome job = run_deeds(2, {"print-variable=TWILL_JOB"});
  const auto lines = sorted_lines(job.output);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].substr(2), lines[1].substr(2));
  EXPECT_THAT(lines[0], HasSubstr("TWILL_JOB=" + std::to_string(getpid()) + '-'));
}

TEST(launch, threads_are_told_to_every_rank_only_when_they_are_given) {
  plan p = plan_of(2, {"print-variable=TWILL_NUM_THREADS"}, {"TWILL_NUM_THREADS=7"});
  p.threads = 3;
  EXPECT_THAT(sorted_lines(run_plan(p).output),
              ElementsAre("0 TWILL_NUM_THREADS=3", "1 TWILL_NUM_THREADS=3"));
  p.threads.reset();
  EXPECT_THAT(sorted_lines(run_plan(p).output),
              ElementsAre("0 TWILL_NUM_THREADS=7", "1 TWILL_NUM_THREADS=7"));
}

TEST(launch, other_variables_are_inherited_and_the_memory_is_an_open_descriptor) {
  const outcome done = run_plan(plan_of(1, {"print-variable=COLOUR", "attach", "leave"}, {"COLOUR=blue"}));
  EXPECT_EQ(done.output, "0 COLOUR=blue\n");
  EXPECT_EQ(done.code, 0) << done.errors;
}

TEST(launch, a_rank_has_a_group_of_its_own_dies_with_the_launcher_and_gets_the_old_signals_and_limits) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  EXPECT_EQ(run_deeds(1, {"print-state"}).output,
            "group own death 9 blocked 0 files " + std::to_string(files.rlim_cur) + " pipe default\n");
}

TEST(launch, signals_of_the_caller_are_as_before_when_it_returns) {
  sigset_t mask;
  EXPECT_EQ(run_deeds(1, {"exit=0"}).code, 0);
  sigprocmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGINT), 0);
  EXPECT_EQ(sigismember(&mask, SIGCHLD), 0);
  struct sigaction broken_pipe{};
  sigaction(SIGPIPE, nullptr, &broken_pipe);
  EXPECT_EQ(broken_pipe.sa_handler, SIG_DFL);
}

TEST(launch, the_first_rank_reads_the_input_and_the_others_read_nothing) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  ASSERT_EQ(write(ends[1], "two\nlines\n", 10), 10);
  close(ends[1]);
  plan p = plan_of(3, {"cat"});
  p.input = ends[0];
  const outcome done = run_plan(p);
  close(ends[0]);
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.output, "two\nlines\n");
}

TEST(launch, errors_are_prefixed_with_the_rank_and_an_unfinished_line_is_ended) {
  const outcome done = run_deeds(2, {"error=first", "error-raw=second"});
  EXPECT_EQ(done.output, "");
  EXPECT_THAT(sorted_lines(done.errors), ElementsAre("[0] first", "[0] second", "[1] first", "[1] second"));
  EXPECT_EQ(done.errors.back(), '\n');
}

TEST(launch, bytes_of_a_single_rank_are_passed_on_as_they_are) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(run_deeds(1, {"print-raw=" + all}).output, all);
}

TEST(launch, an_unfinished_last_line_is_passed_on_and_does_not_run_into_another_ranks) {
  const auto lines = sorted_lines(run_deeds(3, {"print-raw=end"}).output);
  EXPECT_THAT(lines, ElementsAre("end", "end", "end"));
}

// Reads a job's output from a pipe while it runs, and counts each rank's lines.
TEST(launch, a_hundred_megabytes_of_four_ranks_arrive_whole_in_order_and_untorn) {
  constexpr long count = 500'000;  // 52 bytes on average: 26 MB a rank
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  std::map<int, long> next;
  std::size_t bytes = 0;
  long wrong = 0;
  const std::string crosses(90, 'x');
  std::thread reader([&] {
    FILE* in = fdopen(ends[0], "r");
    char* line = nullptr;
    std::size_t room = 0;
    for (ssize_t n = 0; (n = getline(&line, &room, in)) > 0;) {
      bytes += static_cast<std::size_t>(n);
      char* at = nullptr;
      const int rank = static_cast<int>(std::strtol(line, &at, 10));
      const long number = std::strtol(at + 1, &at, 10);
      const std::string_view rest(at, static_cast<std::size_t>(line + n - at));
      const auto length = static_cast<std::size_t>(number % 90);
      const bool whole = rest.size() == length + 2 && rest.front() == ':' && rest.back() == '\n';
      if (number != next[rank]++ || !whole ||
          rest.substr(1, length) != std::string_view(crosses).substr(0, length))
        ++wrong;
    }
    std::free(line);
    std::fclose(in);
  });
  plan p = plan_of(4, {"lines=" + std::to_string(count)});
  p.output = ends[1];
  const int code = run(check(p));
  close(ends[1]);
  reader.join();
  EXPECT_EQ(code, 0);
  EXPECT_EQ(wrong, 0);
  EXPECT_THAT(next, ElementsAre(testing::Pair(0, count), testing::Pair(1, count), testing::Pair(2, count),
                                testing::Pair(3, count)));
  EXPECT_GT(bytes, 100'000'000U);
}

TEST(launch, a_line_longer_than_any_buffer_is_not_torn_either) {
  constexpr std::size_t length = 3'000'000;
  const auto lines =
      sorted_lines(run_deeds(3, {"print=begin", "long-line=" + std::to_string(length), "print=end"}).output);
  ASSERT_EQ(lines.size(), 9U);
  for (int rank = 0; rank < 3; ++rank) {
    const std::string whole(length, static_cast<char>('a' + rank));
    EXPECT_EQ(std::ranges::count(lines, whole), 1) << rank;
  }
  EXPECT_EQ(std::ranges::count(lines, "begin"), 3);
  EXPECT_EQ(std::ranges::count(lines, "end"), 3);
}

TEST(launch, a_reader_that_leaves_ends_the_ranks) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  plan p = plan_of(2, {"0:print=nobody reads this", "for-ever"});
  p.output = ends[1];
  p.errors = open("/dev/null", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(run(check(p)), 128 + SIGPIPE);
  close(ends[1]);
  close(p.errors);
}

TEST(launch, a_full_disk_is_an_error_that_says_so) {
  plan p = plan_of(2, {"0:print=no room", "for-ever"});
  p.output = open("/dev/full", O_WRONLY | O_CLOEXEC);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  p.errors = ends[1];
  EXPECT_EQ(run(check(p)), 2);
  std::array<char, 4096> text{};
  const ssize_t n = read(ends[0], text.data(), text.size());
  ASSERT_GT(n, 0);
  EXPECT_THAT(
      std::string(text.data(), static_cast<std::size_t>(n)),
      HasSubstr("error[disk_full] standard output: cannot write the ranks' output: No space left on device"));
  for (const int fd : {p.output, ends[0], ends[1]}) close(fd);
}

TEST(launch, what_a_rank_leaves_behind_in_its_group_ends_with_it) {
  const outcome done = run_deeds(1, {"child", "exit=0"});
  ASSERT_THAT(done.output, HasSubstr("child "));
  EXPECT_EQ(done.code, 0);
  EXPECT_TRUE(gone(std::atoi(done.output.c_str() + 6))) << done.output;
}

TEST(launch, many_ranks_start_and_end) {
  const outcome done = run_deeds(64, {"attach", "all-attached", "leave", "print=x"});
  EXPECT_EQ(done.code, 0) << done.errors;
  EXPECT_EQ(std::ranges::count(done.output, 'x'), 64);
}

}  // namespace
}  // namespace twill::comm::launch
