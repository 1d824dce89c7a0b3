// SPDX-License-Identifier: Apache-2.0
#include "sort_types.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(numbers, of_every_width_sort_up_and_down_like_the_standard_library) {
  sorts_up_and_down<char, std::ranges::less, std::ranges::greater>();
  sorts_up_and_down<std::int8_t, std::less<>, std::greater<>>();
  sorts_up_and_down<std::uint8_t, par::total_less, std::greater<std::uint8_t>>();
  sorts_up_and_down<std::int16_t, std::ranges::less, std::ranges::greater>();
  sorts_up_and_down<char16_t, std::less<char16_t>, std::greater<>>();
  sorts_up_and_down<std::int32_t, std::ranges::less, std::ranges::greater>();
}

}  // namespace
