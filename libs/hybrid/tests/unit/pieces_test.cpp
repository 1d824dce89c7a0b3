// SPDX-License-Identifier: Apache-2.0
// Loops over items, shared data, times, requests by signals, the report.
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/identity.hpp"
#include "twill/comm.hpp"
#include "twill/hybrid/phases.hpp"
#include "twill/hybrid/shared.hpp"
#include "twill/hybrid/stop.hpp"
#include "twill/hybrid/topology.hpp"
#include "twill/hybrid/work.hpp"
#include "twill/par/pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <numeric>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace twill::hybrid {
namespace {

TEST(item_loop, runs_every_item_once_and_gives_it_back_to_its_worker) {
  const auto pool = par::thread_pool_builder{}.num_threads(3).build();
  pool.install([] {
    item_loop loop(40, 3);
    for (int round = 0; round < 20; ++round) {
      std::vector<std::size_t> owner(40);
      for (std::size_t i = 0; i < 40; ++i) owner[i] = loop.owner(i);
      std::vector<std::atomic<int>> ran(40);
      std::vector<std::size_t> who(40);
      loop.run(40, [&](std::size_t i, std::size_t worker) {
        // ORD relaxed: a count that the join orders.
        ran[i].fetch_add(1, std::memory_order_relaxed);
        who[i] = worker;
      });
      std::size_t moved = 0;
      for (std::size_t i = 0; i < 40; ++i) {
        // ORD relaxed: after the join.
        EXPECT_EQ(ran[i].load(std::memory_order_relaxed), 1);
        EXPECT_EQ(loop.owner(i), who[i]);
        moved += who[i] != owner[i] ? 1U : 0U;
      }
      EXPECT_EQ(loop.moved(), moved);
    }
  });
}

TEST(item_loop, of_one_worker_keeps_the_order_and_grows) {
  const auto pool = par::thread_pool_builder{}.num_threads(1).build();
  pool.install([] {
    item_loop loop(2, 1);
    std::vector<std::size_t> order;
    loop.run(5, [&](std::size_t i, std::size_t) { order.push_back(i); });
    EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
    EXPECT_EQ(loop.moved(), 0U);
  });
}

TEST(item_loop, hands_the_first_exception_on_and_begins_nothing_more) {
  const auto pool = par::thread_pool_builder{}.num_threads(2).build();
  pool.install([] {
    item_loop loop(1000, 2);
    std::atomic<int> ran{0};
    try {
      loop.run(1000, [&](std::size_t i, std::size_t) {
        // ORD relaxed: a count that the join orders.
        ran.fetch_add(1, std::memory_order_relaxed);
        if (i == 3) throw twill::error(twill::errc::internal, {.what = "item 3", .where = location{}});
      });
      ADD_FAILURE() << "nothing was thrown";
    } catch (const twill::error& e) {
      EXPECT_EQ(e.details().what, "item 3");
    }
    std::vector<int> again(1000);
    loop.run(1000, [&](std::size_t i, std::size_t) { again[i] = 1; });
    EXPECT_EQ(std::accumulate(again.begin(), again.end(), 0), 1000) << "the loop is as new";
  });
}

TEST(item_loop, gives_openings_the_same_results_split_or_not) {
  const auto pool = par::thread_pool_builder{}.num_threads(2).build();
  pool.install([] {
    item_loop loop(64, 2);
    const auto compute = [&](opening_split how) {
      std::vector<double> out(3 * 5);
      for_openings(loop, 3, 5, how, 2, [&](std::size_t p, std::size_t w, std::size_t) {
        out[p * 5 + w] = static_cast<double>(p) / static_cast<double>(w + 3);
      });
      return out;
    };
    EXPECT_EQ(compute(opening_split::always), compute(opening_split::never));
    EXPECT_EQ(compute(opening_split::automatic), compute(opening_split::never));
  });
}

std::vector<double> fill(bool share, bool by_leader, int ranks) {
  std::vector<double> out;
  comm::run_thread_ranks(ranks,
                         [&](comm::shm_comm& local) {
                           shared_array<double> a(local, 1001, share);
                           EXPECT_EQ(a.shared(), share);
                           const auto write = [](std::size_t begin, std::span<double> part) {
                             for (std::size_t i = 0; i < part.size(); ++i)
                               part[i] = 1.0 / static_cast<double>(begin + i + 1);
                           };
                           if (by_leader) {
                             a.fill_by_leader([&](std::span<double> all) { write(0, all); });
                           } else {
                             a.fill_distributed(write);
                           }
                           EXPECT_EQ(local.allreduce(a.checksum(), comm::max), a.checksum());
                           if (local.rank() == 0) out.assign(a.view().begin(), a.view().end());
                         },
                         {.checks = comm::check_level::heavy});
  return out;
}

TEST(shared_array, has_the_same_content_shared_or_not_whoever_writes) {
  const std::vector<double> wanted = fill(false, true, 1);
  ASSERT_EQ(wanted.size(), 1001U);
  EXPECT_EQ(wanted[2], 1.0 / 3.0);
  for (const int ranks : {1, 2, 4})
    for (const bool share : {false, true})
      for (const bool by_leader : {false, true}) EXPECT_EQ(fill(share, by_leader, ranks), wanted);
}

TEST(shared_array, sees_ranks_with_different_content_at_level_heavy) {
  comm::run_thread_ranks(2,
                         [](comm::shm_comm& local) {
                           shared_array<int> a(local, 4, false);
                           try {
                             a.fill_by_leader([&](std::span<int> all) { all[0] = local.rank(); });
                             ADD_FAILURE() << "not seen";
                           } catch (const twill::error& e) {
                             EXPECT_EQ(e.details().what,
                                       "rank 1 of the node sees other shared data than rank 0");
                           }
                         },
                         {.checks = comm::check_level::heavy});
}

TEST(shared_array, falls_back_to_a_copy_of_its_own_unless_sharing_is_required) {
  comm::run_thread_ranks(2,
                         [](comm::shm_comm& local) {
                           constexpr std::size_t more = 1U << 20U;
                           shared_array<double> a(local, more, true, sharing::automatic);
                           EXPECT_FALSE(a.shared());
                           EXPECT_EQ(a.size(), more);
                           try {
                             const shared_array<double> b(local, more, true, sharing::required);
                             ADD_FAILURE() << "granted " << b.size();
                           } catch (const error& e) {
                             EXPECT_EQ(e.code(), errc::region_refused);
                             EXPECT_EQ(e.hint(), "raise TWILL_SHM_BYTES, or switch sharing off");
                           }
                         },
                         {.shared_bytes = 1U << 20U});
}

TEST(section_layout, finds_its_sections_on_cache_lines_and_refuses_other_blocks) {
  section_layout layout(3);
  const std::size_t a = layout.add<double>(5);
  const std::size_t b = layout.add<std::uint32_t>(7);
  std::vector<std::byte> block(layout.bytes());
  layout.write_header(block);
  EXPECT_EQ(block.size() % cache_line, 0U);
  const auto numbers = layout.section<double>(std::span(block), a);
  EXPECT_EQ(numbers.size(), 5U);
  const auto counts = layout.section<std::uint32_t>(std::span(block), b);
  EXPECT_EQ((reinterpret_cast<const std::byte*>(counts.data()) - block.data()) % 64, 0);
  layout.check_header(block);
  section_layout other(4);
  static_cast<void>(other.add<double>(5));
  static_cast<void>(other.add<std::uint32_t>(7));
  try {
    other.check_header(block);
    ADD_FAILURE() << "accepted";
  } catch (const twill::error& e) {
    EXPECT_EQ(e.details().what, "the block has another version of its layout");
  }
}

TEST(phases, are_gathered_from_all_ranks_with_balance_and_verdict) {
  comm::run_thread_ranks(2, [](comm::shm_comm& world) {
    phase_clock clock(2);
    for (int i = 0; i < 2; ++i) {
      clock.now().seconds[static_cast<std::size_t>(phase::forward)] = world.rank() == 0 ? 1.0 : 1.15;
      clock.now().seconds[static_cast<std::size_t>(phase::communication)] = 0.01;
      clock.now().seconds[static_cast<std::size_t>(phase::idle)] = world.rank() == 0 ? 0.1 : 0.0;
      clock.now().solves = 10;
      clock.now().bytes = 800;
      clock.next();
    }
    const phase_report r = collect_phases(world, clock);
    ASSERT_EQ(r.ranks.size(), 2U);
    EXPECT_DOUBLE_EQ(r.balance(), 2.3 / 2.0);
    EXPECT_EQ(name_of(verdict_of(r.balance())), "ok");
    EXPECT_NEAR(r.communication_share(), 0.04 / 4.54, 1e-12);
    EXPECT_NEAR(r.idle_share(), 0.2 / 4.54, 1e-12);
    EXPECT_EQ(r.total(1).solves, 20);
    EXPECT_NE(r.to_string().find("balance 1.15 (ok), communication 0.88 %, waiting for other ranks 4.41 %"),
              std::string::npos)
        << r.to_string();
    EXPECT_NE(r.to_json().find("\"verdict\":\"ok\""), std::string::npos) << r.to_json();
  });
  EXPECT_EQ(verdict_of(1.0), balance_verdict::good);
  EXPECT_EQ(verdict_of(1.3), balance_verdict::placement);
  EXPECT_EQ(verdict_of(1.51), balance_verdict::problem);
}

TEST(phases, timers_add_up_and_name_the_phase) {
  phase_clock clock;
  {
    const phase_clock::timer t(clock, phase::io);
    EXPECT_STREQ(current_whereabouts().phase, "io");
  }
  EXPECT_GT(clock.now().seconds[static_cast<std::size_t>(phase::io)], 0.0);
  EXPECT_EQ(clock.now().seconds[static_cast<std::size_t>(phase::forward)], 0.0);
  {
    phase_clock::timer t(clock, phase::communication);
    t.waited(1e6);
  }
  EXPECT_EQ(clock.now().seconds[static_cast<std::size_t>(phase::communication)], 0.0) << "all of it waiting";
  const double idle = clock.now().seconds[static_cast<std::size_t>(phase::idle)];
  EXPECT_GT(idle, 0.0);
  EXPECT_LT(idle, 1e3) << "and no more than there was";
}

TEST(traces, of_all_ranks_become_one_with_a_process_a_rank) {
  comm::run_thread_ranks(3, [](comm::shm_comm& world) {
    const std::string mine =
        R"({"displayTimeUnit":"ns","otherData":{"x":[1]},"traceEvents":[{"name":"a]\"","pid":)" +
        std::to_string(world.rank()) + R"(,"args":{"v":[2]}}]})";
    const std::string all = merge_traces(world, mine);
    if (world.rank() != 0) {
      EXPECT_EQ(all, "");
      return;
    }
    EXPECT_EQ(all, R"({"displayTimeUnit":"ms","traceEvents":[{"name":"a]\"","pid":0,"args":{"v":[2]}},)"
                   R"({"name":"a]\"","pid":1,"args":{"v":[2]}},{"name":"a]\"","pid":2,"args":{"v":[2]}}]})");
  });
}

