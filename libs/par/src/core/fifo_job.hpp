// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/job_queue.hpp"

namespace twill::par::detail {

/// Stands in a deque once for each task in its queue; run, it takes the oldest one.
struct fifo_job final : job {
  fifo_job() noexcept : job(&fifo_job::run_oldest) {}
  static void run_oldest(job* self, worker& seat) {
    job* const oldest = static_cast<fifo_job*>(self)->queue.pop();
    if (oldest == nullptr) fatal("a FIFO holds fewer tasks than its deque says");
    oldest->run(oldest, seat);
  }
  job_queue queue;
};

}  // namespace twill::par::detail
