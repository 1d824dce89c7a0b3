// SPDX-License-Identifier: Apache-2.0
#include "launch/program.hpp"
#include "launch_support.hpp"
#include "twill/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace twill::comm::launch {
namespace {

using testing::HasSubstr;
using testing::Not;

struct refusal {
  std::string message;
  int code = 0;
};

refusal refusal_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const twill::error& e) {
    return {e.what(), static_cast<int>(e.exit())};
  }
  return {"(nothing was thrown)", 0};
}

refusal refusal_of(plan p) {
  return refusal_of([&] { static_cast<void>(check(std::move(p))); });
}

TEST(launch_plan, a_number_of_ranks_outside_its_range_is_refused) {
  for (const int n : {0, -1, 1025}) {
    const refusal why = refusal_of(plan_of(n, {}));
    EXPECT_EQ(why.code, 64);
    EXPECT_EQ(why.message,
              "error[bad_configuration] -n: not a number of ranks that one machine can have (found " +
                  std::to_string(n) + ", expected 1 to 1024)");
  }
}

TEST(launch_plan, a_number_of_threads_outside_its_range_is_refused) {
  plan p = plan_of(1, {});
  p.threads = 0;
  const refusal why = refusal_of(p);
  EXPECT_EQ(why.code, 64);
  EXPECT_EQ(why.message,
            "error[bad_configuration] --threads: not a number of threads (found 0, expected 1 to 65536)");
}

TEST(launch_plan, ranks_inside_a_rank_are_refused) {
  for (const std::string& variable : {std::string("TWILL_RANK"), std::string("TWILL_SHM_FD")}) {
    const refusal why = refusal_of(plan_of(2, {}, {variable + "=3"}));
    EXPECT_EQ(why.code, 64);
    EXPECT_THAT(why.message, HasSubstr("error[bad_configuration] " + variable +
                                       ": ranks cannot be started from inside a rank (found 3)\nhint: "));
  }
}

TEST(launch_plan, no_program_is_refused) {
  plan p;
  EXPECT_EQ(refusal_of(p).message,
            "error[bad_configuration]: no program is named\nhint: twill run -n 4 -- ./program arguments");
}

class launch_program : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "twill_launch_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    make("solver", 0755, "#!/bin/sh\necho solved\n");
    make("notes", 0644, "text\n");
    make("headless", 0755, "no first line\n");
    make("lost", 0755, "#!/nowhere/interpreter\n");
  }
  void TearDown() override {
    for (const char* name : {"solver", "notes", "headless", "lost"}) unlink((folder_ + '/' + name).c_str());
    rmdir(folder_.c_str());
  }
  void make(const std::string& name, mode_t mode, const std::string& text) {
    const int fd = open((folder_ + '/' + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ASSERT_EQ(fchmod(fd, mode), 0);
    close(fd);
  }
  [[nodiscard]] refusal find(const std::string& word, const std::string& path) const {
    return refusal_of([&] { static_cast<void>(find_program(word, path)); });
  }
  [[nodiscard]] refusal start(const std::string& name) const {
    plan p = plan_of(3, {});
    p.command = {folder_ + '/' + name};
    return refusal_of([&] { static_cast<void>(run_plan(p)); });
  }
  std::string folder_;
};

TEST_F(launch_program, is_looked_for_on_the_path_of_the_plan) {
  EXPECT_EQ(find_program("solver", "/nowhere:" + folder_), folder_ + "/solver");
  EXPECT_EQ(find_program(folder_ + "/solver", ""), folder_ + "/solver");
  plan p;
  p.command = {"solver"};
  p.environment = {"PATH=" + folder_ + ":/bin:/usr/bin"};
  EXPECT_EQ(run_plan(p).output, "solved\n");
}

TEST_F(launch_program, that_is_not_there_is_answered_with_the_nearest) {
  const refusal on_path = find("solvr", "/nowhere:" + folder_);
  EXPECT_EQ(on_path.code, 2);
  EXPECT_EQ(on_path.message,
            "error[cannot_read]: there is no such program on PATH (found solvr)\nhint: did you mean solver?");
  const refusal in_folder = find(folder_ + "/solvr", "");
  EXPECT_EQ(in_folder.message, "error[cannot_read]: there is no such program (found " + folder_ +
                                   "/solvr)\nhint: did you mean " + folder_ + "/solver?");
  EXPECT_THAT(find("zzzzqqqq", folder_).message,
              HasSubstr("hint: a program that is not on PATH is named with its folder"));
}

TEST_F(launch_program, that_may_not_be_executed_or_is_a_folder_says_so) {
  EXPECT_EQ(find(folder_ + "/notes", "").message,
            "error[cannot_read]: the program is a file that may not be executed (found " + folder_ +
                "/notes)\nhint: chmod +x " + folder_ + "/notes");
  EXPECT_THAT(find("notes", folder_).message, HasSubstr("hint: chmod +x " + folder_ + "/notes"));
  EXPECT_THAT(find(folder_, "").message, HasSubstr("the program is a folder"));
}

TEST_F(launch_program, that_the_system_cannot_execute_is_named_with_the_reason) {
  const refusal headless = start("headless");
  EXPECT_EQ(headless.code, 2);
  EXPECT_THAT(headless.message, HasSubstr("cannot be started: Exec format error (found " + folder_ +
                                          "/headless)\nhint: a script begins"));
  EXPECT_THAT(start("lost").message, HasSubstr("cannot be started: No such file or directory"));
}

TEST(launch_plan, a_description_names_program_arguments_and_every_ranks_variables) {
  plan p = plan_of(2, {"a b", "it's", "plain"});
  p.threads = 4;
  const checked_plan checked = check(p);
  const std::string text = describe(checked);
  EXPECT_THAT(text, HasSubstr("ranks      2\nprogram    " + p.command.front() +
                              "\narguments  'a b' 'it'\\''s' plain\n"));
  EXPECT_THAT(text, HasSubstr("threads    4 in each rank, 8 in all\n"));
  EXPECT_THAT(text, HasSubstr("waits      reported after 10 s without progress\n"));
  EXPECT_THAT(text, HasSubstr("rank 1     TWILL_RANK=1 TWILL_SIZE=2 TWILL_JOB=" + checked.job +
                              " TWILL_NUM_THREADS=4\n"));
  EXPECT_THAT(text, Not(HasSubstr("rank 2 ")));
}

TEST(launch_plan, pids_are_written_to_the_record) {
  const std::string file = testing::TempDir() + "twill_launch_record_" + std::to_string(getpid());
  plan p = plan_of(2, {"print-variable=TWILL_RANK"});
  p.record = file;
  EXPECT_EQ(run_plan(p).code, 0);
  std::FILE* in = std::fopen(file.c_str(), "r");
  ASSERT_NE(in, nullptr);
  int launcher = 0;
  int guard = 0;
  int first = 0;
  int second = 0;
  EXPECT_EQ(
      std::fscanf(in, "launcher %d\nguard %d\nrank 0 %d\nrank 1 %d\n", &launcher, &guard, &first, &second),
      4);
  std::fclose(in);
  unlink(file.c_str());
  EXPECT_EQ(launcher, getpid());
  for (const int pid : {guard, first, second}) {
    EXPECT_GT(pid, 1);
    EXPECT_TRUE(gone(pid)) << pid;
  }
}

}  // namespace
}  // namespace twill::comm::launch
