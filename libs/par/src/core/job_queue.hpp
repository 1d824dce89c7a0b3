// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/job.hpp"

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

namespace twill::par::detail {

/// Unbounded FIFO of jobs behind a mutex: the injector, a worker's broadcast queue, a FIFO of spawned tasks.
///
/// Invariant: size_ is the number of jobs in the ring, changed only under the mutex and read anywhere as a
/// hint. A reader that must not miss a job orders its read by a fence of the sleep protocol.
class job_queue {
 public:
  void push(job* j);
  [[nodiscard]] job* pop() noexcept;
  [[nodiscard]] bool empty() const noexcept {
    // ORD relaxed [Q1]: ordered by the caller's fence where it matters (src/core/README-sleep.md).
    return size_.load(std::memory_order_relaxed) == 0;
  }

 private:
  std::mutex mutex_;
  std::vector<job*> ring_;
  std::size_t head_ = 0;
  std::atomic<std::size_t> size_{0};
};

}  // namespace twill::par::detail