TEST(signals, only_set_flags_and_the_former_handlers_come_back) {
  clear_requests();
  struct sigaction before{};
  ::sigaction(SIGTERM, nullptr, &before);
  {
    const signal_handlers handlers;
    EXPECT_EQ(pending_requests(), 0);
    ::raise(SIGUSR1);
    EXPECT_TRUE(has(pending_requests(), request::checkpoint));
    EXPECT_EQ(take_requests(), static_cast<request_bits>(request::checkpoint));
    EXPECT_EQ(pending_requests(), 0) << "a checkpoint is taken once";
    ::raise(SIGTERM);
    ::raise(SIGINT);
    EXPECT_TRUE(has(take_requests(), request::stop));
    EXPECT_TRUE(has(take_requests(), request::stop)) << "a stop stays";
  }
  struct sigaction after{};
  ::sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
  clear_requests();
}

TEST(signals, a_second_interrupt_within_five_seconds_ends_the_process_by_it) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const signal_handlers handlers;
    ::raise(SIGINT);
    if (!has(pending_requests(), request::stop)) ::_exit(1);
    ::raise(SIGINT);
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST(signals, quit_tells_where_a_rank_is_and_goes_on) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  set_process_rank(3);
  set_whereabouts(
      {.phase = "backward", .operation = "allgatherv", .sequence = 841, .iteration = 12, .stage = 7});
  dump_whereabouts(ends[1]);
  set_whereabouts({.phase = "forward", .sequence = 9});
  {
    const int keep = ::dup(STDERR_FILENO);
    const signal_handlers handlers;
    ::dup2(ends[1], STDERR_FILENO);
    ::raise(SIGQUIT);
    ::dup2(keep, STDERR_FILENO);
    ::close(keep);
  }
  ::close(ends[1]);
  std::string text(1000, '\0');
  const auto n = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, n)));
  EXPECT_EQ(text,
            "rank 3: phase backward, stage 7, iteration 12, in allgatherv (call 841)\n"
            "rank 3: phase forward, iteration 0, between collectives (9 so far)\n");
  set_process_rank(-1);
}

