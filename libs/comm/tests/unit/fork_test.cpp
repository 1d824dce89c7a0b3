// SPDX-License-Identifier: Apache-2.0
// A rank that forks: the child is no rank. However it ends, and whatever it destroys or calls, its parent and
// the other ranks do not notice.
#include "ranks.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

namespace comm = twill::comm;

// Two ranks with a window, a running request and a second communicator; rank 1 forks a child that does `what`
// with them. Gives the child's wait status; the ranks go on as if nothing had been.
struct belongings {
  std::unique_ptr<comm::environment> env;
  comm::any_communicator copy;
  std::optional<comm::any_communicator::window<double>> window;
  comm::request<std::vector<int>> request;
};

int child_of_a_rank(const std::function<void(belongings&)>& what) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const auto rank_main = [&](int r) {
    belongings mine;
    mine.env = std::make_unique<comm::environment>(comm::environment::init({.backend = "shm"}));
    auto& world = mine.env->world();
    mine.copy = world.duplicate();
    mine.window.emplace(world.create_window<double>(100'000));
    mine.request = mine.copy.irecv<int>(3, 1 - r, 7);
    mine.window->local()[0] = 1.5;
    world.barrier();
    if (r == 1) {
      const pid_t child = ::fork();
      if (child == 0) {
        what(mine);
        ::_exit(99);
      }
      int status = 0;
      ::waitpid(child, &status, 0);
      [[maybe_unused]] const auto told = ::write(ends[1], &status, sizeof status);
    }
    // More than the health check needs to find a rank that is marked as gone.
    int wrong = 0;
    for (int i = 0; i < 1000; ++i) wrong += world.allreduce(i, comm::sum) != 2 * i;
    world.barrier();
    wrong += mine.window->remote(1 - r)[0] != 1.5;
    mine.copy.send(std::vector<int>{r, 5, 6}, 1 - r, 7);
    wrong += mine.request.wait() != std::vector<int>{1 - r, 5, 6};
    std::vector<int> large(1'000'000, r + 1);
    mine.copy.allreduce(comm::in_place, large, comm::sum);
    wrong += large.front() != 3 || large.back() != 3;
    return wrong;
  };
  const std::vector<int> statuses = ranks::fork_ranks(2, [&](int r) {
    try {
      return rank_main(r);
    } catch (const std::exception& e) {
      std::printf("rank %d: %s\n", r, e.what());
      return 90;
    }
  });
  EXPECT_EQ(statuses, (std::vector<int>{0, 0}));
  int status = -1;
  EXPECT_EQ(::read(ends[0], &status, sizeof status), static_cast<ssize_t>(sizeof status));
  ::close(ends[0]);
  ::close(ends[1]);
  return status;
}

TEST(fork, a_child_of_one_process_has_an_environment_of_its_own_beside_the_copy) {
  const std::vector<int> statuses = ranks::fork_ranks(1, [](int) {
    auto inherited = std::make_unique<comm::environment>(comm::environment::init({.backend = "local"}));
    const pid_t child = ::fork();
    if (child == 0) {
      int code = comm::is_initialized() ? 1 : 0;
      auto own = std::make_unique<comm::environment>(comm::environment::init({.backend = "local"}));
      inherited.reset();
      if (!comm::is_initialized() || own->world().allreduce(4, comm::sum) != 4) code += 2;
      own.reset();
      if (!comm::is_finalized()) code += 4;
      ::_exit(code);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status == 0 && comm::is_initialized() ? 0 : 1;
  });
  EXPECT_EQ(statuses, std::vector<int>{0});
}

TEST(fork, a_child_that_calls_exit_ends_alone_with_its_code) {
  const int status = child_of_a_rank([](belongings&) { std::exit(7); });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

TEST(fork, a_child_that_destroys_what_it_inherited_takes_nothing_from_its_parent) {
  const int status = child_of_a_rank([](belongings& b) {
    b.window.reset();
    b.copy = {};
    b.env.reset();
    ::_exit(comm::is_initialized() ? 1 : 33);
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 33) << status;
}

TEST(fork, a_child_that_terminates_is_not_reported_as_the_rank) {
  const int status = child_of_a_rank([](belongings&) {
    std::set_terminate([] { ::_exit(44); });
    std::terminate();
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 44) << status;
}

TEST(fork, a_child_writes_into_memory_of_its_own) {
  const int status = child_of_a_rank([](belongings& b) {
    const bool seen = b.window->local()[0] == 1.5;
    b.window->local()[0] = -1;
    b.copy.send(std::vector<int>{-1, -1, -1}, 0, 7);
    ::_exit(seen && b.window->local()[0] == -1.0 ? 55 : 1);
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 55) << status;
}

TEST(fork, a_child_cannot_take_its_parents_place) {
  const int status = child_of_a_rank([](belongings& b) {
    b.env.reset();
    const std::string text =
        ranks::message_of([] { const auto again = comm::environment::init({.backend = "shm"}); });
    ::_exit(text.find("init_failed: rank 1 is taken already") != std::string::npos ? 66 : 1);
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 66) << status;
}

}  // namespace
