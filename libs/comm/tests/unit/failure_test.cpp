// SPDX-License-Identifier: Apache-2.0
// A rank that ends in any way ends the job: within the bound, with a code, with nothing left behind.
#include "ranks.hpp"
#include "twill/comm/detail/rendezvous.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

namespace comm = twill::comm;
using clock_type = std::chrono::steady_clock;

std::size_t entries(const char* folder) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

struct outcome {
  std::vector<int> statuses;
  double seconds = 0;
};

// Three ranks; rank 1 does `what` between two barriers.
template <class F>
outcome crash(F what, const comm::environment_options& options = {.backend = "shm"}) {
  const auto shm_before = ranks::named_memory();
  const std::size_t open_before = entries("/proc/self/fd");
  const auto begin = clock_type::now();
  outcome out;
  out.statuses = ranks::fork_ranks(
      3,
      [&](int) {
        // What a rank reports belongs to the test's log, not to the result.
        return comm::run(
            [&](auto& world) {
              world.barrier();
              if (world.rank() == 1) what(world);
              world.barrier();
            },
            options);
      },
      std::chrono::seconds(20));
  out.seconds = std::chrono::duration<double>(clock_type::now() - begin).count();
  EXPECT_EQ(ranks::left_in_memory(shm_before), std::set<std::string>{});
  EXPECT_EQ(entries("/proc/self/fd"), open_before);
  return out;
}

bool exited(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
bool killed(int status, int signal) { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }

TEST(failure, a_rank_that_throws_ends_all_with_code_4) {
  const outcome o = crash([](auto&) { throw std::runtime_error("mine"); });
  for (const int s : o.statuses) EXPECT_TRUE(exited(s, 4)) << s;
  EXPECT_LT(o.seconds, 5.0);
}

TEST(failure, an_error_with_a_code_of_its_own_gives_it_to_the_job) {
  const outcome o =
      crash([](auto&) { throw twill::error(twill::errc::invalid_value, {.what = "wrong input"}); });
  EXPECT_TRUE(exited(o.statuses[1], 1)) << o.statuses[1];
  EXPECT_TRUE(exited(o.statuses[0], 4)) << o.statuses[0];
}

TEST(failure, a_killed_rank_is_noticed_by_its_peers) {
  const outcome o = crash([](auto&) { std::raise(SIGKILL); });
  EXPECT_TRUE(killed(o.statuses[1], SIGKILL)) << o.statuses[1];
  EXPECT_TRUE(exited(o.statuses[0], 4) && exited(o.statuses[2], 4)) << o.statuses[0] << " " << o.statuses[2];
  EXPECT_LT(o.seconds, 5.0);
}

TEST(failure, a_rank_that_aborts_is_noticed_by_its_peers) {
  const outcome o = crash([](auto&) {
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
  });
  EXPECT_TRUE(killed(o.statuses[1], SIGABRT)) << o.statuses[1];
  EXPECT_TRUE(exited(o.statuses[0], 4) && exited(o.statuses[2], 4)) << o.statuses[0] << " " << o.statuses[2];
}

TEST(failure, leaving_with_code_0_and_no_end_of_communication_is_a_failure) {
  const outcome o = crash([](auto&) { ::_exit(0); });
  EXPECT_TRUE(exited(o.statuses[1], 0)) << o.statuses[1];
  EXPECT_TRUE(exited(o.statuses[0], 4) && exited(o.statuses[2], 4)) << o.statuses[0] << " " << o.statuses[2];
  EXPECT_LT(o.seconds, 5.0);
}

TEST(failure, std_exit_inside_a_program_of_ranks_gives_code_4) {
  const outcome o = crash([](auto&) { std::exit(0); });
  for (const int s : o.statuses) EXPECT_TRUE(exited(s, 4)) << s;
}

TEST(failure, abort_gives_its_code_to_the_job) {
  const outcome o = crash([](auto& world) { world.abort(17); });
  EXPECT_TRUE(exited(o.statuses[1], 17)) << o.statuses[1];
  EXPECT_TRUE(exited(o.statuses[0], 4) && exited(o.statuses[2], 4)) << o.statuses[0] << " " << o.statuses[2];
}

TEST(failure, a_rank_that_hangs_ends_the_job_when_a_limit_is_set) {
  const outcome o = crash(
      [](auto& world) {
        // Hangs until the others have given up: then it would wait for ever, and a launcher would kill it.
        while (ranks::code_of([&] { (void)world.recv(std::vector<int>(1), 0, 0); }) ==
               comm::errc::timed_out) {
        }
        std::raise(SIGKILL);
      },
      {.backend = "shm", .timeout = std::chrono::milliseconds(500)});
  EXPECT_TRUE(exited(o.statuses[0], 4) && exited(o.statuses[2], 4)) << o.statuses[0] << " " << o.statuses[2];
  EXPECT_LT(o.seconds, 5.0);
}

TEST(failure, a_rank_that_has_finished_is_not_waited_for) {
  const std::vector<int> statuses = ranks::fork_ranks(2, [](int r) {
    auto env = comm::environment::init({.backend = "shm"});
    env.world().barrier();
    if (r == 0) return 0;
    const std::string text = ranks::message_of([&] { env.world().barrier(); });
    return text.find("rank_failed: rank 0 has finalised and left the job") == std::string::npos ? 1 : 0;
  });
  EXPECT_EQ(statuses, (std::vector<int>{0, 0}));
}

TEST(failure, the_holder_of_a_lock_that_dies_ends_the_wait_for_it) {
  const std::vector<int> statuses = ranks::fork_ranks(2, [](int r) -> int {
    auto env = comm::environment::init({.backend = "shm"});
    auto window = env.world().create_window<int>(1);
    if (r == 1) {
      const auto guard = window.lock(0);
      env.world().barrier();
      std::raise(SIGKILL);
    }
    env.world().barrier();
    const std::error_code code = ranks::code_of([&] { const auto guard = window.lock(0); });
    ::_exit(code == comm::errc::rank_failed ? 33 : 1);
  });
  EXPECT_TRUE(exited(statuses[0], 33)) << statuses[0];
  EXPECT_TRUE(killed(statuses[1], SIGKILL)) << statuses[1];
}

TEST(failure, ranks_end_with_their_launcher) {
  // A launcher in between that dies without a word; its rank writes to the pipe for as long as it lives.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    ::close(ends[0]);
    namespace rendezvous = comm::detail::rendezvous;
    const auto job = rendezvous::memory::create(2, {.launcher_pid = ::getpid()});
    if (::fork() == 0) {
      rendezvous::enter(*job, 0);
      [[maybe_unused]] const auto n = ::write(ends[1], "x", 1);
      for (;;) ::pause();
    }
    ::close(ends[1]);
    for (;;) ::pause();
  }
  ::close(ends[1]);
  char byte = 0;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  ::kill(launcher, SIGKILL);
  int status = 0;
  EXPECT_EQ(::waitpid(launcher, &status, 0), launcher);
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "the rank still holds the pipe";
  ::close(ends[0]);
}

TEST(failure, the_abort_of_a_rank_that_is_a_thread_reaches_the_others) {
  const std::string text = ranks::message_of([] {
    comm::run_thread_ranks(3, [](auto& world) {
      if (world.rank() == 2)
        throw comm::error(comm::errc::invalid_argument, {.operation = "mine", .rank = 2, .size = 3},
                          "broken");
      world.barrier();
    });
  });
  EXPECT_EQ(text, "comm error in mine [local, rank 2/3]: invalid_argument: broken");
}

}  // namespace
