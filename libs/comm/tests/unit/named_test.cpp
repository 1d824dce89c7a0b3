// SPDX-License-Identifier: Apache-2.0
// Processes that no launcher of ours started meet at TWILL_SHM_NAME.
#include "ranks.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

namespace comm = twill::comm;
using comm::errc;

std::string fresh_name() {
  static int count = 0;
  return "twill-named-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}
bool exists(const std::string& name) {
  struct stat s{};
  return ::stat(("/dev/shm/" + name).c_str(), &s) == 0;
}

pid_t start(const std::string& name, int rank, int size, const char* timeout,
            const std::function<int(comm::any_communicator&)>& body) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::unsetenv("TWILL_SHM_FD");
  ::setenv("TWILL_SHM_NAME", name.c_str(), 1);
  ::setenv("TWILL_RANK", std::to_string(rank).c_str(), 1);
  ::setenv("TWILL_SIZE", std::to_string(size).c_str(), 1);
  ::setenv("TWILL_SHM_CONNECT_TIMEOUT", timeout, 1);
  ::setenv("TWILL_SHM_BYTES", "64M", 1);
  int code = 1;
  try {
    auto env = comm::environment::init();
    code = body(env.world());
  } catch (const std::exception& e) {
    const std::string text = "rank " + std::to_string(rank) + ": " + e.what() + "\n";
    [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text.data(), text.size());
    code = 9;
  }
  ::_exit(code);
}
int ended(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(named, processes_meet_at_a_name_which_is_gone_when_they_have) {
  const std::string name = fresh_name();
  std::vector<pid_t> pids;
  // The last rank first: it waits for the name.
  for (int r = 2; r >= 0; --r) {
    pids.push_back(start(name, r, 3, "20s", [&](comm::any_communicator& world) {
      const bool gone = !exists(name);
      const bool right =
          world.backend() == comm::backend_kind::shm && world.allreduce(1 << world.rank(), comm::sum) == 7;
      return gone && right && world.topology().launcher == "TWILL_SHM_NAME" ? 0 : 2;
    }));
  }
  for (const pid_t pid : pids) EXPECT_EQ(ended(pid), 0);
  EXPECT_FALSE(exists(name));
}

TEST(named, a_leading_slash_is_the_same_name) {
  const std::string name = fresh_name();
  const auto barrier = [](comm::any_communicator& world) {
    world.barrier();
    return world.size();
  };
  const pid_t first = start("/" + name, 0, 2, "20s", barrier);
  EXPECT_EQ(ended(start(name, 1, 2, "20s", barrier)), 2);
  EXPECT_EQ(ended(first), 2);
}

TEST(named, who_never_comes_is_named_when_the_time_is_over) {
  const std::string name = fresh_name();
  ::testing::internal::CaptureStderr();
  const auto never = [](comm::any_communicator&) { return 0; };
  const pid_t first = start(name, 0, 4, "400ms", never);
  const pid_t third = start(name, 2, 4, "20s", never);
  EXPECT_EQ(ended(first), 9);
  EXPECT_EQ(ended(third), 9);
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("init_failed: ranks 1, 3 did not come to TWILL_SHM_NAME=" + name +
                      " in time (TWILL_SHM_CONNECT_TIMEOUT)"),
            std::string::npos)
      << text;
  EXPECT_FALSE(exists(name));
}

TEST(named, a_job_without_its_first_rank_says_so) {
  const std::string name = fresh_name();
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ended(start(name, 1, 2, "200ms", [](comm::any_communicator&) { return 0; })), 9);
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("init_failed: rank 0 has not come to TWILL_SHM_NAME=" + name + " in time"),
            std::string::npos)
      << text;
  EXPECT_FALSE(exists(name));
}

// A rank 0 that waits for others; returns when the name is there.
pid_t forming(const std::string& name) {
  const pid_t pid = start(name, 0, 2, "20s", [](comm::any_communicator& world) {
    world.barrier();
    return 0;
  });
  while (!exists(name)) ::sched_yield();
  return pid;
}

