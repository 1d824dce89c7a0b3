// SPDX-License-Identifier: Apache-2.0
#include "sort_faults.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <cstdint>

using namespace sort_tests;

namespace {

TEST(throwing_comparator, leaves_a_permutation_at_every_call_of_a_stable_sort) {
  survives_every_call<std::uint64_t>(stable);
  survives_every_call<counted>(stable);
  survives_every_call<counted_without_default>(stable);
}

TEST(throwing_comparator, leaves_a_permutation_at_random_calls_of_a_large_stable_sort) {
  survives_random_calls<std::uint64_t>(stable);
  survives_random_calls<counted>(stable);
  survives_random_calls<counted_without_default>(stable);
}

}  // namespace
