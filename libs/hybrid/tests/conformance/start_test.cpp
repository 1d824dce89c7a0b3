// SPDX-License-Identifier: Apache-2.0
// The start as a contract: the order of its steps, what each has done when the next begins, and the way back.
#include "ranks.hpp"
#include "twill/base/machine.hpp"
#include "twill/hybrid.hpp"
#include "twill/par/pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#if defined(__SANITIZE_THREAD__)
// A forked child of a process with threads starts threads of its own, which ThreadSanitizer refuses by
// default.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace twill::hybrid {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool thread_sanitizer = true;
#elif defined(__has_feature)
constexpr bool thread_sanitizer = __has_feature(thread_sanitizer);
#else
constexpr bool thread_sanitizer = false;
#endif

std::vector<std::string> threads_of_process() {
  std::vector<std::string> out;
  DIR* const d = ::opendir("/proc/self/task");
  if (d == nullptr) return out;
  while (const dirent* e = ::readdir(d)) {
    std::ifstream file(std::string("/proc/self/task/") + e->d_name + "/comm");
    std::string name;
    if (std::getline(file, name)) out.push_back(name);
  }
  ::closedir(d);
  return out;
}

std::size_t workers_of_process() {
  std::size_t n = 0;
  for (const std::string& name : threads_of_process()) n += name.starts_with("twill-") ? 1U : 0U;
  return n;
}

// A thread takes its name as the first thing it does and leaves the system's list only after it was joined,
// so that the list comes to say what holds: this waits for it, and for no longer than a test may hang.
bool has_workers(std::size_t n) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (workers_of_process() != n) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// What can be told apart from outside: which steps have left their mark.
std::set<step> marks() {
  std::set<step> out;
  const char* const omp = std::getenv("OMP_NUM_THREADS");
  if (omp != nullptr && std::string(omp) == "1") out.insert(step::suppress);
  if (comm::is_initialized()) out.insert(step::communicator);
  if (workers_of_process() != 0) out.insert(step::pool);
  struct sigaction now{};
  ::sigaction(SIGTERM, nullptr, &now);
  if (now.sa_handler != SIG_DFL) out.insert(step::signals);
  return out;
}

struct told {
  step which;
  step_event what;
  friend bool operator==(const told&, const told&) = default;
};

options spied(std::vector<told>& log, std::vector<std::set<step>>& at_begin) {
  options o;
  o.threads = 2;
  o.observer = [&log, &at_begin](step s, step_event e) {
    log.push_back({s, e});
    if (e != step_event::begins) return;
    EXPECT_TRUE(has_workers(s > step::pool ? 2 : 0))
        << workers_of_process() << " when " << name_of(s) << " began";
    at_begin.push_back(marks());
  };
  o.workspace = workspaces_of<int>([](std::size_t worker) { return static_cast<int>(worker) + 10; });
  o.shared = {{.name = "table",
               .bytes = 100,
               .by_leader = false,
               .fill = [](std::size_t begin, std::span<std::byte> part) {
                 for (std::size_t i = 0; i < part.size(); ++i) part[i] = static_cast<std::byte>(begin + i);
               }}};
  return o;
}

