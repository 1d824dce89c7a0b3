// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

/// What the operators below count and refuse while a test watches.
std::atomic<std::size_t> allocations{0};
std::atomic<bool> refuse_scratch{false};

void* allocate(std::size_t size, std::size_t alignment) noexcept {
  // ORD relaxed: a counter, read when the workers are joined.
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

}  // namespace

// The forms that the library and the containers use. Scratch memory is asked for with nothrow and an
// alignment.
// Inlined, free() beside the caller's new is what g++ 12 warns of.
[[gnu::noinline]] void* operator new(std::size_t size) {
  if (void* const p = allocate(size, alignof(std::max_align_t))) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  if (void* const p = allocate(size, static_cast<std::size_t>(alignment))) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment,
                                     const std::nothrow_t&) noexcept {
  // ORD relaxed: set by the test before it sorts; the fork of a worker's job orders it before its use there.
  if (refuse_scratch.load(std::memory_order_relaxed)) return nullptr;
  return allocate(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace {

struct without_scratch {
  // ORD relaxed: the sorts of the test follow in this thread or are forked from it.
  without_scratch() { refuse_scratch.store(true, std::memory_order_relaxed); }
  // ORD relaxed: every worker is joined.
  ~without_scratch() { refuse_scratch.store(false, std::memory_order_relaxed); }
  without_scratch(const without_scratch&) = delete;
  without_scratch& operator=(const without_scratch&) = delete;
};

template <class F>
std::size_t allocations_of(const F& f) {
  // ORD relaxed: all counted work is joined before either read.
  const std::size_t before = allocations.load(std::memory_order_relaxed);
  f();
  // ORD relaxed: see above.
  return allocations.load(std::memory_order_relaxed) - before;
}

TEST(sort_memory, an_unstable_sort_allocates_nothing) {
  for (const std::size_t threads : thread_counts()) {
    pool_of(threads).install([&] {
      for (const auto& pattern : patterns()) {
        for (const std::size_t n : {10U, 1000U, 50000U}) {
          auto numbers = input(pattern, n);
          auto by_comparator = numbers;
          auto elements = records(numbers);
          EXPECT_EQ(allocations_of([&] { par::sort_unstable(numbers); }), 0U) << pattern << n;
          EXPECT_EQ(allocations_of(
                        [&] { par::sort_unstable(by_comparator, [](auto a, auto b) { return a < b; }); }),
                    0U);
          EXPECT_EQ(allocations_of([&] { par::sort_unstable(elements, {}, &record::key); }), 0U);
        }
      }
      auto large = input("random", 600'000);
      auto large_by_comparator = large;
      EXPECT_EQ(allocations_of([&] { par::sort_unstable(large); }), 0U);
      EXPECT_EQ(allocations_of(
                    [&] { par::sort_unstable(large_by_comparator, [](auto a, auto b) { return a < b; }); }),
                0U);
    });
  }
}

TEST(sort_memory, a_stable_sort_of_twenty_elements_allocates_nothing) {
  for (const auto& pattern : patterns()) {
    for (std::size_t n = 0; n <= 20; ++n) {
      auto numbers = input(pattern, n);
      auto elements = records(numbers);
      std::vector<std::string> words;
      for (const auto k : numbers) words.push_back(std::to_string(k % 1000));
      EXPECT_EQ(allocations_of([&] { par::sort(numbers); }), 0U) << n;
      EXPECT_EQ(allocations_of([&] {
                  par::sort(elements, [](const record& a, const record& b) { return a.key < b.key; });
                }),
                0U)
          << n;
      EXPECT_EQ(allocations_of([&] { par::sort(words); }), 0U) << n;
    }
  }
}

TEST(sort_memory, a_stable_sort_of_sorted_input_allocates_nothing) {
  for (const std::string pattern : {"ascending", "descending"}) {
    auto v = input(pattern, 100'000);
    EXPECT_EQ(allocations_of([&] { par::sort(v, [](auto a, auto b) { return a < b; }); }), 0U);
    v = input(pattern, 100'000);
    EXPECT_EQ(allocations_of([&] { par::sort(v); }), 0U);
  }
}

TEST(sort_memory, a_stable_sort_makes_one_allocation_for_its_scratch) {
  auto v = input("random", 30000);
  pool_of(2).install(
      [&] { EXPECT_EQ(allocations_of([&] { par::sort(v, [](auto a, auto b) { return a < b; }); }), 1U); });
}

TEST(sort_memory, a_stable_sort_without_scratch_goes_on_in_place) {
  const without_scratch refused;
  for (const std::size_t threads : thread_counts()) {
    for (const auto& pattern : patterns()) {
      for (const std::size_t n : {25U, 3000U, 40000U}) {
        auto keys = input(pattern, n);
        for (auto& k : keys) k %= 500;
        auto expected = records(keys);
        sort_stably(expected, [](const record& a, const record& b) { return a.key < b.key; });
        auto by_comparator = records(keys);
        auto by_bits = records(keys);
        auto numbers = keys;
        std::vector<double> doubles(keys.begin(), keys.end());
        pool_of(threads).install([&] {
          par::sort(by_comparator, [](const record& a, const record& b) { return a.key < b.key; });
          par::sort(by_bits, {}, &record::key);
          par::sort(numbers);
          par::sort(doubles, std::greater<>());
        });
        ASSERT_EQ(by_comparator, expected) << pattern << n;
        ASSERT_EQ(by_bits, expected) << pattern << n;
        ASSERT_EQ(numbers, sorted(keys));
        ASSERT_TRUE(std::is_sorted(doubles.rbegin(), doubles.rend()));
      }
    }
  }
}

TEST(sort_memory, in_place_merges_and_partitions_need_no_scratch) {
  const without_scratch refused;
  const auto keys = input("random", 50000);
  auto v = keys;
  std::sort(v.begin(), v.begin() + 20000);
  std::sort(v.begin() + 20000, v.end());
  pool_of(2).install([&] { par::inplace_merge(v, v.begin() + 20000); });
  EXPECT_EQ(v, sorted(keys));
  v = keys;
  auto expected = keys;
  const auto even = [](std::uint64_t x) { return x % 2 == 0; };
  sort_stably(expected, [&](std::uint64_t a, std::uint64_t b) { return even(a) && !even(b); });
  pool_of(2).install([&] { par::stable_partition(v, even); });
  EXPECT_EQ(v, expected);
}

TEST(sort_memory, sorts_that_need_memory_say_so) {
  const without_scratch refused;
  auto v = records(input("random", 5000));
  const auto before = v;
  EXPECT_THROW(par::sort_by_cached_key(v, &record::key), std::bad_alloc);
  EXPECT_THROW(par::radix_sort(v, &record::key), std::bad_alloc);
  EXPECT_EQ(v, before);
}

}  // namespace
