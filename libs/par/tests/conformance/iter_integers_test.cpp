// SPDX-License-Identifier: Apache-2.0
// Ranges of integers, also of those that are too long to have a length, and of code points.
#include "iter_support.hpp"
#include "twill/base/result.hpp"
#include "twill/par/iter/split.hpp"

#include <array>
#include <atomic>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <ranges>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

using namespace iter_test;

TEST(iter_sources, ranges_of_every_integer_type_count) {
  in_pools([] {
    EXPECT_EQ(par::range(-3, 4) | par::sum<int>(), 0);
    EXPECT_EQ(items(par::range_inclusive<std::int8_t>(-128, 127)).size(), 256U);
    EXPECT_EQ(items(par::range_inclusive<std::uint8_t>(250, 255)),
              (std::vector<std::uint8_t>{250, 251, 252, 253, 254, 255}));
    EXPECT_EQ(par::range(5, 5) | par::count(), 0U);
    EXPECT_EQ(par::range(5, 1) | par::count(), 0U);
    EXPECT_EQ(par::range_inclusive(5, 4) | par::count(), 0U);
    EXPECT_EQ(items(par::range_inclusive(5, 5)), std::vector<int>{5});
    EXPECT_EQ(par::range(100U) | par::sum<unsigned>(), 4950U);
    EXPECT_EQ(items(par::range<std::int64_t>(INT64_MAX - 2, INT64_MAX) | par::rev()),
              (std::vector<std::int64_t>{INT64_MAX - 1, INT64_MAX - 2}));
  });
  EXPECT_EQ(par::len(par::range<std::int64_t>(INT64_MIN, INT64_MAX)), UINT64_MAX);
}

TEST(iter_sources, a_range_whose_length_does_not_fit_has_no_length_but_runs) {
  in_pools([] {
    auto everything = par::range_inclusive<std::uint64_t>(0, UINT64_MAX);
    EXPECT_EQ(everything.opt_len(), std::nullopt);
    EXPECT_THROW(static_cast<void>(everything.len()), std::length_error);
    EXPECT_EQ(message_of<std::length_error>([&] { static_cast<void>(everything | par::count()); }),
              "par::range: the number of items does not fit std::size_t");
    EXPECT_EQ(everything |
                  par::find_any([](std::uint64_t x) { return x == UINT64_MAX / 2 + 5 || x % 1000 == 7; }) |
                  par::map([](std::uint64_t) { return 1; }) | par::count(),
              1U);
    EXPECT_EQ(everything | par::find_first([](std::uint64_t x) { return x >= 1000; }), 1000U);
  });
}

TEST(iter_sources, ranges_beyond_two_to_the_64_find_their_items) {
  using wide = par::uint128_t;
  // 10^27, an octillion.
  wide octillion = 1;
  for (int i = 0; i < 27; ++i) octillion *= 10;
  in_pools([octillion] {
    EXPECT_TRUE((par::range<wide>(0, octillion) | par::find_first([](wide x) { return x >= 2; })) == wide{2});
    EXPECT_TRUE(par::range<wide>(0, octillion) | par::any([](wide x) { return x > 5; }));
    EXPECT_FALSE(par::range<wide>(0, octillion) | par::all([](wide x) { return x < 5; }));
  });
  // A piece is walked forward, so these end only because another worker searches to the right meanwhile.
  par::thread_pool two = par::thread_pool_builder{}.num_threads(2).build();
  two.install([octillion] {
    EXPECT_TRUE((par::range<wide>(0, octillion) | par::find_last([](wide) { return true; })) ==
                octillion - 1);
    EXPECT_TRUE((par::range_inclusive<wide>(0, octillion) | par::find_last([](wide) { return true; })) ==
                octillion);
    EXPECT_TRUE((par::range<wide>(0, octillion) | par::find_any([octillion](wide x) {
                   return x > octillion / 2;
                 })).has_value());
  });
  EXPECT_EQ(par::opt_len(par::range<wide>(octillion, octillion + 5)), 5U);
  EXPECT_EQ(par::range<par::int128_t>(-5, 5) | par::map([](par::int128_t x) { return static_cast<int>(x); }) |
                par::sum<int>(),
            -5);
}

TEST(iter_sources, char32_ranges_leave_out_surrogates) {
  in_pools([] {
    const auto all = items(par::range_inclusive(U'\0', char32_t{0x10FFFF}));
    ASSERT_EQ(all.size(), 0x110000U - 0x800U);
    EXPECT_EQ(all[0xD7FF], char32_t{0xD7FF});
    EXPECT_EQ(all[0xD800], char32_t{0xE000});
    EXPECT_EQ(all.back(), char32_t{0x10FFFF});
    const auto around = items(par::range(char32_t{0xD7FE}, char32_t{0xE002}) | par::rev());
    EXPECT_EQ(around, (std::vector<char32_t>{0xE001, 0xE000, 0xD7FF, 0xD7FE}));
    EXPECT_EQ(items(par::range(char32_t{0xD7FE}, char32_t{0xD800})), (std::vector<char32_t>{0xD7FE, 0xD7FF}));
    EXPECT_EQ(items(par::range(char32_t{0xE000}, char32_t{0xE002})), (std::vector<char32_t>{0xE000, 0xE001}));
  });
  EXPECT_EQ(message_of<std::invalid_argument>(
                [] { static_cast<void>(par::range(char32_t{0xD800}, char32_t{0xE000})); }),
            "par::range: the first char32_t is a surrogate");
  EXPECT_EQ(message_of<std::invalid_argument>([] { static_cast<void>(par::range(U'a', char32_t{0xD900})); }),
            "par::range: the last char32_t is a surrogate");
}
