// SPDX-License-Identifier: Apache-2.0
#include "bits.hpp"

#include <gtest/gtest.h>

namespace twill::lanes {
namespace {

TEST(bits, are_the_same_for_any_number_of_threads) {
  for (const std::size_t threads : {1U, 2U, 8U}) {
    executor ex({.threads = threads});
    EXPECT_EQ(test::bit_digest::of(ex), test::bit_digest::expected) << threads;
  }
}

}  // namespace
}  // namespace twill::lanes
