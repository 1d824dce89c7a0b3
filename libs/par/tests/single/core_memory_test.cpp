// SPDX-License-Identifier: Apache-2.0
// Counts the bytes this process holds, with what malloc adds to each block: what a worker and a queued job
// cost.
#include "../conformance/core_support.hpp"

#include <array>
#include <atomic>
#include <cstdlib>
#include <future>
#include <malloc.h>
#include <new>

namespace {

std::atomic<std::size_t> held{0};

std::size_t bytes_held() {
  // ORD relaxed: read while the other threads allocate nothing.
  return held.load(std::memory_order_relaxed);
}

// glibc keeps the size of a block in front of it.
constexpr std::size_t header = sizeof(std::size_t);

void* count_in(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  // ORD relaxed: a count.
  held.fetch_add(malloc_usable_size(memory) + header, std::memory_order_relaxed);
  return memory;
}

void count_out(void* memory) noexcept {
  if (memory == nullptr) return;
  // ORD relaxed: a count.
  held.fetch_sub(malloc_usable_size(memory) + header, std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

// Not inlined: the compiler would see free() on what it thinks came from another operator new.
[[gnu::noinline]] void* operator new(std::size_t bytes) { return count_in(std::malloc(bytes)); }
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  return count_in(std::aligned_alloc(step, (bytes + step - 1) / step * step));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { count_out(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { count_out(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { count_out(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  count_out(memory);
}

namespace twill::par::test {
namespace {

struct wide {
  std::array<char, 100> content{};
};

/// What a pool of so many workers holds after each of them spawned and ran tasks of every size.
std::size_t bytes_of_a_used_pool(std::size_t threads) {
  const std::size_t before = bytes_held();
  const auto pool = thread_pool_builder{}.num_threads(threads).guest_slots(0).build();
  tally ran;
  for (int round = 0; round < 3; ++round) {
    pool.broadcast([&](broadcast_context) {
      scope([&](scope_t& s) {
        for (int i = 0; i < 250; ++i) {
          s.spawn([&ran] { ran.add(); });
          s.spawn([&ran, more = std::array<char, 20>{}] { ran.add(more.size() / 20); });
          s.spawn([&ran, more = std::array<char, 60>{}] { ran.add(more.size() / 60); });
          s.spawn([&ran, more = wide{}] { ran.add(more.content.size() / 100); });
        }
      });
    });
  }
  EXPECT_EQ(ran.value(), 3 * threads * 1000);
  return bytes_held() - before;
}

TEST(memory, a_worker_holds_less_than_64_kib_beside_its_stack) {
  bytes_of_a_used_pool(1);
  const std::size_t few = bytes_of_a_used_pool(2);
  const std::size_t many = bytes_of_a_used_pool(10);
  ASSERT_GT(many, few);
  const std::size_t each = (many - few) / 8;
  RecordProperty("bytes_a_worker", static_cast<int>(each));
  EXPECT_LT(each, std::size_t{64} * 1024);
  // The buffer of a deque that once held 1000 jobs is part of it, so it cannot be near nothing either.
  EXPECT_GT(each, std::size_t{8} * 1024);
}

constexpr std::size_t million = 1'000'000;

TEST(memory, a_million_tasks_in_a_deque_take_less_than_100_bytes_each) {
  const auto pool = thread_pool_builder{}.num_threads(1).guest_slots(0).build();
  tally ran;
  std::size_t used = 0;
  pool.install([&] {
    scope([&](scope_t& s) {
      const std::size_t before = bytes_held();
      for (std::size_t i = 0; i < million; ++i) s.spawn([&ran] { ran.add(); });
      used = bytes_held() - before;
    });
  });
  EXPECT_EQ(ran.value(), million);
  RecordProperty("bytes_a_task", static_cast<int>(used / million));
  EXPECT_GT(used / million, 24U);
  EXPECT_LT(used / million, 100U);
}

TEST(memory, a_million_injected_tasks_take_less_than_100_bytes_each) {
  tally ran;
  std::size_t used = 0;
  {
    const auto pool = thread_pool_builder{}.num_threads(1).build();
    std::promise<void> started;
    std::promise<void> gate;
    pool.spawn([&] {
      started.set_value();
      gate.get_future().wait();
    });
    started.get_future().wait();
    const std::size_t before = bytes_held();
    for (std::size_t i = 0; i < million; ++i) pool.spawn([&ran] { ran.add(); });
    used = bytes_held() - before;
    gate.set_value();
  }
  EXPECT_EQ(ran.value(), million);
  RecordProperty("bytes_a_task", static_cast<int>(used / million));
  EXPECT_GT(used / million, 24U);
  EXPECT_LT(used / million, 100U);
}

}  // namespace
}  // namespace twill::par::test
