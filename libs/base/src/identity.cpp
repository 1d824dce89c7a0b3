// SPDX-License-Identifier: Apache-2.0
#include "twill/base/identity.hpp"

#include <atomic>

namespace twill {
namespace {

constinit std::atomic<int> rank_of_process{-1};
constinit std::atomic<std::uint32_t> next_thread{0};

}  // namespace

int process_rank() noexcept {
  // ORD relaxed [identity]: a number shown in records, it guards no other data.
  return rank_of_process.load(std::memory_order_relaxed);
}

void set_process_rank(int rank) noexcept {
  // ORD relaxed [identity]: see process_rank.
  rank_of_process.store(rank, std::memory_order_relaxed);
}

std::uint32_t thread_number() noexcept {
  // ORD relaxed [identity]: only that no two threads draw the same number matters.
  thread_local const std::uint32_t number = next_thread.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace twill
