// SPDX-License-Identifier: Apache-2.0
// How a loop is to run: bounds of pieces, blocks, parts of workers, a pool.
#include "iter_support.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

using namespace iter_test;

TEST(iter_adaptors, options_and_pass_through_adaptors_change_no_item) {
  for_lengths([](const std::vector<int>& v) {
    par::affinity_partitioner partitioner;
    ASSERT_EQ(items(v | par::throw_fuse()), v);
    ASSERT_EQ(items(v | par::with_min_len(100)), v);
    ASSERT_EQ(items(v | par::with_max_len(100)), v);
    ASSERT_EQ(items(v | par::with_min_len(0) | par::with_max_len(0)).size(), v.size());
    ASSERT_EQ(items(v | par::by_uniform_blocks(70)), v);
    ASSERT_EQ(items(v | par::by_exponential_blocks()), v);
    ASSERT_EQ(items(v | par::unordered()), v);
    ASSERT_EQ(items(v | par::with_deterministic_tree()), v);
    ASSERT_EQ(items(v | par::with_deterministic_tree(3)), v);
    ASSERT_EQ(items(v | par::static_partition()), v);
    ASSERT_EQ(items(v | par::affinity(partitioner)), v);
    ASSERT_EQ(items(v | par::affinity(partitioner)), v);
  });
}

TEST(iter_adaptors, by_exponential_blocks_looks_at_little_behind_an_early_match) {
  in_pools([] {
    std::atomic<int> looked_at{0};
    const auto found = par::range(0, 1000000) | par::by_exponential_blocks() | par::find_first([&](int x) {
                         // ORD relaxed [test]: counts for this test.
                         looked_at.fetch_add(1, std::memory_order_relaxed);
                         return x == 100;
                       });
    ASSERT_EQ(found, 100);
    // Blocks of p, 2p, 4p ... to the one with item 100 end below 8 * 100 for p <= 128.
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_LT(looked_at.load(std::memory_order_relaxed), 1000);
  });
}

TEST(iter_adaptors, with_min_len_bounds_the_pieces_from_below_and_wins) {
  in_pools([] {
    const auto pieces = par::range(0, 1000) | par::with_min_len(250) | par::with_max_len(10) |
                        par::map_init([] { return 0; }, [](int& n, int) { return ++n; }) |
                        par::filter([](int n) { return n == 1; }) | par::count();
    EXPECT_LE(pieces, 4U);
  });
}

TEST(iter_adaptors, with_max_len_cuts_at_least_that_often) {
  in_pools([] {
    const auto most_items = par::range(0, 1024) | par::with_max_len(16) |
                            par::map_init([] { return 0; }, [](int& n, int) { return ++n; }) | par::max();
    EXPECT_LE(most_items, 32);
    EXPECT_GE(most_items, 1);
  });
}

TEST(iter_adaptors, zip_and_interleave_take_the_larger_minimum_and_the_smaller_maximum) {
  const std::vector<int> v(100);
  const auto left = v | par::with_min_len(3) | par::with_max_len(40);
  const auto right = v | par::with_min_len(7) | par::with_max_len(20);
  const par::chain_options zipped = par::options_of(left | par::zip(right));
  EXPECT_EQ(zipped.min_len, 7U);
  EXPECT_EQ(zipped.max_len, 20U);
  const par::chain_options interleaved = par::options_of(par::interleave(right, left));
  EXPECT_EQ(interleaved.min_len, 7U);
  EXPECT_EQ(interleaved.max_len, 20U);
}

TEST(iter_adaptors, a_search_in_many_uniform_blocks_ends_with_the_block_of_its_match) {
  in_pools([] {
    std::atomic<int> looked_at{0};
    const auto found = par::range(0, 1000000) | par::by_uniform_blocks(10) | par::find_first([&](int x) {
                         // ORD relaxed [test]: counts for this test.
                         looked_at.fetch_add(1, std::memory_order_relaxed);
                         return x >= 3000;
                       });
    EXPECT_EQ(found, 3000);
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_LE(looked_at.load(std::memory_order_relaxed), 3010);
  });
}

TEST(iter_adaptors, affinity_gives_parts_to_the_workers_that_had_them) {
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(3).build();
  par::affinity_partitioner partitioner;
  std::vector<int> v(1200, 1);
  const int total = v | par::affinity(partitioner) | par::on(pool) | par::sum<int>();
  EXPECT_EQ(total, 1200);
  ASSERT_EQ(partitioner.owners().size(), 12U);
  for (const std::size_t owner : partitioner.owners()) EXPECT_LT(owner, 3U);
}

TEST(iter_adaptors, static_partition_gives_part_i_to_worker_i) {
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(4).build();
  for (int round = 0; round < 20; ++round) {
    const auto workers = pool.install([&] {
      return items(par::range(0, 1000) | par::static_partition() |
                   par::map([](int) { return par::current_thread_index().value(); }));
    });
    for (std::size_t i = 0; i < 1000; ++i) ASSERT_EQ(workers[i], i / 250);
  }
}

TEST(iter_adaptors, on_runs_the_loop_in_the_given_pool) {
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(3).build();
  const auto threads =
      items(par::range(0, 100) | par::map([&](int) {
              return pool.current_thread_index().has_value() ? par::current_num_threads() : 0;
            }) |
            par::on(pool));
  for (const std::size_t n : threads) EXPECT_EQ(n, 3U);
  const auto behind =
      items(par::range(0, 100) | par::on(pool) | par::map([&](int) { return par::current_num_threads(); }) |
            par::filter([](std::size_t) { return true; }));
  for (const std::size_t n : behind) EXPECT_EQ(n, 3U);
}
