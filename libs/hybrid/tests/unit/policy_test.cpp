// SPDX-License-Identifier: Apache-2.0
// What is decided from figures alone: blocks, threads, CPUs, memory.
#include "twill/base/error.hpp"
#include "twill/hybrid/block.hpp"
#include "twill/hybrid/error.hpp"
#include "twill/hybrid/memory.hpp"
#include "twill/hybrid/threads.hpp"
#include "twill/hybrid/topology.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace twill::hybrid {
namespace {

TEST(blocks, cover_all_indices_in_order_with_lengths_that_differ_by_one_at_most) {
  for (std::size_t n = 0; n < 70; ++n) {
    for (std::size_t parts = 1; parts < 12; ++parts) {
      std::size_t at = 0;
      std::size_t most = 0;
      std::size_t least = n;
      for (std::size_t i = 0; i < parts; ++i) {
        const index_block b = block(n, parts, i);
        EXPECT_EQ(b.begin, at) << n << ' ' << parts << ' ' << i;
        at = b.end();
        most = std::max(most, b.count);
        least = std::min(least, b.count);
      }
      EXPECT_EQ(at, n);
      EXPECT_LE(most - least, 1U);
    }
  }
}

TEST(blocks, leave_the_last_ones_empty_where_there_are_fewer_indices_than_parts) {
  EXPECT_EQ(block(2, 4, 0), (index_block{0, 1}));
  EXPECT_EQ(block(2, 4, 1), (index_block{1, 1}));
  EXPECT_EQ(block(2, 4, 2), (index_block{2, 0}));
  EXPECT_EQ(block(2, 4, 3), (index_block{2, 0}));
  EXPECT_EQ(block(0, 3, 2), (index_block{0, 0}));
}

TEST(blocks, give_counts_and_positions_in_elements) {
  const block_table t = blocks(7, 3, 10);
  EXPECT_EQ(t.counts, (std::vector<std::size_t>{30, 20, 20}));
  EXPECT_EQ(t.positions, (std::vector<std::size_t>{0, 30, 50}));
  EXPECT_EQ(t.at(1), (index_block{3, 2}));
  EXPECT_EQ(t.elements(), 70U);
}

TEST(blocks, of_weights_stay_contiguous_and_even) {
  const std::vector<double> weights{4, 1, 1, 1, 1, 4};
  const block_table t = weighted_blocks(weights, 3);
  EXPECT_EQ(t.counts, (std::vector<std::size_t>{1, 4, 1}));
  EXPECT_EQ(t.positions, (std::vector<std::size_t>{0, 1, 5}));
  const std::vector<double> broken{1, 0, 1};
  EXPECT_EQ(weighted_blocks(broken, 2).counts, blocks(3, 2).counts) << "no positive number: equal lengths";
  for (std::size_t parts = 1; parts < 9; ++parts) {
    const auto counts = weighted_blocks(weights, parts).counts;
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::size_t{0}), weights.size());
  }
}

TEST(blocks, split_openings_where_there_are_fewer_trial_points_than_workers) {
  EXPECT_TRUE(splits_openings(opening_split::automatic, 3, 4));
  EXPECT_FALSE(splits_openings(opening_split::automatic, 4, 4));
  EXPECT_TRUE(splits_openings(opening_split::always, 100, 1));
  EXPECT_FALSE(splits_openings(opening_split::never, 1, 100));
}

thread_sources eight_cpus() { return {.affinity = 8}; }

