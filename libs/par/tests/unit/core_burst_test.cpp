// SPDX-License-Identifier: Apache-2.0
#include "twill/par/detail/burst.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace twill::par::detail {
namespace {

constexpr std::int64_t us = 1'000;

// Loops of 10 microseconds, `gap` apart, told by their times alone.
class loops {
 public:
  std::vector<int> run(int count, std::int64_t gap, std::size_t workers = 2, std::size_t searchers = 0) {
    std::vector<int> cuts;
    for (int i = 0; i < count; ++i) {
      now_ += gap;
      cuts.push_back(static_cast<int>(burst_.cut_for(now_, now_ + 1 * us, 9 * us, workers, searchers)));
      now_ += 10 * us;
    }
    return cuts;
  }
  std::ptrdiff_t alone_before_a_cut(std::int64_t gap) {
    const std::vector<int> cuts = run(1000, gap);
    return std::find(cuts.begin(), cuts.end(), 2) - cuts.begin();
  }

 private:
  std::int64_t now_ = 1'000'000 * us;
  burst burst_;
};

TEST(burst, long_loops_are_cut_freely_and_the_shortest_never) {
  burst b;
  EXPECT_EQ(b.cut_for(0, 1 * us, 20 * us, 8, 0), cut::freely);
  EXPECT_EQ(b.cut_for(0, 1 * us, 20 * us - 1, 8, 0), cut::none);
  EXPECT_EQ(b.cut_for(0, 1 * us, 20 * us, 1, 0), cut::freely);
  EXPECT_EQ(b.cut_for(0, 1 * us, 2 * us - 1, 8, 7), cut::none);
}

TEST(burst, short_loops_are_cut_into_one_piece_for_each_that_is_awake) {
  EXPECT_EQ(loops().run(2, us / 10, 8, 1), (std::vector<int>{2, 2}));
  EXPECT_EQ(loops().run(1, us / 10, 8, 2), std::vector<int>{2});
  EXPECT_EQ(loops().run(1, us / 10, 8, 3), std::vector<int>{4});
  EXPECT_EQ(loops().run(1, us / 10, 8, 6), std::vector<int>{4});
  EXPECT_EQ(loops().run(1, us / 10, 64, 63), std::vector<int>{8});
}

TEST(burst, a_worker_is_woken_only_where_loops_follow_one_another) {
  EXPECT_EQ(loops().run(200, 26 * us), std::vector<int>(200, 1)) << "too far apart";
  EXPECT_EQ(loops().run(200, us / 10, 1), std::vector<int>(200, 1)) << "nobody to wake";
  EXPECT_EQ(loops().run(6, us / 10), (std::vector<int>{1, 1, 1, 1, 2, 1})) << "after 50 microseconds";
}

TEST(burst, patience_doubles_with_each_wake_that_kept_nobody_awake_and_starts_anew_with_one_that_did) {
  loops l;
  EXPECT_EQ(l.run(5, us / 10).back(), 2);
  EXPECT_EQ(l.run(10, us / 10), (std::vector<int>{1, 1, 1, 1, 1, 1, 1, 1, 1, 2}));
  EXPECT_EQ(l.run(20, us / 10).back(), 2);
  EXPECT_EQ(l.run(1, us / 10, 2, 1), std::vector<int>{2});
  EXPECT_EQ(l.run(5, us / 10), (std::vector<int>{1, 1, 1, 1, 2}));
  loops never_helped;
  std::ptrdiff_t longest = 0;
  for (int i = 0; i < 10; ++i) {
    never_helped = loops();
    for (int k = 0; k < i; ++k) static_cast<void>(never_helped.run(5 << k, us / 10));
    longest = std::max(longest, never_helped.alone_before_a_cut(us / 10));
  }
  EXPECT_EQ(longest + 1, 320) << "3.2 milliseconds at most";
}

}  // namespace
}  // namespace twill::par::detail
