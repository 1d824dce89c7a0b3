// SPDX-License-Identifier: Apache-2.0
#include "ticks.hpp"

#include "twill/report/data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace twill::report::detail {
namespace {

using testing::ElementsAre;

std::vector<std::string> labels(const tick_set& set) {
  std::vector<std::string> out;
  for (const tick& t : set.ticks) {
    if (!t.label.empty()) out.push_back(t.below.empty() ? t.label : t.label + "/" + t.below);
  }
  return out;
}

TEST(linear_ticks, are_round) {
  EXPECT_THAT(labels(linear_ticks({0, 10}, 6, false)), ElementsAre("0", "2", "4", "6", "8", "10"));
  EXPECT_THAT(labels(linear_ticks({-0.3, 0.3}, 7, false)),
              ElementsAre("\u22120.3", "\u22120.2", "\u22120.1", "0", "0.1", "0.2", "0.3"));
  EXPECT_THAT(labels(linear_ticks({13000, 16100}, 4, false)),
              ElementsAre("13\u202f000", "14\u202f000", "15\u202f000", "16\u202f000"));
}

TEST(linear_ticks, take_a_power_out_of_long_labels) {
  const tick_set plain = linear_ticks({0, 5e7}, 6, false);
  EXPECT_EQ(plain.power, 6);
  EXPECT_THAT(labels(plain), ElementsAre("0", "10", "20", "30", "40", "50"));
  const tick_set si = linear_ticks({0, 0.06}, 4, true);
  EXPECT_EQ(si.power, -3);
  EXPECT_THAT(labels(si), ElementsAre("0", "20", "40", "60"));
  EXPECT_EQ(linear_ticks({0, 1000}, 5, true).power, 0);
}

TEST(linear_ticks, of_counts_are_whole) {
  EXPECT_THAT(labels(linear_ticks({1, 4}, 12, false, true)), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(labels(linear_ticks({0, 1}, 12, false, true)), ElementsAre("0", "1"));
}

TEST(log_ticks, label_decades) {
  EXPECT_THAT(labels(log_ticks({0.0003, 0.6}, 6, false)), ElementsAre("0.001", "0.01", "0.1"));
  EXPECT_THAT(labels(log_ticks({1, 100}, 10, false)), ElementsAre("1", "2", "5", "10", "20", "50", "100"));
  EXPECT_THAT(
      labels(log_ticks({1e-12, 1e12}, 5, false)),
      ElementsAre("10\u207b\u00b9\u2070", "10\u207b\u2075", "10\u2070", "10\u2075", "10\u00b9\u2070"));
  EXPECT_THAT(labels(log_ticks({2, 7}, 6, false)), ElementsAre("2", "3", "4", "5", "6", "7"));
}

TEST(time_ticks, follow_the_calendar) {
  EXPECT_THAT(labels(time_ticks({day_number(2023, 11, 15), day_number(2024, 5, 10)}, 8)),
              ElementsAre("Dec/2023", "Jan/2024", "Feb", "Mar", "Apr", "May"));
  EXPECT_THAT(labels(time_ticks({day_number(1990, 3, 1), day_number(2031, 1, 1)}, 6)),
              ElementsAre("2000", "2010", "2020", "2030"));
  EXPECT_THAT(labels(time_ticks({day_number(2024, 2, 27), day_number(2024, 3, 2)}, 6)),
              ElementsAre("27/Feb 2024", "28", "29", "1/Mar 2024", "2"));
  EXPECT_THAT(labels(time_ticks({day_number(2024, 2, 29), day_number(2024, 2, 29) + 0.5}, 5)),
              ElementsAre("00:00/29 Feb 2024", "03:00", "06:00", "09:00", "12:00"));
}

TEST(usable, mends_bounds_that_cannot_be_an_axis) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(usable(inf, -inf).hi, 1);
  EXPECT_EQ(usable(0, 0).lo, 0);
  EXPECT_LT(usable(5, 5).lo, 5);
  EXPECT_GT(usable(5, 5).hi, 5);
  EXPECT_EQ(usable(-1.7e308, 1.7e308).hi, 1e300);
  EXPECT_EQ(usable(3, 1).lo, 1);
  EXPECT_EQ(usable_log(-1, 5).lo, 1);
  EXPECT_EQ(usable_log(4, 4).lo, 2);
}

TEST(si_prefix, is_that_of_the_power) {
  EXPECT_EQ(si_prefix_of(9), "G");
  EXPECT_EQ(si_prefix_of(-6), "\u00b5");
  EXPECT_EQ(si_prefix_of(0), "");
  EXPECT_EQ(si_prefix_of(4), "");
  EXPECT_EQ(si_prefix_of(27), "");
}

}  // namespace
}  // namespace twill::report::detail