TEST(thread_count, follows_the_table_of_sources_row_by_row) {
  thread_sources from = eight_cpus();
  from.local_size = 2;
  const auto expect = [&from](std::size_t threads, const std::string& source, int row) {
    const thread_choice c = choose_threads(from);
    EXPECT_EQ(c.threads, threads);
    EXPECT_EQ(c.source, source);
    EXPECT_EQ(c.priority, row);
  };
  from.affinity.reset();
  expect(1, "nothing that could be read", 7);
  from.affinity = 8;
  expect(4, "affinity mask shared by 2 ranks", 6);
  from.variables = {{"OMP_NUM_THREADS", "7"}};
  expect(4, "affinity mask shared by 2 ranks", 6);
  from.variables["PALS_DEPTH"] = "3";
  expect(3, "PALS_DEPTH", 5);
  from.variables["LSB_MAX_NUM_PROCESSORS"] = "12";
  expect(6, "LSB_MAX_NUM_PROCESSORS", 5);
  from.variables["PBS_NP"] = "10";
  expect(5, "PBS_NP", 5);
  from.variables["NCPUS"] = "14";
  expect(7, "NCPUS", 5);
  from.variables["SLURM_JOB_ID"] = "1";
  from.variables["SLURM_CPUS_ON_NODE"] = "18";
  expect(9, "SLURM_CPUS_ON_NODE", 5);
  from.variables["SLURM_CPUS_PER_TASK"] = "5";
  expect(9, "SLURM_CPUS_ON_NODE", 5);  // outside of a step it is the batch script's
  from.variables["SLURM_STEP_ID"] = "0";
  expect(5, "SLURM_CPUS_PER_TASK", 4);
  from.variables["RAYON_NUM_THREADS"] = "6";
  expect(6, "RAYON_NUM_THREADS", 3);
  from.file = 10;
  from.file_name = "study.json:3:14 /threads";
  expect(10, "study.json:3:14 /threads", 2);
  from.variables["TWILL_NUM_THREADS"] = "11";
  expect(11, "TWILL_NUM_THREADS", 2);
  from.argument = 12;
  from.argument_name = "--threads";
  expect(12, "--threads", 1);
}

TEST(thread_count, goes_on_at_zero_and_auto_and_refuses_what_is_malformed) {
  thread_sources from = eight_cpus();
  from.argument = 0;
  from.file = 0;
  from.variables = {{"TWILL_NUM_THREADS", "auto"}, {"RAYON_NUM_THREADS", "0"}};
  EXPECT_EQ(choose_threads(from).threads, 8U);
  for (const char* bad : {"two", "-1", "1.5", "0x2"}) {
    from.variables = {{"TWILL_NUM_THREADS", bad}};
    try {
      static_cast<void>(choose_threads(from));
      ADD_FAILURE() << bad << " was accepted";
    } catch (const twill::error& e) {
      EXPECT_EQ(e.code(), twill::errc::bad_configuration);
      EXPECT_EQ(e.where().file, "TWILL_NUM_THREADS");
      EXPECT_EQ(e.exit(), exit_code::usage);
    }
  }
}

TEST(thread_count, takes_quotas_and_disjoint_masks_into_account_and_sees_oversubscription) {
  thread_sources from = eight_cpus();
  from.quota = 2.5;
  EXPECT_EQ(choose_threads(from).threads, 3U);
  EXPECT_EQ(choose_threads(from).source, "cgroup quota");
  from.quota.reset();
  from.local_size = 4;
  from.masks_disjoint = true;
  EXPECT_EQ(choose_threads(from).threads, 8U);
  from.masks_disjoint = false;
  from.argument = 4;
  const thread_choice c = choose_threads(from);
  EXPECT_EQ(c.allowed, 2U);
  EXPECT_TRUE(c.oversubscribed);
  EXPECT_DOUBLE_EQ(c.factor, 2.0);
  from.affinity = 2;
  from.local_size = 3;
  from.argument = 1;
  EXPECT_TRUE(choose_threads(from).oversubscribed) << "three ranks on two CPUs";
}

