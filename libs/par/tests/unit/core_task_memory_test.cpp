// SPDX-License-Identifier: Apache-2.0
#include "core/job_queue.hpp"
#include "core/task_memory.hpp"

#include <gtest/gtest.h>

namespace twill::par::detail {
namespace {

TEST(task_memory, hands_a_freed_block_out_again) {
  task_memory m;
  void* const first = m.allocate(40);
  m.free(first, 40);
  EXPECT_EQ(m.allocate(64), first);
  m.free(first, 64);
}

TEST(task_memory, keeps_sizes_apart) {
  task_memory m;
  void* const small = m.allocate(8);
  m.free(small, 8);
  void* const large = m.allocate(100);
  EXPECT_NE(large, small);
  m.free(large, 100);
  void* const huge = m.allocate(1000);
  m.free(huge, 1000);
}

TEST(task_memory, rounds_small_blocks_to_32_bytes) {
  EXPECT_EQ(task_memory::rounded(1), 32U);
  EXPECT_EQ(task_memory::rounded(33), 64U);
  EXPECT_EQ(task_memory::rounded(128), 128U);
  EXPECT_EQ(task_memory::rounded(129), 129U);
}

struct numbered final : job {
  explicit numbered(int n) : job([](job*, worker&) {}), number(n) {}
  int number;
};

TEST(job_queue, gives_jobs_back_in_order_across_growth) {
  job_queue q;
  std::vector<std::unique_ptr<numbered>> jobs;
  int next = 0;
  for (int i = 0; i < 100; ++i) {
    jobs.push_back(std::make_unique<numbered>(i));
    q.push(jobs.back().get());
    if (i % 3 == 2) {
      EXPECT_EQ(static_cast<numbered*>(q.pop())->number, next++);
    }
  }
  while (job* const j = q.pop()) EXPECT_EQ(static_cast<numbered*>(j)->number, next++);
  EXPECT_EQ(next, 100);
  EXPECT_TRUE(q.empty());
}

}  // namespace
}  // namespace twill::par::detail
