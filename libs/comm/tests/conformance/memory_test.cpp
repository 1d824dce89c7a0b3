// SPDX-License-Identifier: Apache-2.0
// Regions and windows.
#include "ranks.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <linux/mempolicy.h>
#include <numeric>
#include <span>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::code_of;
using ranks::on_ranks;

class memory : public ranks::on_every_layout {};

template <class T>
bool aligned(const T* p, std::size_t to) {
  return reinterpret_cast<std::uintptr_t>(p) % to == 0;
}

TEST_P(memory, a_region_is_filled_by_the_leader_and_read_by_all) {
  on_ranks(GetParam(), [](auto& world) {
    auto node = world.split_local();
    auto region = node.template create_region<double>(10'000);
    EXPECT_EQ(region.size(), 10'000U);
    EXPECT_EQ(region.leader_view().size(), region.is_leader() ? 10'000U : 0U);
    if (!region.is_leader()) {
      EXPECT_EQ(code_of([&] { (void)region.view(); }), make_error_code(comm::errc::rma_sync));
    }
    if (region.is_leader()) {
      EXPECT_EQ(region.view()[5], 0.0);
      std::iota(region.leader_view().begin(), region.leader_view().end(), 0.5);
    }
    region.fence();
    EXPECT_EQ(region.view()[0], 0.5);
    EXPECT_EQ(region.view()[9'999], 9'999.5);
  });
}

TEST_P(memory, a_region_is_filled_by_ranges) {
  on_ranks(GetParam(), [](auto& world) {
    auto region = world.template create_region<std::uint64_t>(1001);
    const auto size = static_cast<std::size_t>(world.size());
    const auto rank = static_cast<std::size_t>(world.rank());
    const auto mine = region.writable_range(1001 * rank / size, 1001 * (rank + 1) / size);
    std::ranges::fill(mine, rank + 1);
    region.fence();
    std::uint64_t expected = 0;
    for (std::size_t r = 0; r < size; ++r) expected += (r + 1) * (1001 * (r + 1) / size - 1001 * r / size);
    EXPECT_EQ(std::accumulate(region.view().begin(), region.view().end(), std::uint64_t{0}), expected);
    EXPECT_EQ(code_of([&] { (void)region.writable_range(4, 1002); }),
              make_error_code(comm::errc::invalid_argument));
  });
}

TEST_P(memory, overlapping_ranges_are_found_at_level_heavy) {
  on_ranks(GetParam(),
           [](auto& world) {
             auto region = world.template create_region<int>(100);
             (void)region.writable_range(0, static_cast<std::size_t>(10 + world.rank()));
             const auto code = code_of([&] { region.fence(); });
             EXPECT_EQ(code,
                       world.size() == 1 ? std::error_code() : make_error_code(comm::errc::rma_conflict));
           },
           {.checks = comm::check_level::heavy});
}

TEST_P(memory, empty_regions_and_every_alignment) {
  on_ranks(GetParam(), [](auto& world) {
    auto nothing = world.template create_region<int>(0);
    nothing.fence();
    EXPECT_TRUE(nothing.view().empty());
    for (const std::size_t alignment : {std::size_t{64}, std::size_t{4096}, std::size_t{2} << 20U}) {
      auto region = world.template create_region<int>(33, {.alignment = alignment});
      region.fence();
      EXPECT_TRUE(aligned(region.view().data(), alignment));
      auto window = world.template create_window<char>(1 + static_cast<std::size_t>(world.rank()) * 77,
                                                       {.alignment = alignment});
      EXPECT_TRUE(aligned(window.local().data(), alignment));
      EXPECT_TRUE(aligned(window.remote(world.size() - 1).data(), alignment));
    }
    EXPECT_EQ(code_of([&] { (void)world.template create_window<int>(1, {.alignment = 48}); }),
              make_error_code(comm::errc::invalid_argument));
  });
}

TEST_P(memory, pages_are_placed_where_the_options_say) {
  on_ranks(GetParam(), [](auto& world) {
    constexpr std::size_t n = std::size_t{3} << 20U;
    const auto size = static_cast<std::size_t>(world.size());
    const auto rank = static_cast<std::size_t>(world.rank());
    const auto check = [&](const comm::region_options& how) {
      auto region = world.template create_region<char>(n, how);
      std::ranges::fill(region.writable_range(n * rank / size, n * (rank + 1) / size), 'x');
      region.fence();
      EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(region.view(), 'x')), n);
      EXPECT_EQ(world.allreduce(region.placement_refusal(), comm::min), region.placement_refusal());
      // The policy of a page in the middle, where the kernel was willing.
      int policy = -1;
      void* const page = const_cast<char*>(region.view().data() + n / 2);
      if (::syscall(SYS_get_mempolicy, &policy, nullptr, 0, page, MPOL_F_ADDR) != 0) policy = -1;
      return std::pair(region.placement_refusal(), policy);
    };
    EXPECT_EQ(check({.where = comm::placement::first_touch}).first, 0);
    EXPECT_EQ(check({.where = comm::placement::leader, .pages = comm::huge_pages::off}).first, 0);
    const auto [spread, spread_policy] = check({.where = comm::placement::interleave});
    EXPECT_TRUE(spread == EPERM || spread == ENOSYS || (spread == 0 && spread_policy == MPOL_INTERLEAVE))
        << spread << " " << spread_policy;
    const auto [bound, bound_policy] = check({.where = comm::placement::bind, .node = 0});
    EXPECT_TRUE(bound == EPERM || bound == ENOSYS || (bound == 0 && bound_policy == MPOL_BIND))
        << bound << " " << bound_policy;
    // No machine has that many: it is told, and the region works.
    EXPECT_EQ(check({.where = comm::placement::bind, .node = 1'000'000}).first, EINVAL);
  });
}

TEST_P(memory, sizes_that_cannot_be_had_are_an_error_on_every_rank) {
  on_ranks(GetParam(), [](auto& world) {
    const std::size_t huge = std::numeric_limits<std::size_t>::max() / 2;
    for (const std::size_t n : {huge, std::numeric_limits<std::size_t>::max(), std::size_t{1} << 50U}) {
      EXPECT_EQ(code_of([&] { (void)world.template create_region<double>(n); }),
                make_error_code(comm::errc::allocation_failed));
      EXPECT_EQ(code_of([&] {
                  (void)world.template create_window<double>(world.rank() == world.size() - 1 ? n : 1);
                }),
                make_error_code(comm::errc::allocation_failed));
    }
    auto window = world.template create_window<int>(1);
    window.fence();
    EXPECT_EQ(window.remote(0)[0], 0);
  });
}

TEST_P(memory, windows_have_a_size_for_each_rank) {
  on_ranks(GetParam(), [](auto& world) {
    const auto mine = static_cast<std::size_t>(world.rank());
    auto window = world.template create_window<std::int32_t>(mine);
    for (std::size_t i = 0; i < mine; ++i) window.local()[i] = world.rank() * 100 + static_cast<int>(i);
    window.fence();
    for (int r = 0; r < world.size(); ++r) {
      const auto part = window.remote(r);
      ASSERT_EQ(part.size(), static_cast<std::size_t>(r));
      for (std::size_t i = 0; i < part.size(); ++i) EXPECT_EQ(part[i], r * 100 + static_cast<int>(i));
    }
    auto empty = world.template create_window<double>(0);
    empty.fence();
    EXPECT_TRUE(empty.remote(0).empty());
    EXPECT_EQ(code_of([&] { (void)window.remote(world.size()); }), make_error_code(comm::errc::invalid_rank));
    EXPECT_EQ(code_of([&] { (void)window.all(); }), make_error_code(comm::errc::rma_flavor));
  });
}

TEST_P(memory, a_contiguous_window_is_one_array) {
  on_ranks(GetParam(), [](auto& world) {
    auto window = world.template create_window<std::uint16_t>(3, {.contiguous = true});
    std::ranges::fill(window.local(), static_cast<std::uint16_t>(world.rank() + 1));
    window.fence();
    const auto all = window.all();
    ASSERT_EQ(all.size(), 3U * static_cast<std::size_t>(world.size()));
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i / 3 + 1);
  });
}

TEST_P(memory, an_exclusive_lock_excludes_all_others) {
  on_ranks(GetParam(), [](auto& world) {
    struct pair {
      std::uint64_t a;
      std::uint64_t b;
    };
    auto window = world.template create_window<pair>(1);
    window.fence();
    constexpr std::uint64_t rounds = 500;
    for (std::uint64_t i = 0; i < rounds; ++i) {
      const auto guard = window.lock(0);
      pair& p = guard.remote_mut()[0];
      ++p.a;
      p.b = p.a;
      guard.flush();
    }
    {
      const auto guard = window.lock(0, comm::lock_kind::shared);
      EXPECT_EQ(guard.remote()[0].a, guard.remote()[0].b);
      EXPECT_EQ(code_of([&] { (void)guard.remote_mut(); }), make_error_code(comm::errc::rma_sync));
    }
    window.fence();
    EXPECT_EQ(window.remote(0)[0].a, rounds * static_cast<std::uint64_t>(world.size()));
    {
      const auto all = window.lock_all();
      all.flush(0);
      all.flush_all();
      const auto beside = window.lock(world.size() - 1, comm::lock_kind::shared);
      EXPECT_EQ(beside.remote().size(), 1U);
    }
    window.fence();
  });
}

TEST_P(memory, elements_are_put_got_and_changed_atomically) {
  on_ranks(GetParam(), [](auto& world) {
    auto window = world.template create_window<std::int64_t>(8);
    window.fence();
    const int next = (world.rank() + 1) % world.size();
    window.put(std::vector<std::int64_t>{world.rank(), 2}, next, 3);
    window.fence();
    std::vector<std::int64_t> got(2);
    window.get(got, next, 3);
    EXPECT_EQ(got, (std::vector<std::int64_t>{world.rank(), 2}));
    for (int i = 0; i < 1000; ++i) {
      window.accumulate(std::vector<std::int64_t>{1, 2}, 0, 0, comm::sum);
      (void)window.fetch_and_op(i * 10 + world.rank(), 0, 2, comm::max);
    }
    window.fence();
    EXPECT_EQ(window.remote(0)[0], 1000 * world.size());
    EXPECT_EQ(window.remote(0)[1], 2000 * world.size());
    EXPECT_EQ(window.remote(0)[2], 9990 + world.size() - 1);
    window.fence();
    // One rank wins.
    const auto before = window.compare_and_swap(0, world.rank() + 1, 0, 7);
    EXPECT_EQ(world.allreduce(before == 0 ? 1 : 0, comm::sum), 1);
    window.fence();
    if (world.rank() == 0) {
      EXPECT_GE(window.fetch_and_op(0, 0, 7, comm::no_op), 1);
      EXPECT_GE(window.fetch_and_op(-5, 0, 7, comm::replace), 1);
      EXPECT_EQ(window.fetch_and_op(0, 0, 7, comm::no_op), -5);
    }
    window.sync();
    EXPECT_EQ(code_of([&] { window.put(got, 0, 7); }), make_error_code(comm::errc::rma_range));
    window.fence();
    window.free();
    EXPECT_EQ(code_of([&] { (void)window.local(); }), make_error_code(comm::errc::invalid_window));
  });
}

TEST_P(memory, a_hundred_windows_come_and_go) {
  on_ranks(GetParam(), [](auto& world) {
    for (int i = 0; i < 100; ++i) {
      auto window = world.template create_window<int>(300'000);
      window.local()[static_cast<std::size_t>(i)] = i;
      window.fence();
      EXPECT_EQ(window.remote(world.size() - 1)[static_cast<std::size_t>(i)], i);
    }
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

INSTANTIATE_TEST_SUITE_P(comm, memory, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
