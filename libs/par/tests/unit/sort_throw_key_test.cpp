// SPDX-License-Identifier: Apache-2.0
#include "sort_faults.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(throwing_projection, leaves_a_permutation) {
  const auto keys = input("random", 20000);
  for (const std::size_t k : {1U, 7U, 5000U, 40000U, 200000U}) {
    const fuse at(k);
    const auto key = [&at](std::uint64_t x) {
      at.burn();
      return x;
    };
    auto v = keys;
    EXPECT_THROW(par::sort_by_key(v, key), std::runtime_error);
    EXPECT_EQ(sorted(v), sorted(keys));
    const fuse again(k);
    const auto key_again = [&again](std::uint64_t x) {
      again.burn();
      return x;
    };
    v = keys;
    EXPECT_THROW(par::sort_unstable_by_key(v, key_again), std::runtime_error);
    EXPECT_EQ(sorted(v), sorted(keys));
  }
}

TEST(throwing_key, of_a_cached_sort_moves_nothing) {
  const auto keys = input("random", 20000);
  for (const std::size_t k : {1U, 4097U, 20000U}) {
    const fuse at(k);
    auto v = make<counted>(keys);
    const auto held = counted::alive();
    EXPECT_THROW(par::sort_by_cached_key(v,
                                         [&at](const counted& x) {
                                           at.burn();
                                           return std::to_string(x.value());
                                         }),
                 std::runtime_error);
    EXPECT_EQ(values(v), keys);
    EXPECT_EQ(counted::alive(), held);
    const fuse radix_fuse(k);
    EXPECT_THROW(par::radix_sort(v,
                                 [&](const counted& x) {
                                   radix_fuse.burn();
                                   return x.value();
                                 }),
                 std::runtime_error);
    EXPECT_EQ(values(v), keys);
  }
}

TEST(cached_key, is_computed_once_for_each_element) {
  for (const std::size_t n : {0U, 1U, 2U, 100U, 30000U}) {
    std::atomic<std::size_t> calls{0};
    auto v = input("random", n);
    const auto expected = sorted(v);
    par::sort_by_cached_key(v, [&](std::uint64_t x) {
      // ORD relaxed: a counter, read after the sort joined its workers.
      calls.fetch_add(1, std::memory_order_relaxed);
      return x;
    });
    EXPECT_EQ(v, expected);
    // ORD relaxed: see above.
    EXPECT_EQ(calls.load(std::memory_order_relaxed), n < 2 ? 0 : n);
  }
}

}  // namespace
