// SPDX-License-Identifier: Apache-2.0
#include "sort_faults.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

using namespace sort_tests;

namespace {

TEST(throwing_comparator, leaves_a_permutation_at_every_call_of_an_unstable_sort) {
  survives_every_call<std::uint64_t>(unstable);
  survives_every_call<counted>(unstable);
}

TEST(throwing_comparator, leaves_a_permutation_at_random_calls_of_a_large_unstable_sort) {
  survives_random_calls<std::uint64_t>(unstable);
  survives_random_calls<counted>(unstable);
}

TEST(throwing_comparator, in_a_parallel_partition_leaves_a_permutation) {
  const auto keys = input("random", 600'000);
  for (const std::size_t k : {1U, 100U, 550'000U, 900'000U, 2'000'000U}) {
    pool_of(2).install([&] { EXPECT_TRUE(survives<std::uint64_t>(keys, k, unstable)) << k; });
  }
}

}  // namespace
