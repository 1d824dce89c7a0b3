// SPDX-License-Identifier: Apache-2.0
// What a pool costs when it has nothing to do, and that it never oversleeps.
#include <dirent.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "core_support.hpp"

namespace twill::par::test {
namespace {

struct usage {
  double cpu_ms = 0;
  long switches = 0;
};

/// CPU time and context switches of the threads of this process whose name starts so.
std::map<std::string, usage> usage_of(const std::string& prefix) {
  std::map<std::string, usage> all;
  DIR* const tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return all;
  while (const dirent* const entry = readdir(tasks)) {
    const std::string folder = std::string("/proc/self/task/") + entry->d_name;
    std::string name;
    std::getline(std::ifstream(folder + "/comm") >> std::ws, name);
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    usage u;
    // schedstat: nanoseconds on a CPU, nanoseconds waiting, time slices.
    double ns = 0;
    std::ifstream(folder + "/schedstat") >> ns;
    u.cpu_ms = ns / 1e6;
    std::ifstream status(folder + "/status");
    for (std::string line; std::getline(status, line);) {
      const std::size_t at = line.find("ctxt_switches:");
      if (at != std::string::npos) u.switches += std::strtol(line.c_str() + at + 14, nullptr, 10);
    }
    all[entry->d_name] = u;
  }
  closedir(tasks);
  return all;
}

TEST(idle, a_pool_costs_no_cpu_and_no_context_switches) {
  const auto pool = thread_pool_builder{}
                        .num_threads(4)
                        .thread_name([](std::size_t i) { return "idlepool" + std::to_string(i); })
                        .build();
  EXPECT_EQ(pool.install([] { return fib(15); }), 610);
  pool.broadcast([](broadcast_context) {});
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto before = usage_of("idlepool");
  ASSERT_EQ(before.size(), 4U);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto after = usage_of("idlepool");
  ASSERT_EQ(after.size(), 4U);
  for (const auto& [thread, was] : before) {
    const usage& is = after.at(thread);
    EXPECT_LT(is.cpu_ms - was.cpu_ms, 1.0) << "thread " << thread;
    EXPECT_LE(is.switches - was.switches, 2) << "thread " << thread;
  }
}

TEST(idle, workers_fall_asleep_soon_after_the_last_job) {
  const auto pool = thread_pool_builder{}
                        .num_threads(2)
                        .thread_name([](std::size_t i) { return "lastjob" + std::to_string(i); })
                        .build();
  pool.broadcast([](broadcast_context) {});
  const auto before = usage_of("lastjob");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto after = usage_of("lastjob");
  ASSERT_EQ(before.size(), 2U);
  for (const auto& [thread, was] : before) EXPECT_LT(after.at(thread).cpu_ms - was.cpu_ms, 1.0) << "thread " << thread;
}

class idle_test : public ::testing::TestWithParam<idle_policy> {};
INSTANTIATE_TEST_SUITE_P(policies, idle_test,
                         ::testing::Values(idle_policy::throughput, idle_policy::balanced, idle_policy::power));

/// A lost wake-up would hang: the timeout of the test is the watchdog.
TEST_P(idle_test, no_single_injection_is_lost_whatever_the_delay_before_it) {
  const auto pool = thread_pool_builder{}.num_threads(2).idle(GetParam()).guest_slots(0).build();
  std::mt19937 random(3);
  int answered = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 100);
    while (std::chrono::steady_clock::now() < until) {
    }
    answered += pool.install([] { return 1; });
  }
  EXPECT_EQ(answered, 4000);
}

TEST_P(idle_test, no_job_is_lost_while_guests_come_and_go) {
  const auto pool = thread_pool_builder{}.num_threads(2).idle(GetParam()).build();
  tally ran;
  std::thread spawner([&] {
    for (int i = 0; i < 1000; ++i) pool.install([&] { ran.add(); });
  });
  for (int i = 0; i < 2000; ++i) pool.join([&] { ran.add(); }, [&] { ran.add(); });
  spawner.join();
  EXPECT_EQ(ran.value(), 5000U);
}

}  // namespace
}  // namespace twill::par::test
