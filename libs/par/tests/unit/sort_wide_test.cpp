// SPDX-License-Identifier: Apache-2.0
#include "sort_types.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(numbers, of_every_type_sort_up_and_down_like_the_standard_library) {
  sorts_up_and_down<std::uint32_t, par::total_less, std::greater<std::uint32_t>>();
  sorts_up_and_down<std::int64_t, std::ranges::less, std::ranges::greater>();
  sorts_up_and_down<unsigned long long, std::less<>, std::greater<>>();
  sorts_up_and_down<float, std::ranges::less, std::ranges::greater>();
  sorts_up_and_down<double, par::total_less, std::ranges::greater>();
  sorts_up_and_down<long double, std::ranges::less, std::ranges::greater>();
}

}  // namespace
