// SPDX-License-Identifier: Apache-2.0
#include "twill/base/machine.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace twill {
namespace {

/// A folder that stands for the root of a machine, gone after the test.
class fixture_root {
 public:
  fixture_root() {
    std::string pattern = (std::filesystem::temp_directory_path() / "twill-machine-XXXXXX").string();
    const char* const made = mkdtemp(pattern.data());
    EXPECT_NE(made, nullptr);
    path_ = pattern;
  }
  fixture_root(const fixture_root&) = delete;
  fixture_root& operator=(const fixture_root&) = delete;
  ~fixture_root() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  fixture_root& file(const std::string& name, const std::string& text) {
    const std::filesystem::path at = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at) << text;
    return *this;
  }
  [[nodiscard]] machine_info read() const { return inspect_machine(path_); }

 private:
  std::string path_;
};

void two_sockets_of_two_cores_with_two_threads(fixture_root& root) {
  root.file("sys/devices/system/cpu/online", "0-7\n");
  for (int cpu = 0; cpu < 8; ++cpu) {
    const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    root.file(folder + "physical_package_id", std::to_string(cpu / 2 % 2) + "\n");
    root.file(folder + "core_id", std::to_string(cpu % 2) + "\n");
  }
}

TEST(machine, an_empty_root_knows_nothing_and_offers_one_cpu) {
  const fixture_root root;
  const machine_info m = root.read();
  EXPECT_FALSE(m.online_cpus || m.affinity_cpus || m.cgroup_cpu_quota || m.cgroup_memory_limit ||
               m.physical_memory || m.numa_nodes || m.sockets || m.cores || m.threads_per_core);
  EXPECT_EQ(m.hostname + m.kernel + m.cpu_model, "");
  EXPECT_TRUE(m.affinity.empty());
  EXPECT_EQ(m.available_cpus(), 1U);
  EXPECT_EQ(m.available_memory(), std::nullopt);
}

