// SPDX-License-Identifier: Apache-2.0
#include "twill/par/detail/splitter.hpp"

#include <gtest/gtest.h>

namespace twill::par::detail {
namespace {

std::size_t leaves(splitter s) {
  splitter half = s;
  return half.try_split(false) ? 2 * leaves(half) : 1;
}

std::size_t leaves(length_splitter s, std::size_t len) {
  length_splitter half = s;
  return half.try_split(len, false) ? leaves(half, len / 2) + leaves(half, len - len / 2) : 1;
}

TEST(splitter, makes_about_one_leaf_a_thread_when_nobody_steals) {
  EXPECT_EQ(leaves(splitter(1)), 2U);
  EXPECT_EQ(leaves(splitter(4)), 8U);
  EXPECT_EQ(leaves(splitter(7)), 8U);
}

TEST(splitter, splits_again_where_a_thief_appears) {
  splitter s(4);
  while (s.try_split(false)) {
  }
  EXPECT_EQ(s.splits(), 0U);
  EXPECT_TRUE(s.try_split(true));
  EXPECT_EQ(s.splits(), 4U);
}

TEST(length_splitter, of_leaves_makes_that_many_whoever_runs_them) {
  EXPECT_EQ(leaves(length_splitter::of_leaves(2), 1000), 2U);
  EXPECT_EQ(leaves(length_splitter::of_leaves(8), 1000), 8U);
  EXPECT_EQ(leaves(length_splitter::of_leaves(8), 3), 3U);
  length_splitter stolen = length_splitter::of_leaves(2);
  EXPECT_TRUE(stolen.try_split(1000, false));
  EXPECT_FALSE(stolen.try_split(500, true));
}

TEST(length_splitter, makes_no_piece_below_the_least_length) {
  EXPECT_EQ(leaves(length_splitter(16, 100, 30, 1000), 100), 2U);
  EXPECT_EQ(leaves(length_splitter(16, 3, 1, 1000), 3), 3U);
}

TEST(length_splitter, makes_more_pieces_when_they_would_be_too_long) {
  EXPECT_GE(leaves(length_splitter(1, 1000, 1, 100), 1000), 10U);
}

}  // namespace
}  // namespace twill::par::detail
