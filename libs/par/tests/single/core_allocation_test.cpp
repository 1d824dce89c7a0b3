// SPDX-License-Identifier: Apache-2.0
// Counts every allocation of the process: joining asks for none.
#include "../conformance/core_support.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocations{0};

std::size_t allocation_count() {
  // ORD relaxed: read while the other threads allocate nothing.
  return allocations.load(std::memory_order_relaxed);
}

}  // namespace

// Not inlined: the compiler would see free() on what it thinks came from another operator new.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  // ORD relaxed: a count.
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace twill::par::test {
namespace {

TEST(allocation, joins_on_workers_allocate_nothing) {
  const auto pool = thread_pool_builder{}.num_threads(2).build();
  pool.install([] { return fib(20); });
  std::size_t used = 1;
  pool.install([&] {
    const std::size_t before = allocation_count();
    const long value = fib(20);
    used = allocation_count() - before;
    EXPECT_EQ(value, 6765);
  });
  EXPECT_EQ(used, 0U);
}

TEST(allocation, calls_from_outside_allocate_nothing) {
  const auto pool = thread_pool_builder{}.num_threads(2).build();
  for (int i = 0; i < 100; ++i) {
    pool.join([] { return fib(8); }, [] { return fib(8); });
    pool.install([] { return fib(8); });
  }
  const std::size_t before = allocation_count();
  long sum = 0;
  for (int i = 0; i < 100; ++i) {
    sum += pool.join([] { return fib(8); }, [] { return fib(8); }).first;
    sum += pool.install([] { return fib(8); });
  }
  const std::size_t used = allocation_count() - before;
  EXPECT_EQ(sum, 200 * 21);
  EXPECT_EQ(used, 0U);
}

TEST(allocation, spawning_in_a_steady_state_allocates_nothing) {
  const auto pool = thread_pool_builder{}.num_threads(1).guest_slots(0).build();
  std::size_t used = 1;
  tally ran;
  pool.install([&] {
    const auto burst = [&] {
      scope([&](scope_t& s) {
        for (int i = 0; i < 50; ++i) s.spawn([&ran] { ran.add(); });
      });
    };
    burst();
    const std::size_t before = allocation_count();
    for (int i = 0; i < 20; ++i) burst();
    used = allocation_count() - before;
  });
  EXPECT_EQ(used, 0U);
  EXPECT_EQ(ran.value(), 1050U);
}

}  // namespace
}  // namespace twill::par::test
