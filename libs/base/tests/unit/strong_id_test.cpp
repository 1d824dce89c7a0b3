// SPDX-License-Identifier: Apache-2.0
#include "twill/base/strong_id.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <type_traits>
#include <unordered_set>

namespace twill {
namespace {

using rank_id = strong_id<struct rank_tag>;
using stage_id = strong_id<struct stage_tag, std::uint32_t>;

static_assert(sizeof(stage_id) == sizeof(std::uint32_t) && std::is_trivially_copyable_v<stage_id>);
static_assert(!std::is_convertible_v<int, rank_id> && !std::is_convertible_v<rank_id, int>);
static_assert(!std::is_constructible_v<rank_id, stage_id>);
static_assert(rank_id(3).next() == rank_id(4));

TEST(strong_id, is_ordered_and_hashable_as_its_integer) {
  EXPECT_EQ(rank_id{}.value(), 0);
  EXPECT_LT(rank_id(-1), rank_id(2));
  EXPECT_GE(rank_id(2), rank_id(2));
  const std::set<rank_id> ordered{rank_id(3), rank_id(1), rank_id(2), rank_id(1)};
  EXPECT_EQ(ordered.begin()->value(), 1);
  EXPECT_EQ(ordered.size(), 3U);
  const std::unordered_set<stage_id> hashed{stage_id(7U), stage_id(7U), stage_id(8U)};
  EXPECT_EQ(hashed.size(), 2U);
  EXPECT_EQ(hashed.count(stage_id(8U)), 1U);
}

TEST(strong_id, subscripts_by_index) {
  const int values[] = {10, 20, 30};
  EXPECT_EQ(values[stage_id(2U).index()], 30);
}

}  // namespace
}  // namespace twill
