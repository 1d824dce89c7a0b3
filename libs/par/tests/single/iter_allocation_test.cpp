// SPDX-License-Identifier: Apache-2.0
// Replaces operator new to count allocations.
#include "twill/par.hpp"
#include "twill/par/range.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

namespace {
std::atomic<std::size_t> allocations{0};

void* counted(std::size_t n) {
  // ORD relaxed: read by the test after the loop that allocates has ended.
  allocations.fetch_add(1, std::memory_order_relaxed);
  // A sanitizer ends the process where malloc returns null, so what no machine has is refused here.
  if (n > std::size_t{1} << 45) throw std::bad_alloc();
  if (void* p = std::malloc(n == 0 ? 1 : n)) return p;
  throw std::bad_alloc();
}
std::size_t so_far() {
  // ORD relaxed: pairs with nothing; see counted().
  return allocations.load(std::memory_order_relaxed);
}
}  // namespace

// Inlined, free() beside the caller's new is what g++ 12 warns of.
[[gnu::noinline]] void* operator new(std::size_t n) { return counted(n); }
[[gnu::noinline]] void* operator new[](std::size_t n) { return counted(n); }
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

namespace par = twill::par;

TEST(iter_allocation, building_a_chain_allocates_nothing) {
  const std::vector<int> v(100000, 1);
  const std::size_t before = so_far();
  auto chain = v | par::map([](int x) { return x + 1; }) | par::enumerate() | par::zip(v) | par::rev() |
               par::skip(3) | par::step_by(2) | par::with_min_len(10);
  EXPECT_EQ(so_far(), before);
  EXPECT_EQ(chain.len(), 49999U);
}

TEST(iter_allocation, without_memory_the_caller_gets_bad_alloc) {
  std::vector<int> kept{1, 2, 3};
  EXPECT_THROW(static_cast<void>(par::repeat_n(1, SIZE_MAX / 16) | par::collect<std::vector>()),
               std::bad_alloc);
  EXPECT_THROW(par::repeat_n(1, SIZE_MAX / 16) | par::extend(kept), std::bad_alloc);
  EXPECT_EQ(kept, (std::vector<int>{1, 2, 3}));
}

TEST(iter_allocation, an_indexed_loop_allocates_nothing) {
  std::vector<double> v(100000, 1);
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(2).build();
  pool.install([&] {
    EXPECT_EQ(v | par::sum<double>(), 100000.0);
    const std::size_t before = so_far();
    const double total = v | par::map([](double x) { return 2 * x; }) | par::sum<double>();
    v | par::for_each([](double& x) { x += 1; });
    EXPECT_EQ(so_far(), before);
    EXPECT_EQ(total, 200000.0);
  });
}

TEST(iter_allocation, an_indexed_collect_allocates_once) {
  const std::vector<int> v(100000, 1);
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(2).build();
  pool.install([&] {
    const std::size_t before = so_far();
    const auto got = v | par::map([](int x) { return x + 1; }) | par::collect<std::vector>();
    EXPECT_EQ(so_far(), before + 1);
    EXPECT_EQ(got, std::vector<int>(100000, 2));
  });
}

TEST(iter_allocation, collect_into_reuses_the_memory_of_the_vector) {
  const std::vector<int> v(1000, 1);
  std::vector<int> to(2000, 5);
  // The global pool is made by its first use.
  EXPECT_EQ(v | par::sum<int>(), 1000);
  const int* const where = to.data();
  const std::size_t before = so_far();
  v | par::copy_items() | par::collect_into(to);
  EXPECT_EQ(so_far(), before);
  EXPECT_EQ(to.data(), where);
  EXPECT_EQ(to, v);
}