// Runs `body` alone in a process: it is the first thing there that makes threads.
int in_child(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    try {
      body();
    } catch (const std::exception& e) {
      std::printf("child throws: %s\n", e.what());
      std::fflush(nullptr);
      ::_exit(2);
    }
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

void on_processes(int n, const std::function<void()>& body) {
  const auto statuses = ranks::fork_ranks(n, [&](int) {
    try {
      body();
    } catch (const std::exception& e) {
      std::printf("rank throws: %s\n", e.what());
      return 2;
    }
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  for (const int s : statuses) EXPECT_EQ(s, 0);
}

void check_order() {
  std::vector<told> log;
  std::vector<std::set<step>> at_begin;
  {
    runtime here = start(spied(log, at_begin));
    ASSERT_EQ(log.size(), 2 * step_count);
    for (std::size_t i = 0; i < step_count; ++i) {
      EXPECT_EQ(log[2 * i], (told{static_cast<step>(i), step_event::begins}));
      EXPECT_EQ(log[2 * i + 1], (told{static_cast<step>(i), step_event::done}));
    }
    for (std::size_t i = 0; i < step_count; ++i) {
      std::set<step> expected;
      for (const step s : {step::suppress, step::communicator, step::pool, step::signals})
        if (static_cast<std::size_t>(s) < i) expected.insert(s);
      EXPECT_EQ(at_begin[i], expected) << "when " << name_of(static_cast<step>(i)) << " began";
    }
    EXPECT_EQ(here.topology().steps.size(), step_count);
    EXPECT_EQ(here.workspace<int>(1), 11);
    EXPECT_EQ(here.shared("table").view()[99], std::byte{99});
    log.clear();
  }
  ASSERT_EQ(log.size(), step_count);
  for (std::size_t i = 0; i < step_count; ++i)
    EXPECT_EQ(log[i], (told{static_cast<step>(step_count - 1 - i), step_event::undone}));
  EXPECT_TRUE(has_workers(0)) << workers_of_process();
  EXPECT_EQ(marks(), std::set<step>{});
}

TEST(start, goes_through_its_steps_in_order_and_back_in_reverse) { EXPECT_EQ(in_child(check_order), 0); }

TEST(start, goes_through_its_steps_in_order_on_several_processes) {
  if constexpr (!thread_sanitizer) on_processes(2, check_order);
  EXPECT_EQ(marks(), std::set<step>{}) << "nothing of it in this process";
}

TEST(start, takes_back_what_is_done_in_reverse_when_any_step_throws) {
  EXPECT_EQ(in_child([] {
              for (std::size_t k = 0; k < step_count; ++k) {
                std::vector<told> log;
                options o;
                o.threads = 2;
                o.observer = [&](step s, step_event e) {
                  log.push_back({s, e});
                  if (e == step_event::begins && static_cast<std::size_t>(s) == k)
                    throw twill::error(twill::errc::cannot_read, {.what = "the spy", .where = location{}});
                };
                try {
                  const runtime here = start(o);
                  ADD_FAILURE() << "started " << here.size();
                } catch (const twill::error& e) {
                  EXPECT_EQ(e.exit(), exit_code::io) << k;
                  EXPECT_NE(std::string(e.what()).find("the spy"), std::string::npos);
                }
                ASSERT_EQ(log.size(), 2 * k + 1 + k);
                for (std::size_t i = 0; i < k; ++i)
                  EXPECT_EQ(log[2 * k + 1 + i], (told{static_cast<step>(k - 1 - i), step_event::undone}));
                EXPECT_TRUE(has_workers(0)) << workers_of_process();
                EXPECT_EQ(marks(), std::set<step>{}) << k;
              }
            }),
            0);
}

TEST(start, makes_a_step_that_throws_on_one_rank_fail_on_all_of_them) {
  if constexpr (thread_sanitizer) {
    EXPECT_EQ(marks(), std::set<step>{}) << "processes are not for the thread sanitizer";
    return;
  }
  for (const step k : {step::topology, step::local_comm, step::binding, step::numa, step::pool, step::regions,
                       step::workspaces, step::agreement, step::report}) {
    on_processes(3, [k] {
      options o;
      o.threads = 1;
      const int me = std::atoi(std::getenv("TWILL_RANK"));
      o.observer = [&](step s, step_event e) {
        if (me == 1 && e == step_event::begins && s == k)
          throw twill::error(twill::errc::cannot_read, {.what = "the spy of rank 1", .where = location{}});
      };
      try {
        const runtime here = start(o);
        ADD_FAILURE() << "started " << here.size();
      } catch (const remote_failure& e) {
        EXPECT_EQ(e.rank(), 1) << name_of(k);
        EXPECT_EQ(e.mine(), me == 1);
        EXPECT_EQ(e.exit(), exit_code::io);
      }
      EXPECT_TRUE(has_workers(0)) << workers_of_process();
      EXPECT_EQ(marks(), std::set<step>{}) << name_of(k);
    });
  }
}

TEST(start, makes_what_a_fill_or_a_workspace_throws_on_one_rank_an_error_of_all) {
  if constexpr (thread_sanitizer) {
    EXPECT_EQ(marks(), std::set<step>{}) << "processes are not for the thread sanitizer";
    return;
  }
  for (const bool in_fill : {true, false}) {
    on_processes(3, [in_fill] {
      options o;
      o.threads = 2;
      o.share = sharing::required;
      const int me = std::atoi(std::getenv("TWILL_RANK"));
      const auto fail = [me] {
        if (me == 2)
          throw twill::error(twill::errc::cannot_read, {.what = "not on rank 2", .where = location{}});
      };
      o.shared = {{.name = "a", .bytes = 10, .fill = [&](std::size_t, std::span<std::byte>) {
                     if (in_fill) fail();
                   }}};
      o.workspace = workspaces_of<int>([&](std::size_t) {
        fail();
        return 1;
      });
      try {
        const runtime here = start(o);
        ADD_FAILURE() << "started " << here.size();
      } catch (const remote_failure& e) {
        EXPECT_EQ(e.rank(), 2);
        EXPECT_NE(std::string(e.what()).find("not on rank 2"), std::string::npos);
      }
      EXPECT_EQ(marks(), std::set<step>{});
    });
  }
}

TEST(start, works_several_times_one_after_another_and_refuses_two_at_once) {
  EXPECT_EQ(in_child([] {
              for (int i = 0; i < 3; ++i) {
                runtime here = local({.threads = 2});
                EXPECT_EQ(here.size(), 1);
                EXPECT_EQ(par::current_num_threads(), 2U);
                try {
                  const runtime second = local({.threads = 2});
                  ADD_FAILURE() << "a second one with " << second.threads();
                } catch (const error& e) {
                  EXPECT_EQ(e.code(), errc::already_started);
                }
                EXPECT_EQ(here.world().allreduce(5, comm::sum), 5) << "the first one is as it was";
              }
            }),
            0);
}

TEST(start, works_several_times_one_after_another_on_several_processes) {
  if constexpr (!thread_sanitizer) {
    on_processes(2, [] {
      for (int i = 0; i < 3; ++i) {
        options o;
        o.threads = 1;
        o.keep_job = i < 2;
        o.shared = {{.name = "table",
                     .bytes = 64,
                     .by_leader = true,
                     .fill = [i](std::size_t, std::span<std::byte> all) {
                       std::ranges::fill(all, static_cast<std::byte>(i + 1));
                     }}};
        runtime here = start(o);
        EXPECT_EQ(here.size(), 2);
        EXPECT_EQ(here.node().size(), 2);
        EXPECT_EQ(here.shared("table").view().front(), static_cast<std::byte>(i + 1));
        EXPECT_EQ(here.world().allreduce(here.rank() + i, comm::sum), 1 + 2 * i);
        EXPECT_TRUE(comm::is_initialized());
      }
      EXPECT_FALSE(comm::is_initialized()) << "the last one left the job";
      try {
        const runtime again = start({.threads = 1});
        ADD_FAILURE() << "a job that this process has left: " << again.size();
      } catch (const twill::error& e) {
        EXPECT_NE(std::string(e.what()).find("it has ended"), std::string::npos) << e.what();
      }
      const runtime alone = local({.threads = 1});
      EXPECT_EQ(alone.size(), 1);
    });
    on_processes(2, [] {
      {
        const runtime here = start({.threads = 1, .keep_job = true});
        EXPECT_EQ(here.size(), 2);
      }
      const runtime alone = local({.threads = 1});
      EXPECT_EQ(alone.size(), 1) << "one process alone leaves the job that was kept";
    });
  }
  EXPECT_EQ(marks(), std::set<step>{}) << "nothing of it in this process";
}

TEST(start, adopts_a_global_pool_of_the_same_size_and_refuses_another) {
  EXPECT_EQ(in_child([] {
              par::thread_pool_builder{}.num_threads(2).build_global();
              {
                const runtime here = local({.threads = 2});
                EXPECT_EQ(here.threads(), 2U);
              }
              EXPECT_EQ(par::describe_current_pool().num_threads, 2U) << "not ours to end";
              try {
                const runtime here = local({.threads = 3});
                ADD_FAILURE() << "adopted " << here.threads();
              } catch (const twill::error& e) {
                EXPECT_NE(std::string(e.what()).find(
                              "the process has a global pool already, of another size (found 2 "
                              "threads (argument), expected 3 (argument))"),
                          std::string::npos)
                    << e.what();
              }
              par::shutdown_global();
              const runtime here = local({.threads = 3});
              EXPECT_EQ(here.threads(), 3U);
            }),
            0);
}

TEST(start, is_lost_in_a_child_of_fork_which_never_hangs) {
  EXPECT_EQ(in_child([] {
              runtime here = local({.threads = 2});
              std::atomic<int> ran{0};
              // ORD relaxed: a count that the broadcast orders.
              par::broadcast([&](par::broadcast_context) { ran.fetch_add(1, std::memory_order_relaxed); });
              const pid_t pid = ::fork();
              if (pid == 0) {
                int code = 1;
                try {
                  static_cast<void>(here.world());
                } catch (const error& e) {
                  code = e.code() == errc::lost_in_fork ? 0 : 3;
                }
                {
                  const runtime gone = std::move(here);  // its destructor does nothing here
                }
                // Threads of the child's own are there for it.
                const auto [a, b] = par::join([] { return 20; }, [] { return 22; });
                ::_exit(a + b == 42 ? code : 4);
              }
              int status = -1;
              ::waitpid(pid, &status, 0);
              EXPECT_EQ(status, 0);
              EXPECT_EQ(here.world().size(), 1) << "the parent goes on";
            }),
            0);
}

TEST(start, prepares_every_worker_with_name_floating_point_state_and_cpus) {
  EXPECT_EQ(in_child([] {
              options o;
              o.threads = 2;
              o.flush_denormals = true;
              const runtime here = local(o);
              volatile double tiny = 1e-310;
              const auto flushed = par::broadcast([&](par::broadcast_context) { return tiny * 1.0 == 0.0; });
              EXPECT_EQ(flushed, (std::vector<bool>{true, true}));
              EXPECT_EQ(tiny * 1.0, 0.0) << "and the main thread";
              EXPECT_EQ(here.topology().floating_point, "round to nearest, denormals are zero");
              const auto names = threads_of_process();
              EXPECT_EQ(std::count(names.begin(), names.end(), "twill-0"), 1);
              EXPECT_EQ(std::count(names.begin(), names.end(), "twill-1"), 1);
            }),
            0);
}

TEST(start, gives_the_main_thread_its_floating_point_state_back) {
  EXPECT_EQ(in_child([] {
              {
                options o;
                o.threads = 1;
                o.flush_denormals = true;
                const runtime here = local(o);
                EXPECT_EQ(here.threads(), 1U);
              }
              volatile double tiny = 1e-310;
              EXPECT_NE(tiny * 1.0, 0.0);
            }),
            0);
}

std::string allowed_cpus(long thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Cpus_allowed_list:")) return line.substr(line.find_first_not_of(" \t", 18));
  return "?";
}

TEST(start, binds_ranks_to_cpus_of_their_own_where_there_are_enough) {
  if constexpr (thread_sanitizer) {
    EXPECT_EQ(marks(), std::set<step>{}) << "processes are not for the thread sanitizer";
    return;
  }
  on_processes(2, [] {
    const std::string before = allowed_cpus(::gettid());
    {
      runtime here = start({.threads = 1});
      const std::string cpus = here.topology().ranks[static_cast<std::size_t>(here.rank())].cpus;
      const auto seen = par::broadcast([](par::broadcast_context) { return allowed_cpus(::gettid()); });
      for (const std::string& s : seen) EXPECT_EQ(s, cpus);
      const std::size_t both = inspect_machine().available_cpus();
      if (before != "0" && here.topology().ranks[0].cpus != before) {
        EXPECT_NE(here.topology().ranks[0].cpus, here.topology().ranks[1].cpus) << both;
        EXPECT_NE(here.topology().ranks[0].binding.find("share 1 of 2 of the node"), std::string::npos);
      }
    }
    EXPECT_EQ(allowed_cpus(::gettid()), before);
  });
}

TEST(start, plans_memory_that_the_process_then_uses) {
  EXPECT_EQ(
      in_child([] {
        const auto resident = [] {
          std::ifstream file("/proc/self/statm");
          std::size_t total = 0;
          std::size_t pages = 0;
          file >> total >> pages;
          return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
        };
        constexpr std::size_t each = 40U << 20U;
        {
          const runtime warm = local({.threads = 2});
          EXPECT_EQ(warm.threads(), 2U);
        }
        const double before = resident();
        options o;
        o.threads = 2;
        o.memory.workspace = each;
        o.workspace =
            workspaces_of<std::vector<char>>([](std::size_t) { return std::vector<char>(each, 'x'); });
        o.shared = {{.name = "table", .bytes = each, .fill = [](std::size_t, std::span<std::byte> part) {
                       for (std::byte& b : part) b = std::byte{1};
                     }}};
        const runtime here = local(o);
        const double used = resident() - before;
        const auto planned = static_cast<double>(here.memory().total());
        EXPECT_EQ(here.memory().total(), 3 * each);
        if (!thread_sanitizer && std::getenv("ASAN_OPTIONS") == nullptr) {
          EXPECT_NEAR(used / planned, 1.0, 0.1);
        }
      }),
      0);
}

TEST(start, writes_large_arrays_by_the_worker_that_uses_them) {
  EXPECT_EQ(in_child([] {
              const runtime here = local({.threads = 3});
              std::vector<double> data(100001, -1.0);
              first_touch(std::span<double>(data), 2.5);
              EXPECT_EQ(std::count(data.begin(), data.end(), 2.5), 100001);
              const auto domains = page_domains(std::as_bytes(std::span<const double>(data)));
              const std::size_t machine = inspect_machine().numa_nodes.value_or(1);
              if (domains) {
                EXPECT_LE(*std::max_element(domains->begin(), domains->end()), static_cast<int>(machine) - 1);
              }
            }),
            0);
}

TEST(start, refuses_a_plan_over_the_budget_before_it_allocates) {
  EXPECT_EQ(in_child([] {
              options o;
              o.threads = 2;
              o.memory.workspace = std::uint64_t{1} << 50U;
              bool made = false;
              o.workspace = workspaces_of<int>([&](std::size_t) {
                made = true;
                return 1;
              });
              try {
                const runtime here = local(o);
                ADD_FAILURE() << here.memory().to_string();
              } catch (const remote_failure& e) {
                EXPECT_NE(std::string(e.what()).find("the memory plan exceeds what this node may use"),
                          std::string::npos);
              }
              EXPECT_FALSE(made);
            }),
            0);
}

TEST(start, tells_each_rank_where_the_others_are) {
  if constexpr (thread_sanitizer) {
    EXPECT_EQ(marks(), std::set<step>{}) << "processes are not for the thread sanitizer";
    return;
  }
  on_processes(2, [] {
    runtime here = start({.threads = 2});
    const execution_topology& t = here.topology();
    ASSERT_EQ(t.ranks.size(), 2U);
    EXPECT_EQ(t.num_hosts(), 1U);
    EXPECT_TRUE(t.is_homogeneous());
    EXPECT_EQ(t.total_threads(), 4U);
    EXPECT_EQ(t.layout(), "2 ranks on " + t.leader_hostname());
    EXPECT_EQ(t.ranks[static_cast<std::size_t>(here.rank())].pid, ::getpid());
    EXPECT_EQ(t.ranks[1].local_rank, 1);
    EXPECT_EQ(t.ranks[0].threads_source, "argument");
    EXPECT_EQ(t.launcher, "twill run");
    EXPECT_EQ(here.node().size(), 2);
  });
}

}  // namespace
}  // namespace twill::hybrid
