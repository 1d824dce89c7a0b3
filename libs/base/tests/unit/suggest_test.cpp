// SPDX-License-Identifier: Apache-2.0
#include "twill/base/suggest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace twill {
namespace {

TEST(suggest, distance_counts_insertions_deletions_replacements_and_swaps) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("abc", "abd"), 1u);
  EXPECT_EQ(edit_distance("abc", "acb"), 1u);
  EXPECT_EQ(edit_distance("docter", "doctor"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(suggest, distance_is_symmetric) {
  const std::array<std::string_view, 6> words{"threads", "thread", "treads", "", "hreadst", "threshold"};
  for (const auto a : words) {
    for (const auto b : words) EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << ' ' << b;
  }
}

TEST(suggest, nearest_name_ignores_case_and_refuses_what_is_far) {
  const std::array<std::string_view, 4> known{"doctor", "version", "completion", "TWILL_NUM_THREADS"};
  EXPECT_EQ(nearest_name("docter", known), "doctor");
  EXPECT_EQ(nearest_name("DOCTOR", known), "doctor");
  EXPECT_EQ(nearest_name("twill_num_threds", known), "TWILL_NUM_THREADS");
  EXPECT_EQ(nearest_name("banana", known), "");
  EXPECT_EQ(nearest_name("", known), "");
}

TEST(suggest, the_first_of_equally_near_names_wins) {
  const std::array<std::string_view, 2> known{"cart", "card"};
  EXPECT_EQ(nearest_name("carx", known), "cart");
}

}  // namespace
}  // namespace twill