execution_topology two_nodes() {
  execution_topology t;
  t.version = "0.1.0";
  t.build = "g++ 12.2.0, Release";
  t.backend = "shm";
  t.library = "twill comm 0.1.0 (local, shm)";
  t.standard = "twill.comm 1";
  t.requested_level = t.provided_level = "multiple";
  t.persistent = "native";
  t.launcher = "srun";
  t.hosts = {{"node-a", {0, 1}}, {"node-b", {2, 3}}};
  for (int r = 0; r < 4; ++r) {
    rank_facts f;
    f.pid = 100 + r;
    f.local_rank = r % 2;
    f.host = r < 2 ? "node-a" : "node-b";
    f.cpus = r % 2 == 0 ? "0-7" : "8-15";
    f.nodes = r % 2 == 0 ? "0" : "1";
    f.threads = 8;
    f.threads_source = "SLURM_CPUS_PER_TASK";
    f.binding = "CPUs " + f.cpus + " as the launcher chose";
    f.placement = "local";
    f.memory_limit = 64'000'000'000;
    f.memory_source = "SLURM_MEM_PER_NODE";
    t.ranks.push_back(f);
  }
  t.scheduler = {.name = "slurm",
                 .job = "4711",
                 .step = "0",
                 .nodes = "node-[a-b]",
                 .cpus_per_task = "8",
                 .time_left = "3600"};
  t.memory = plan_memory({.shared = 2'000'000'000, .rank_private = 100'000'000, .workspace = 30'000'000}, 2,
                         8, {.bytes = 64'000'000'000, .source = "SLURM_MEM_PER_NODE"});
  t.build_id = "0123abcd";
  t.solver = "CLP 1.17.7";
  t.suppression = "enforced, 11 of 11 variables set";
  t.floating_point = "round to nearest, denormals kept";
  t.simd = "avx2";
  t.reduction_order = "rank";
  t.check_level = "normal";
  t.timeout = "off";
  t.steps = {{"options", "done"}, {"suppress", "done"}};
  t.warnings = {"ranks of this node have the same CPUs: the launcher binds none"};
  return t;
}

void expect_golden(const std::string& text, const std::string& name) {
  const std::string path = std::string(TWILL_SOURCE_DIR) + "/libs/hybrid/tests/golden/" + name;
  if (std::getenv("TWILL_UPDATE_GOLDEN") != nullptr) write_file_atomically(path, text);
  EXPECT_EQ(text, read_file(path));
}

TEST(report, reads_as_people_and_machines_want_it) {
  const execution_topology t = two_nodes();
  EXPECT_EQ(t.num_hosts(), 2U);
  EXPECT_TRUE(t.is_homogeneous());
  EXPECT_EQ(t.leader_hostname(), "node-a");
  EXPECT_EQ(t.total_threads(), 32U);
  expect_golden(t.to_string(), "topology.txt");
  expect_golden(t.to_json() + "\n", "topology.json");
}

TEST(report, has_one_line_of_layout_for_one_rank_one_node_and_many) {
  execution_topology t = two_nodes();
  EXPECT_EQ(t.layout(), "4 ranks across 2 nodes\n  node-a: 2 ranks (0-1)\n  node-b: 2 ranks (2-3)");
  t.hosts = {{"node-a", {0, 1, 2, 3}}};
  EXPECT_EQ(t.layout(), "4 ranks on node-a");
  t.ranks.resize(1);
  t.backend = "local";
  EXPECT_EQ(t.layout(), "Backend: local\nHost: node-a\nThreads: 8");
  t.ranks.push_back(t.ranks.front());
  t.ranks.back().threads = 4;
  EXPECT_FALSE(t.is_homogeneous());
}

TEST(report, reads_what_slurm_and_pbs_say) {
  const scheduler_facts s = scheduler_facts::of({{"SLURM_JOB_ID", "12"},
                                                 {"SLURM_STEP_ID", "3"},
                                                 {"SLURM_STEP_NODELIST", "n[1-2]"},
                                                 {"SLURM_CPUS_PER_TASK", "4"}});
  EXPECT_EQ(s.name, "slurm");
  EXPECT_EQ(s.job, "12");
  EXPECT_EQ(s.step, "3");
  EXPECT_EQ(s.nodes, "n[1-2]");
  EXPECT_EQ(s.cpus_per_task, "4");
  const scheduler_facts p = scheduler_facts::of({{"PBS_JOBID", "99.server"}, {"NCPUS", "16"}});
  EXPECT_EQ(p.name, "pbs");
  EXPECT_EQ(p.job, "99");
  EXPECT_EQ(scheduler_facts::of({}).name, "");
}

}  // namespace
}  // namespace twill::hybrid