TEST(named, a_name_that_a_killed_job_left_is_taken_over_with_a_warning) {
  const std::string name = fresh_name();
  const pid_t victim = forming(name);
  ::kill(victim, SIGKILL);
  EXPECT_EQ(ended(victim), -SIGKILL);
  ASSERT_TRUE(exists(name)) << "nobody was there to take it away";
  ::testing::internal::CaptureStderr();
  const auto barrier = [](comm::any_communicator& world) {
    world.barrier();
    return 0;
  };
  // Rank 1 first: it must not join what is dead.
  const pid_t second = start(name, 1, 2, "20s", barrier);
  const pid_t first = start(name, 0, 2, "20s", barrier);
  EXPECT_EQ(ended(first), 0);
  EXPECT_EQ(ended(second), 0);
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(text, "comm: warning: took over the name " + name + " that process " + std::to_string(victim) +
                      ", which is gone, had left behind\n");
  EXPECT_FALSE(exists(name));
}

TEST(named, a_name_whose_job_is_alive_is_refused) {
  const std::string name = fresh_name();
  const pid_t first = forming(name);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ended(start(name, 0, 2, "20s", [](comm::any_communicator&) { return 0; })), 9);
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("init_failed: TWILL_SHM_NAME=" + name + " is taken: a job that process " +
                      std::to_string(first) + " began is forming there"),
            std::string::npos)
      << text;
  EXPECT_EQ(ended(start(name, 1, 2, "20s",
                        [](comm::any_communicator& world) {
                          world.barrier();
                          return 0;
                        })),
            0);
  EXPECT_EQ(ended(first), 0);
  EXPECT_FALSE(exists(name));
}

TEST(named, ranks_of_another_size_are_refused_and_a_death_after_the_meeting_leaves_no_name) {
  const std::string name = fresh_name();
  const pid_t first = forming(name);
  ::testing::internal::CaptureStderr();
  // Three say they are three: the sizes do not fit, and rank 0 still waits for its own.
  EXPECT_EQ(ended(start(name, 1, 3, "20s", [](comm::any_communicator&) { return 0; })), 9);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find(
                "TWILL_RANK=1 and TWILL_SIZE=3 do not fit a job of 2 ranks"),
            std::string::npos);
  const pid_t second = start(name, 1, 2, "20s", [](comm::any_communicator& world) {
    world.barrier();
    std::raise(SIGKILL);
    return 0;
  });
  EXPECT_EQ(ended(second), -SIGKILL);
  EXPECT_EQ(ended(first), 0);
  EXPECT_FALSE(exists(name));
}

TEST(named, malformed_names_times_and_files_are_refused) {
  const auto refused = [](const std::string& name, const char* timeout = "1s") {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(ended(start(name, 0, 2, timeout, [](comm::any_communicator&) { return 0; })), 9) << name;
    return ::testing::internal::GetCapturedStderr();
  };
  for (const char* name : {"/", "..", "a/b"}) {
    const std::string text = refused(name);
    EXPECT_NE(text.find("bad_configuration: TWILL_SHM_NAME=" + std::string(name) + ": not a name"),
              std::string::npos)
        << text;
  }
  EXPECT_NE(refused(std::string(201, 'x')).find("expected 1 to 200 bytes"), std::string::npos);
  const std::string text = refused(fresh_name(), "soon");
  EXPECT_NE(text.find("TWILL_SHM_CONNECT_TIMEOUT"), std::string::npos) << text;
  // Somebody else's file is neither believed nor taken away.
  const std::string name = fresh_name();
  const int fd = ::open(("/dev/shm/" + name).c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
  ASSERT_GE(fd, 0);
  const std::string foreign(10'000, 'x');
  ASSERT_EQ(::write(fd, foreign.data(), foreign.size()), static_cast<ssize_t>(foreign.size()));
  ::close(fd);
  const std::string told = refused(name);
  EXPECT_NE(told.find("/dev/shm/" + name + " is not a job's memory"), std::string::npos) << told;
  EXPECT_TRUE(exists(name));
  ::unlink(("/dev/shm/" + name).c_str());
}

TEST(named, a_name_without_rank_and_size_lists_what_is_missing) {
  ::testing::internal::CaptureStderr();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setenv("TWILL_SHM_NAME", "any", 1);
    const std::string text = ranks::message_of([] { const auto env = comm::environment::init(); });
    [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text.data(), text.size());
    ::_exit(0);
  }
  EXPECT_EQ(ended(pid), 0);
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("missing_configuration: backend shm lacks TWILL_RANK, TWILL_SIZE;"), std::string::npos)
      << text;
}

}  // namespace