TEST(binding, keeps_the_launchers_mask_and_divides_a_common_one_by_memory_domain) {
  binding_request r{.masks = {{0, 1}, {2, 3}}, .domains = {{0, 1, 2, 3}}, .machine_cpus = 4, .threads = 2};
  EXPECT_EQ(plan_binding(r, 1).text, "CPUs 2-3 as the launcher chose");
  EXPECT_TRUE(plan_binding(r, 1).cpus.empty());

  // Domains interleave CPU numbers, as many machines do.
  const std::vector<int> all{0, 1, 2, 3, 4, 5, 6, 7};
  r = {.masks = {all, all}, .domains = {{0, 2, 4, 6}, {1, 3, 5, 7}}, .machine_cpus = 8, .threads = 4};
  EXPECT_EQ(plan_binding(r, 0).cpus, (std::vector<int>{0, 2, 4, 6}));
  EXPECT_EQ(plan_binding(r, 1).cpus, (std::vector<int>{1, 3, 5, 7}));
  EXPECT_TRUE(plan_binding(r, 1).identical_masks);

  r.threads = 5;
  EXPECT_TRUE(plan_binding(r, 0).cpus.empty());
  EXPECT_EQ(plan_binding(r, 0).text, "left to the operating system: 2 ranks of 5 threads share 8 CPUs");
  r = {.masks = {{}}, .domains = {}, .machine_cpus = 4, .threads = 1};
  EXPECT_EQ(plan_binding(r, 0).text, "left as it is: the affinity mask cannot be read");
}

