// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/hot.hpp"

#include <atomic>

namespace twill::hybrid {
namespace {

constinit std::atomic<int> depth{0};
constinit std::atomic<std::uint64_t> counted{0};

}  // namespace

void hot_begin() noexcept {
  // ORD relaxed [hot]: a switch for counting; what is counted between threads is joined by the work itself.
  depth.fetch_add(1, std::memory_order_relaxed);
}

void hot_end() noexcept {
  // ORD relaxed [hot]: as above.
  depth.fetch_sub(1, std::memory_order_relaxed);
}

void note_allocation() noexcept {
  // ORD relaxed [hot]: as above.
  if (depth.load(std::memory_order_relaxed) > 0) {
    // ORD relaxed [hot]: a count.
    counted.fetch_add(1, std::memory_order_relaxed);
  }
}

std::uint64_t hot_allocations() noexcept {
  // ORD relaxed [hot]: a count.
  return counted.load(std::memory_order_relaxed);
}

}  // namespace twill::hybrid