TEST(machine, reads_cpus_memory_names_and_nodes) {
  fixture_root root;
  two_sockets_of_two_cores_with_two_threads(root);
  root.file("proc/thread-self/status", "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-2,5\n")
      .file("proc/meminfo", "MemTotal:       16384 kB\nMemFree:  1 kB\n")
      .file("proc/cpuinfo", "processor\t: 0\nmodel name\t: Example CPU @ 2.0GHz\nmodel name\t: other\n")
      .file("proc/sys/kernel/hostname", "node07\n")
      .file("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
      .file("sys/devices/system/node/online", "0-1\n");
  const machine_info m = root.read();
  EXPECT_EQ(m.online_cpus, 8U);
  EXPECT_EQ(m.sockets, 2U);
  EXPECT_EQ(m.cores, 4U);
  EXPECT_EQ(m.threads_per_core, 2U);
  EXPECT_EQ(m.affinity, (std::vector<int>{0, 1, 2, 5}));
  EXPECT_EQ(m.affinity_cpus, 4U);
  EXPECT_EQ(m.physical_memory, 16384ULL * 1024);
  EXPECT_EQ(m.cpu_model, "Example CPU @ 2.0GHz");
  EXPECT_EQ(m.hostname, "node07");
  EXPECT_EQ(m.kernel, "6.1.0-18-amd64");
  EXPECT_EQ(m.numa_nodes, 2U);
  EXPECT_EQ(m.available_cpus(), 4U);
  EXPECT_EQ(m.available_memory(), 16384ULL * 1024);
}

TEST(machine, a_topology_known_in_part_is_not_counted) {
  fixture_root root;
  root.file("sys/devices/system/cpu/online", "0-1\n")
      .file("sys/devices/system/cpu/cpu0/topology/physical_package_id", "0\n")
      .file("sys/devices/system/cpu/cpu0/topology/core_id", "0\n");
  const machine_info m = root.read();
  EXPECT_EQ(m.online_cpus, 2U);
  EXPECT_EQ(m.sockets, std::nullopt);
  EXPECT_EQ(m.cores, std::nullopt);
  EXPECT_EQ(m.available_cpus(), 2U);
}

TEST(machine, takes_the_least_limit_of_a_v2_group_and_its_ancestors) {
  fixture_root root;
  root.file("proc/self/cgroup", "0::/job/step/task\n")
      .file("proc/thread-self/status", "Cpus_allowed_list:\t0-15\n")
      .file("proc/meminfo", "MemTotal: 4194304 kB\n")
      .file("sys/fs/cgroup/job/step/task/cpu.max", "max 100000\n")
      .file("sys/fs/cgroup/job/step/cpu.max", "250000 100000\n")
      .file("sys/fs/cgroup/job/cpu.max", "800000 100000\n")
      .file("sys/fs/cgroup/job/step/task/memory.max", "max\n")
      .file("sys/fs/cgroup/job/memory.max", "1073741824\n");
  const machine_info m = root.read();
  EXPECT_EQ(m.cgroup_cpu_quota, 2.5);
  EXPECT_EQ(m.cgroup_memory_limit, 1073741824U);
  EXPECT_EQ(m.available_cpus(), 3U) << "a quota is rounded up";
  EXPECT_EQ(m.available_memory(), 1073741824U);
}

TEST(machine, sees_the_mounted_root_when_the_group_lies_outside_the_namespace) {
  fixture_root root;
  root.file("proc/self/cgroup", "0::/../../elsewhere\n").file("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(root.read().cgroup_cpu_quota, 1.5);
  EXPECT_EQ(root.read().available_cpus(), 2U);
}

TEST(machine, reads_v1_quotas_and_limits) {
  fixture_root root;
  root.file("proc/self/cgroup",
            "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n")
      .file("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "50000\n")
      .file("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n")
      .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n")
      .file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n")
      .file("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n")
      .file("sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n");
  const machine_info m = root.read();
  EXPECT_EQ(m.cgroup_cpu_quota, 0.5);
  EXPECT_EQ(m.cgroup_memory_limit, 268435456U);
  EXPECT_EQ(m.available_cpus(), 1U);
  EXPECT_EQ(m.available_memory(), 268435456U);
}

TEST(machine, hybrid_hierarchies_give_the_least_of_both) {
  fixture_root root;
  root.file("proc/self/cgroup", "3:cpu,cpuacct:/a\n0::/b\n")
      .file("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000\n")
      .file("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n")
      .file("sys/fs/cgroup/unified/b/cpu.max", "300000 100000\n");
  EXPECT_EQ(root.read().cgroup_cpu_quota, 3.0);
}

TEST(machine, malformed_files_leave_their_fields_empty) {
  fixture_root root;
  root.file("proc/self/cgroup", "junk\n0:\n\n0::/g\n4:cpu:/h\n5:memory:/h\n")
      .file("sys/fs/cgroup/g/cpu.max", "lots 100000\n")
      .file("sys/fs/cgroup/g/memory.max", "-5\n")
      .file("sys/fs/cgroup/cpu.max", "100000\n")
      .file("sys/fs/cgroup/cpu/h/cpu.cfs_quota_us", "x\n")
      .file("sys/fs/cgroup/cpu/h/cpu.cfs_period_us", "0\n")
      .file("sys/fs/cgroup/memory/h/memory.limit_in_bytes", "\n")
      .file("sys/devices/system/cpu/online", "3-1\n")
      .file("sys/devices/system/node/online", "a\n")
      .file("proc/meminfo", "MemTotal: many kB\n")
      .file("proc/cpuinfo", "no colon\n")
      .file("proc/thread-self/status", "Cpus_allowed_list:\t\n")
      .file("proc/sys/kernel/hostname", " \n");
  const machine_info m = root.read();
  EXPECT_FALSE(m.online_cpus || m.affinity_cpus || m.cgroup_cpu_quota || m.cgroup_memory_limit ||
               m.physical_memory || m.numa_nodes);
  EXPECT_EQ(m.hostname + m.kernel + m.cpu_model, "");
  EXPECT_TRUE(m.affinity.empty());
  EXPECT_EQ(m.available_cpus(), 1U);
}

TEST(machine, available_cpus_is_the_least_of_mask_and_quota_and_at_least_one) {
  machine_info m;
  m.online_cpus = 64;
  EXPECT_EQ(m.available_cpus(), 64U);
  m.affinity_cpus = 3;
  EXPECT_EQ(m.available_cpus(), 3U);
  m.cgroup_cpu_quota = 1e300;
  EXPECT_EQ(m.available_cpus(), 3U);
  m.cgroup_cpu_quota = 2.01;
  EXPECT_EQ(m.available_cpus(), 3U);
  m.cgroup_cpu_quota = 2.0;
  EXPECT_EQ(m.available_cpus(), 2U);
  m.cgroup_cpu_quota = 0.1;
  EXPECT_EQ(m.available_cpus(), 1U);
  m.affinity_cpus = 0;
  m.cgroup_cpu_quota.reset();
  EXPECT_EQ(m.available_cpus(), 1U);
}

TEST(machine, this_machine_agrees_with_the_kernel) {
  const machine_info m = inspect_machine();
  ASSERT_TRUE(m.affinity_cpus);
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  EXPECT_EQ(m.affinity.size(), static_cast<std::size_t>(CPU_COUNT(&set)));
  for (const int cpu : m.affinity) EXPECT_TRUE(CPU_ISSET(static_cast<std::size_t>(cpu), &set)) << cpu;
  EXPECT_GE(m.available_cpus(), 1U);
  EXPECT_LE(m.available_cpus(), m.affinity.size());
}

TEST(machine, a_narrowed_mask_is_seen_by_the_thread_that_has_it) {
  const std::size_t before = inspect_machine().affinity.size();
  std::size_t narrowed = 0;
  std::thread([&] {
    const int first = inspect_machine().affinity.front();
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(first), &one);
    EXPECT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    narrowed = inspect_machine().available_cpus();
  }).join();
  EXPECT_EQ(narrowed, 1U);
  EXPECT_EQ(inspect_machine().affinity.size(), before);
}

TEST(machine, cpu_lists_parse_like_the_kernel_writes_them) {
  EXPECT_EQ(parse_cpu_list("0"), (std::vector<int>{0}));
  EXPECT_EQ(parse_cpu_list("0-3,8\n"), (std::vector<int>{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("5,2-3,2"), (std::vector<int>{2, 3, 5}));
  for (const char* bad : {"", ",", "1,", "3-1", "-1", "1-", "a", "0-65536", "1 2", "0x1", "1-2-3"}) {
    EXPECT_EQ(parse_cpu_list(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace twill