TEST(binding, gives_a_rank_whole_cores_and_sees_ranks_that_share_one) {
  const std::vector<int> all{0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<std::vector<int>> cores{{0, 4}, {1, 5}, {2, 6}, {3, 7}};
  binding_request r{.masks = {all, all}, .domains = {all}, .cores = cores, .machine_cpus = 8, .threads = 2};
  EXPECT_EQ(plan_binding(r, 0).cpus, (std::vector<int>{0, 1, 4, 5}));
  EXPECT_EQ(plan_binding(r, 1).cpus, (std::vector<int>{2, 3, 6, 7}));
  EXPECT_FALSE(ranks_share_cores(r));
  // The launcher's own choice stays, and is told about.
  r.masks = {{0, 1, 2, 3}, {4, 5, 6, 7}};
  EXPECT_TRUE(plan_binding(r, 0).cpus.empty());
  EXPECT_TRUE(ranks_share_cores(r));
  r.masks = {{0, 1, 4, 5}, {2, 3, 6, 7}};
  EXPECT_FALSE(ranks_share_cores(r));
  // Common CPUs are no threads of one core that two ranks have for themselves.
  r.masks = {{0, 4}, {0, 4}};
  EXPECT_FALSE(ranks_share_cores(r));
}

TEST(binding, writes_cpus_as_ranges) {
  EXPECT_EQ(ranges_of({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  EXPECT_EQ(ranges_of({}), "");
}

TEST(memory_plan, takes_the_least_limit_and_names_its_source) {
  machine_info machine;
  machine.physical_memory = 100'000'000'000;
  machine.cgroup_memory_limit = 80'000'000'000;
  machine.online_cpus = 8;
  EXPECT_EQ(node_memory_limit(machine, {}).source, "cgroup");
  EXPECT_EQ(node_memory_limit(machine, {}, 0.5).usable(), 40'000'000'000U);
  const memory_limit node = node_memory_limit(machine, {{"SLURM_MEM_PER_NODE", "1000"}});
  EXPECT_EQ(node.bytes, 1000U * 1048576U);
  EXPECT_EQ(node.source, "SLURM_MEM_PER_NODE");
  const memory_limit cpu =
      node_memory_limit(machine, {{"SLURM_MEM_PER_CPU", "100"}, {"SLURM_CPUS_ON_NODE", "4"}});
  EXPECT_EQ(cpu.bytes, 400U * 1048576U);
  EXPECT_EQ(cpu.source, "SLURM_MEM_PER_CPU");
  EXPECT_EQ(node_memory_limit({}, {}).source, "unknown");
  EXPECT_FALSE(node_memory_limit({}, {}).usable().has_value());
  EXPECT_THROW(static_cast<void>(node_memory_limit(machine, {{"SLURM_MEM_PER_NODE", "much"}})), twill::error);
}

// The reference of the peer: 4 ranks of 48 threads; its stated parts add up to 29.5 GB.
constexpr memory_request reference{
    .shared = 22'300'000'000, .rank_private = 28'000'000, .workspace = 36'000'000};

TEST(memory_plan, adds_up_to_the_reference_budget) {
  const memory_plan shared = plan_memory(reference, 4, 48, {}, sharing::required);
  EXPECT_EQ(shared.total(),
            std::uint64_t{22'300'000'000} + 4 * 28'000'000 + std::uint64_t{4} * 48 * 36'000'000);
  EXPECT_NEAR(static_cast<double>(shared.total()) * 1e-9, 29.3, 0.05);
  const memory_plan replicated = plan_memory(reference, 4, 48, {}, sharing::off);
  EXPECT_NEAR(static_cast<double>(replicated.total()) * 1e-9, 96.2, 0.05);
}

TEST(memory_plan, shares_when_memory_is_tight_or_when_ranks_would_copy_much) {
  const memory_limit limit{.bytes = 10'000'000'000, .source = "physical memory", .fraction = 1.0};
  EXPECT_FALSE(plan_memory({.shared = 63'000'000}, 4, 1, limit).shares);
  EXPECT_TRUE(plan_memory({.shared = 65'000'000}, 4, 1, limit).shares);
  EXPECT_FALSE(plan_memory({.shared = 65'000'000}, 1, 1, limit).shares);
  EXPECT_TRUE(plan_memory({.shared = 60'000'000, .rank_private = 2'000'000'000}, 4, 1, limit).shares);
}

TEST(memory_plan, is_refused_before_anything_is_allocated_with_the_parts_and_the_best_knob) {
  const memory_limit limit{.bytes = 1'000'000'000, .source = "cgroup", .fraction = 0.9};
  const memory_plan plan =
      plan_memory({.shared = 100'000'000, .rank_private = 10'000'000, .workspace = 50'000'000}, 2, 16, limit);
  try {
    plan.check();
    ADD_FAILURE() << "the plan fits: " << plan.to_string();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::over_budget);
    EXPECT_EQ(e.found(), "1.72 GB");
    EXPECT_EQ(e.expected(), "at most 900.0 MB");
    EXPECT_EQ(e.hint(), "fewer threads: each costs a workspace (up to 1.50 GB less)");
    EXPECT_NE(std::string(e.what()).find("workspaces              1.60 GB  2 x 16 x 50.0 MB"),
              std::string::npos)
        << e.what();
  }
}

TEST(memory_policy, is_read_from_text_and_large_regions_are_interleaved) {
  EXPECT_EQ(parse_memory_placement("local"), (memory_placement{memory_policy::local, 0}));
  EXPECT_EQ(parse_memory_placement("bind(2)"), (memory_placement{memory_policy::bind, 2}));
  EXPECT_EQ(parse_memory_placement("leader").policy, memory_policy::leader);
  for (const char* bad : {"", "bind", "bind(x)", "near"}) {
    try {
      static_cast<void>(parse_memory_placement(bad));
      ADD_FAILURE() << bad;
    } catch (const twill::error& e) {
      EXPECT_EQ(e.where().file, "TWILL_NUMA");
      EXPECT_EQ(e.expected(), "local, first_touch, interleave, leader or bind(N)");
    }
  }
  EXPECT_EQ(region_placement({}, 6'000'000'000).policy, memory_policy::interleave);
  EXPECT_EQ(region_placement({}, 4'000'000'000).policy, memory_policy::local);
  EXPECT_EQ(region_placement({memory_policy::leader, 0}, 6'000'000'000).policy, memory_policy::leader);
}

}  // namespace
}  // namespace twill::hybrid
