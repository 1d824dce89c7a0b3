// SPDX-License-Identifier: Apache-2.0
// Ends that are no crash: what is alive then, what is told, and what a destructor does that cannot go on.
#include "ranks.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace {

namespace comm = twill::comm;

std::size_t entries_in(const char* folder) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

struct told {
  std::vector<int> statuses;
  std::string text;  // of the standard error stream of all ranks
};

told ranks_tell(int n, const std::function<int(int)>& rank_main) {
  ::testing::internal::CaptureStderr();
  told out{ranks::fork_ranks(n, rank_main, std::chrono::seconds(20)), {}};
  out.text = ::testing::internal::GetCapturedStderr();
  return out;
}

bool killed_by(int status, int signal) { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }

TEST(lifecycle, a_job_ends_in_order_with_live_requests_windows_and_communicators) {
  const auto shm_before = ranks::named_memory();
  const std::size_t open_before = entries_in("/proc/self/fd");
  const told t = ranks_tell(2, [](int r) {
    std::optional<comm::any_communicator> copy;
    std::optional<comm::any_communicator::window<int>> window;
    std::optional<comm::any_communicator::region<int>> region;
    comm::persistent_request<int> active;
    comm::request<std::vector<int>> unmatched;
    comm::request<std::vector<int>> collective;
    {
      auto env = comm::environment::init({.backend = "shm"});
      copy = env.world().duplicate();
      window.emplace(copy->create_window<int>(100));
      region.emplace(copy->create_region<int>(1'000'000));
      active = copy->allreduce_init<int>(3, comm::sum);
      active.start();
      unmatched = copy->irecv<int>(5, 1 - r, 9);
      if (r == 0) collective = copy->iallreduce(std::vector<int>{1}, comm::sum);
      env.world().barrier();
    }
    return ranks::code_of([&] { (void)collective.wait(); }) ==
                   (r == 0 ? make_error_code(comm::errc::finalized)
                           : make_error_code(comm::errc::invalid_request))
               ? 0
               : 1;
  });
  EXPECT_EQ(t.statuses, (std::vector<int>{0, 0}));
  EXPECT_EQ(t.text, "");
  EXPECT_EQ(ranks::left_in_memory(shm_before), std::set<std::string>{});
  EXPECT_EQ(entries_in("/proc/self/fd"), open_before);
}

TEST(lifecycle, what_a_rank_throws_is_told_once_with_its_rank) {
  const told t = ranks_tell(3, [](int) {
    return comm::run(
        [](auto& world) {
          if (world.rank() == 2) throw std::runtime_error("the third one's");
          world.barrier();
        },
        {.backend = "shm"});
  });
  EXPECT_EQ(t.statuses, (std::vector<int>(3, 4 << 8)));
  EXPECT_EQ(t.text, "rank 2 of 3: the third one's\n");
}

TEST(lifecycle, whichever_rank_is_killed_nothing_is_left_behind) {
  for (int victim = 0; victim < 3; ++victim) {
    const auto shm_before = ranks::named_memory();
    const std::size_t open_before = entries_in("/proc/self/fd");
    const told t = ranks_tell(3, [victim](int) {
      return comm::run(
          [victim](auto& world) {
            auto window = world.template create_window<double>(10'000);
            auto region = world.template create_region<double>(10'000);
            auto request = world.iallreduce(std::vector<int>(1000, 1), comm::sum);
            world.barrier();
            if (world.rank() == victim) std::raise(SIGKILL);
            for (;;) world.barrier();
          },
          {.backend = "shm"});
    });
    for (int r = 0; r < 3; ++r) {
      const int status = t.statuses[static_cast<std::size_t>(r)];
      EXPECT_TRUE(r == victim ? killed_by(status, SIGKILL) : status == 4 << 8) << "rank " << r << ": " << status;
    }
    EXPECT_EQ(ranks::left_in_memory(shm_before), std::set<std::string>{});
    EXPECT_EQ(entries_in("/proc/self/fd"), open_before);
  }
}

TEST(lifecycle, an_unfinished_request_that_is_destroyed_waits_so_long_and_then_ends_the_process) {
  const told t = ranks_tell(2, [](int r) {
    ::setenv("TWILL_COMM_DROP_TIMEOUT", "200ms", 1);
    return comm::run(
        [r](auto& world) {
          if (r == 0) {
            const auto dropped = world.iallreduce(std::vector<int>{1}, comm::sum);
          } else {
            world.barrier();
          }
        },
        {.backend = "shm"});
  });
  EXPECT_TRUE(killed_by(t.statuses[0], SIGABRT)) << t.statuses[0];
  EXPECT_EQ(t.statuses[1], 4 << 8);
  EXPECT_NE(
      t.text.find(
          "comm: an unfinished allreduce on rank 0 was destroyed and does not complete: ending the process"),
      std::string::npos)
      << t.text;
}

TEST(lifecycle, a_request_that_an_exception_destroys_is_taken_over) {
  const told t = ranks_tell(2, [](int r) {
    auto env = comm::environment::init({.backend = "shm"});
    auto& world = env.world();
    std::string caught;
    if (r == 0) {
      try {
        // It cannot be complete: rank 1 begins its own behind the barrier that comes after this.
        const auto early = world.iallreduce(std::vector<int>(3, 1), comm::sum);
        throw std::runtime_error("on its way");
      } catch (const std::runtime_error& e) {
        caught = e.what();
      }
      world.barrier();
    } else {
      world.barrier();
      caught = world.iallreduce(std::vector<int>(3, 2), comm::sum).wait() == std::vector<int>(3, 3)
                   ? "on its way"
                   : "wrong";
    }
    return world.allreduce(1, comm::sum) == 2 && caught == "on its way" ? 0 : 1;
  });
  EXPECT_EQ(t.statuses, (std::vector<int>{0, 0}));
  EXPECT_EQ(t.text, "");
}

TEST(lifecycle, memory_that_a_request_or_a_guard_still_has_cannot_be_taken_away) {
  const told lent = ranks_tell(1, [](int) {
    auto env = comm::environment::init({.backend = "shm"});
    auto data = std::make_unique<comm::lendable<int>>(4);
    auto request = env.world().irecv(comm::lend(*data), 0, 3);
    data.reset();
    return 0;
  });
  EXPECT_TRUE(killed_by(lent.statuses[0], SIGABRT)) << lent.statuses[0];
  EXPECT_NE(lent.text.find("comm: a lent buffer was destroyed while a request still has it"),
            std::string::npos)
      << lent.text;
  const told held = ranks_tell(1, [](int) {
    auto env = comm::environment::init({.backend = "shm"});
    std::optional<comm::any_communicator::window<int>> window(env.world().create_window<int>(4));
    const auto guard = window->lock(0);
    window.reset();
    return 0;
  });
  EXPECT_TRUE(killed_by(held.statuses[0], SIGABRT)) << held.statuses[0];
  EXPECT_NE(held.text.find("comm: a window was destroyed or moved while a guard holds one of its locks"),
            std::string::npos)
      << held.text;
}

}  // namespace
