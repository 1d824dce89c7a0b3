// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sort_support.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace sort_tests {

/// `check(n)` for many lengths in pools of every size.
template <class F>
void everywhere(const F& check) {
  for (const std::size_t threads : thread_counts()) {
    for (const std::size_t n : {0U, 1U, 2U, 3U, 100U, 4095U, 4096U, 4097U, 16384U, 20000U, 70000U}) {
      pool_of(threads).install([&] { check(n); });
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace sort_tests
