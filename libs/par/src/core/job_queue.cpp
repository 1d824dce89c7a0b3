// SPDX-License-Identifier: Apache-2.0
#include "core/job_queue.hpp"

#include <algorithm>

namespace twill::par::detail {

void job_queue::push(job* j) {
  const std::scoped_lock lock(mutex_);
  // ORD relaxed [Q1]: the mutex orders writers.
  const std::size_t size = size_.load(std::memory_order_relaxed);
  if (size == ring_.size()) {
    std::vector<job*> wider(std::max<std::size_t>(16, 2 * size));
    for (std::size_t i = 0; i < size; ++i) wider[i] = ring_[(head_ + i) & (size - 1)];
    ring_ = std::move(wider);
    head_ = 0;
  }
  ring_[(head_ + size) & (ring_.size() - 1)] = j;
  // ORD relaxed [Q1]: see empty.
  size_.store(size + 1, std::memory_order_relaxed);
}

job* job_queue::pop() noexcept {
  if (empty()) return nullptr;
  const std::scoped_lock lock(mutex_);
  // ORD relaxed [Q1]: the mutex orders writers.
  const std::size_t size = size_.load(std::memory_order_relaxed);
  if (size == 0) return nullptr;
  job* const j = ring_[head_];
  head_ = (head_ + 1) & (ring_.size() - 1);
  // ORD relaxed [Q1]: see empty.
  size_.store(size - 1, std::memory_order_relaxed);
  return j;
}

}  // namespace twill::par::detail
