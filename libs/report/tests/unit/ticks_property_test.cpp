// SPDX-License-Identifier: Apache-2.0
#include "ticks.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

namespace twill::report::detail {
namespace {

/// Bounds from all magnitudes, with narrow intervals far from zero among them.
interval any_interval() {
  const double a = static_cast<double>(*rc::gen::inRange(-100000, 100001)) *
                   std::pow(10.0, static_cast<double>(*rc::gen::inRange(-40, 41)));
  const double width = static_cast<double>(*rc::gen::inRange(1, 100001)) *
                       std::pow(10.0, static_cast<double>(*rc::gen::inRange(-40, 41)));
  return usable(a, a + width);
}

TEST(linear_ticks_property, ticks_are_few_increasing_even_and_inside) {
  EXPECT_TRUE(rc::check([] {
    const interval domain = any_interval();
    const int most = *rc::gen::inRange(2, 16);
    const tick_set set = linear_ticks(domain, most, *rc::gen::arbitrary<bool>());
    RC_ASSERT(domain.lo < domain.hi);
    RC_ASSERT(static_cast<int>(set.ticks.size()) <= most);
    for (std::size_t i = 0; i < set.ticks.size(); ++i) {
      const double v = set.ticks[i].value;
      RC_ASSERT(v >= domain.lo && v <= domain.hi);
      if (i == 0) continue;
      const double gap = v - set.ticks[i - 1].value;
      RC_ASSERT(gap > 0);
      const double largest = std::max(std::fabs(domain.lo), std::fabs(domain.hi));
      RC_ASSERT(std::fabs(gap - set.step) <= 1e-9 * set.step + 1e-15 * largest);
    }
    // The next smaller step (a half or two fifths) would have given too many.
    RC_ASSERT(static_cast<double>(most) * set.step * 2.5 + set.step * 2.5 >= domain.hi - domain.lo);
    RC_ASSERT(set.step <= (domain.hi - domain.lo) * 2.5 || set.ticks.size() <= 2);
  }));
}

TEST(linear_ticks_property, labels_are_distinct_and_zero_is_zero) {
  EXPECT_TRUE(rc::check([] {
    const interval domain = any_interval();
    const tick_set set = linear_ticks(domain, *rc::gen::inRange(2, 16), false);
    std::set<std::string> seen;
    for (const tick& t : set.ticks) {
      RC_ASSERT(seen.insert(t.label).second);
      RC_ASSERT((t.value == 0) == (t.label == "0"));
    }
    if (domain.lo <= 0 && domain.hi >= 0) RC_ASSERT(seen.count("0") == 1);
  }));
}

TEST(linear_ticks_property, rounding_out_contains_and_ends_on_ticks) {
  EXPECT_TRUE(rc::check([] {
    const interval domain = any_interval();
    const int most = *rc::gen::inRange(3, 12);
    const interval grown = rounded_out(domain, most);
    RC_ASSERT(grown.lo <= domain.lo && grown.hi >= domain.hi);
    RC_ASSERT(grown.hi - grown.lo <= (domain.hi - domain.lo) * 8);
  }));
}

TEST(time_ticks_property, ticks_are_few_increasing_and_inside) {
  EXPECT_TRUE(rc::check([] {
    const double lo =
        static_cast<double>(*rc::gen::inRange(-500000, 2000000)) + *rc::gen::inRange(0, 86400) / 86400.0;
    const double width = std::pow(10.0, *rc::gen::inRange(-4, 6)) * *rc::gen::inRange(1, 10);
    const int most = *rc::gen::inRange(2, 14);
    const tick_set set = time_ticks({lo, lo + width}, most);
    RC_ASSERT(static_cast<int>(set.ticks.size()) <= most);
    for (std::size_t i = 0; i < set.ticks.size(); ++i) {
      RC_ASSERT(set.ticks[i].value >= lo && set.ticks[i].value <= lo + width);
      RC_ASSERT(!set.ticks[i].label.empty());
      if (i > 0) RC_ASSERT(set.ticks[i].value > set.ticks[i - 1].value);
    }
  }));
}

TEST(log_ticks_property, ticks_are_increasing_and_inside) {
  EXPECT_TRUE(rc::check([] {
    const double lo = std::pow(10.0, *rc::gen::inRange(-250, 250)) * *rc::gen::inRange(1, 10);
    const interval domain =
        usable_log(lo, lo * std::pow(10.0, *rc::gen::inRange(0, 40)) * *rc::gen::inRange(1, 10));
    const int most = *rc::gen::inRange(2, 12);
    const tick_set set = log_ticks(domain, most, false);
    int labelled = 0;
    for (std::size_t i = 0; i < set.ticks.size(); ++i) {
      labelled += set.ticks[i].label.empty() ? 0 : 1;
      RC_ASSERT(set.ticks[i].value >= domain.lo && set.ticks[i].value <= domain.hi);
      if (i > 0) RC_ASSERT(set.ticks[i].value > set.ticks[i - 1].value);
    }
    RC_ASSERT(labelled <= most + 4);
  }));
}

}  // namespace
}  // namespace twill::report::detail
