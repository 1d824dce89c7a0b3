// SPDX-License-Identifier: Apache-2.0
// The shared-memory protocols under many rounds with random stalls: barrier and lines, lists of messages,
// locks, heaps. Ranks are threads, so that a thread sanitizer sees all of them. TWILL_TEST_LONG=1 runs a
// million rounds.
#include "ranks.hpp"
#include "twill/base/philox.hpp"

#include <cstdint>
#include <cstdlib>
#include <sched.h>
#include <vector>

namespace {

namespace comm = twill::comm;

int rounds(int usual) { return std::getenv("TWILL_TEST_LONG") != nullptr ? 1'000'000 : usual; }

// Holds a rank up now and then, a little or for as long as the scheduler likes: what orders ranks differently
// each time.
class stalls {
 public:
  explicit stalls(int rank) : stream_{twill::philox_key(static_cast<std::uint64_t>(rank) + 91)} {}
  void maybe() {
    const auto draw = static_cast<int>(stream_.uniform(next_++) * 400);
    if (draw == 0) ::sched_yield();
    if (draw < 8) {
      for (int i = 0; i < draw * 200; ++i) passed_ = passed_ + 1;
    }
  }

 private:
  twill::philox stream_;
  std::uint64_t next_ = 0;
  volatile int passed_ = 0;
};

TEST(stress, announcements_keep_step_whoever_is_late) {
  const int n = rounds(5000);
  comm::run_thread_ranks(3, [n](auto& world) {
    stalls hold(world.rank());
    std::int64_t wrong = 0;
    for (int i = 0; i < n; ++i) {
      hold.maybe();
      if (i % 3 == 0) {
        world.barrier();
      } else {
        wrong += world.allreduce(i + world.rank(), comm::sum) != 3 * i + 3;
      }
    }
    EXPECT_EQ(wrong, 0);
  });
}

TEST(stress, longer_contributions_are_not_overwritten_while_somebody_reads_them) {
  const int n = rounds(5000) / 10;
  comm::run_thread_ranks(3, [n](auto& world) {
    stalls hold(world.rank());
    std::vector<std::int64_t> in(700);
    std::vector<std::int64_t> out(700);
    std::int64_t wrong = 0;
    for (int i = 0; i < n; ++i) {
      hold.maybe();
      for (std::size_t k = 0; k < in.size(); ++k)
        in[k] = i * 1000 + static_cast<std::int64_t>(k) + world.rank();
      world.allreduce(in, out, comm::sum);
      for (std::size_t k = 0; k < out.size(); ++k)
        wrong += out[k] != 3 * (i * 1000 + static_cast<std::int64_t>(k)) + 3;
    }
    EXPECT_EQ(wrong, 0);
  });
}

TEST(stress, messages_of_every_pair_arrive_once_and_in_order) {
  const int n = rounds(5000);
  comm::run_thread_ranks(3, [n](auto& world) {
    stalls hold(world.rank());
    const int next = (world.rank() + 1) % 3;
    const int before = (world.rank() + 2) % 3;
    std::int64_t wrong = 0;
    // Up to eight under way, so that lists grow, run empty and grow again.
    std::vector<int> got(1);
    int received = 0;
    for (int i = 0; i < n; ++i) {
      hold.maybe();
      world.send(std::vector<int>{i}, next, 0);
      while (received <= i - 8) {
        world.recv(got, before, 0);
        wrong += got[0] != received++;
      }
    }
    while (received < n) {
      world.recv(got, before, 0);
      wrong += got[0] != received++;
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_FALSE(world.iprobe(comm::any_source, comm::any_tag).has_value());
  });
}

TEST(stress, an_exclusive_lock_is_held_by_one) {
  const int n = rounds(5000);
  comm::run_thread_ranks(3, [n](auto& world) {
    stalls hold(world.rank());
    auto window = world.template create_window<std::int64_t>(1);
    window.fence();
    std::int64_t wrong = 0;
    for (int i = 0; i < n; ++i) {
      hold.maybe();
      if (i % 4 == 3) {
        const auto guard = window.lock(0, comm::lock_kind::shared);
        const std::int64_t seen = guard.remote()[0];
        hold.maybe();
        wrong += guard.remote()[0] != seen;
      } else {
        const auto guard = window.lock(0);
        const std::int64_t seen = guard.remote_mut()[0];
        hold.maybe();
        guard.remote_mut()[0] = seen + 1;
      }
    }
    window.fence();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(window.remote(0)[0], 3 * (n - n / 4));
  });
}

TEST(stress, blocks_that_others_give_back_are_used_again) {
  const int n = rounds(5000) / 10;
  comm::run_thread_ranks(3,
                         [n](auto& world) {
                           stalls hold(world.rank());
                           std::int64_t wrong = 0;
                           for (int i = 0; i < n; ++i) {
                             hold.maybe();
                             // Sizes on both sides of what counts as a large block; 48 MiB hold a few of them
                             // at a time only.
                             const std::size_t count =
                                 i % 5 == 0 ? 150'000 : 10 + static_cast<std::size_t>(i % 90);
                             auto window = world.template create_window<std::int64_t>(count);
                             wrong += window.local()[count - 1] != 0;
                             window.local()[count - 1] = i;
                             auto parcel = world.iallreduce(std::vector<int>{i}, comm::max);
                             window.fence();
                             wrong += window.remote(0)[count - 1] != i;
                             wrong += parcel.wait()[0] != i;
                           }
                           EXPECT_EQ(wrong, 0);
                         },
                         {.shared_bytes = std::uint64_t{48} << 20U});
}

}  // namespace
