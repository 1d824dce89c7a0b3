// SPDX-License-Identifier: Apache-2.0
// Counts every allocation of the process: the pieces of an iteration ask for none.
#include "twill/hybrid/hot.hpp"

#include "twill/comm.hpp"
#include "twill/hybrid/block.hpp"
#include "twill/hybrid/exchange.hpp"
#include "twill/hybrid/phases.hpp"
#include "twill/hybrid/recording.hpp"
#include "twill/hybrid/work.hpp"
#include "twill/par/pool.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

// Not inlined: the compiler would see free() on what it thinks came from another operator new.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  twill::hybrid::note_allocation();
  if (void* const memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace twill::hybrid {
namespace {

TEST(hot_section, counts_what_is_allocated_inside_and_nothing_outside) {
  const std::uint64_t before = hot_allocations();
  auto outside = std::make_unique<int>(1);
  EXPECT_EQ(hot_allocations() - before, 0U);
  {
    const hot_section hot;
    auto inside = std::make_unique<int>(2);
    EXPECT_EQ(*inside, 2);
  }
  EXPECT_EQ(hot_allocations() - before, 1U);
  outside = std::make_unique<int>(3);
  EXPECT_EQ(hot_allocations() - before, 1U);
}

TEST(hot_section, has_no_allocation_in_loops_exchanges_and_times) {
  constexpr std::size_t items = 24;
  const auto pool = par::thread_pool_builder{}.num_threads(2).build();
  comm::run_thread_ranks(2, [&](comm::shm_comm& world) {
    recording_communicator ranks(world);
    ranks.reserve(64);
    const auto me = static_cast<std::size_t>(world.rank());
    const block_table costs = blocks(items, 2);
    const block_table cuts = blocks(items, 2, record_shape{.coefficients = 9}.doubles());
    const index_block mine = costs.at(me);
    item_loop loop(mine.count, 2);
    boundary end(costs, world.rank());
    phase_clock clock(16);
    std::vector<double> values(mine.count, 1.0);
    std::vector<double> all(items);
    std::vector<double> records(cuts.counts[me], 2.0);
    std::vector<double> all_records(cuts.elements());
    double checked = 0;
    const auto iteration = [&] {
      {
        const phase_clock::timer time(clock, phase::forward);
        // In turns: the two ranks are threads of one process and share its pool.
        for (std::size_t r = 0; r < 2; ++r) {
          if (r == me)
            pool.install(
                [&] { loop.run(mine.count, [&](std::size_t i, std::size_t) { values[i] += 1.0; }); });
          world.barrier();
        }
      }
      gather_blocks(ranks, costs, std::span<const double>(values), std::span<double>(all));
      gather_blocks(ranks, cuts, std::span<const double>(records), std::span<double>(all_records));
      checked += statistics_in_order(all).mean;
      checked += end.exchange(ranks, values).values[items - 1];
      clock.next();
    };
    for (int i = 0; i < 3; ++i) iteration();
    ranks.clear();
    world.barrier();
    const std::uint64_t before = hot_allocations();
    world.barrier();
    {
      const hot_section hot;
      for (int i = 0; i < 5; ++i) iteration();
      world.barrier();
    }
    const std::uint64_t after = hot_allocations();
    EXPECT_EQ(after - before, 0U);
    EXPECT_EQ(checked, 2.0 * (2 + 3 + 4 + 5 + 6 + 7 + 8 + 9));
  });
}

}  // namespace
}  // namespace twill::hybrid
