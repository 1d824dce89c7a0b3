// SPDX-License-Identifier: Apache-2.0
// What a pool costs when it has nothing to do, and that it never oversleeps.
#include "core_support.hpp"

#include <chrono>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace twill::par::test {
namespace {

struct usage {
  double cpu_ms = 0;
  long switches = 0;
  bool sleeps = false;
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
      if (line.rfind("State:", 0) == 0) u.sleeps = line.find('S', 6) != std::string::npos;
      const std::size_t at = line.find("ctxt_switches:");
      if (at != std::string::npos) u.switches += std::strtol(line.c_str() + at + 14, nullptr, 10);
    }
    all[entry->d_name] = u;
  }
  closedir(tasks);
  return all;
}

/// Returns when so many threads of this name exist and all of them sleep: an idle worker that still searches
/// runs.
void until_asleep(const std::string& prefix, std::size_t n) {
  for (;;) {
    const auto now = usage_of(prefix);
    std::size_t asleep = 0;
    for (const auto& [thread, u] : now) asleep += u.sleeps ? 1 : 0;
    if (asleep == n) return;
    std::this_thread::yield();
  }
}

TEST(idle, a_pool_costs_no_cpu_and_no_context_switches) {
  const auto pool = thread_pool_builder{}
                        .num_threads(4)
                        .thread_name([](std::size_t i) { return "idlepool" + std::to_string(i); })
                        .build();
  EXPECT_EQ(pool.install([] { return fib(15); }), 610);
  pool.broadcast([](broadcast_context) {});
  until_asleep("idlepool", 4);
  const auto before = usage_of("idlepool");
  ASSERT_EQ(before.size(), 4U);
  // The time of the measurement.
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
  // The time of the measurement.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto after = usage_of("lastjob");
  ASSERT_EQ(before.size(), 2U);
  for (const auto& [thread, was] : before)
    EXPECT_LT(after.at(thread).cpu_ms - was.cpu_ms, 1.0) << "thread " << thread;
}

class idle_test : public ::testing::TestWithParam<idle_policy> {};
INSTANTIATE_TEST_SUITE_P(policies, idle_test,
                         ::testing::Values(idle_policy::throughput, idle_policy::balanced,
                                           idle_policy::power));

/// So many single jobs, each injected into a pool that may be anywhere between busy and asleep. A lost
/// wake-up hangs: the timeout of the test is the watchdog.
std::size_t inject_singly(idle_policy policy, std::size_t jobs, unsigned longest_pause_us) {
  const auto pool = thread_pool_builder{}.num_threads(2).idle(policy).guest_slots(0).build();
  std::mt19937 random(3);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < jobs; ++i) {
    if (longest_pause_us > 0) busy_for(std::chrono::microseconds(random() % longest_pause_us));
    answered += pool.install([] { return std::size_t{1}; });
  }
  return answered;
}

TEST_P(idle_test, no_single_injection_is_lost_whatever_the_delay_before_it) {
  EXPECT_EQ(inject_singly(GetParam(), 4000, 100), 4000U);
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
