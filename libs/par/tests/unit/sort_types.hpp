// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace sort_tests {

/// Sorts up by one kind of sort and down by the other; `Up` and `Down` take turns among the types.
template <class T, class Up, class Down>
void sorts_up_and_down() {
  for (const std::size_t n : {10U, 100U, 3000U, 40000U}) {
    std::vector<T> v(n);
    const auto keys = input("random", n);
    for (std::size_t i = 0; i < n; ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        v[i] = static_cast<T>(static_cast<std::int64_t>(keys[i])) / T(1000003);
      } else {
        v[i] = static_cast<T>(keys[i]);
      }
    }
    auto up = v;
    std::sort(up.begin(), up.end());
    const std::vector<T> down(up.rbegin(), up.rend());
    auto stable = v;
    EXPECT_EQ(twill::par::sort(stable, Up()), stable.end());
    EXPECT_EQ(stable, up);
    auto unstable = v;
    EXPECT_EQ(twill::par::sort_unstable(unstable, Down()), unstable.end());
    EXPECT_EQ(unstable, down);
  }
}

}  // namespace sort_tests
