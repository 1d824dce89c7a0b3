// SPDX-License-Identifier: Apache-2.0
// Adaptors that choose items by position or by a predicate, against the serial loop.
#include "iter_support.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

using namespace iter_test;

TEST(iter_adaptors, step_by_keeps_the_first_item) {
  for_lengths([](const std::vector<int>& v) {
    for (const std::size_t step : {1U, 2U, 3U, 7U, 999U, 2000000U}) {
      std::vector<int> expected;
      for (std::size_t i = 0; i < v.size(); i += step) expected.push_back(v[i]);
      ASSERT_EQ(items(v | par::step_by(step)), expected) << step;
      const std::vector<int> reversed(expected.rbegin(), expected.rend());
      ASSERT_EQ(items(v | par::step_by(step) | par::rev()), reversed) << step;
    }
  });
}

TEST(iter_adaptors, skip_and_take_clamp_at_the_length) {
  for_lengths([](const std::vector<int>& v) {
    for (const std::size_t n : {0U, 1U, 2U, 500U, 3000000U}) {
      const auto cut = static_cast<std::ptrdiff_t>(std::min(n, v.size()));
      ASSERT_EQ(items(v | par::take(n)), std::vector<int>(v.begin(), v.begin() + cut)) << n;
      ASSERT_EQ(items(v | par::skip(n)), std::vector<int>(v.begin() + cut, v.end())) << n;
    }
  });
}

TEST(iter_adaptors, rev_turns_every_chain_round) {
  for_lengths([](const std::vector<int>& v) {
    const std::vector<int> reversed(v.rbegin(), v.rend());
    ASSERT_EQ(items(v | par::rev()), reversed);
    ASSERT_EQ(items(v | par::rev() | par::rev()), v);
    ASSERT_EQ(items(v | par::map([](int x) { return x; }) | par::chain(par::empty<int>()) | par::rev()),
              reversed);
    const auto numbered = items(v | par::enumerate() | par::rev());
    for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(numbered[i].first, v.size() - 1 - i);
  });
}

TEST(iter_adaptors, positions_are_ascending) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (v[i] % 5 == 0) expected.push_back(i);
    }
    ASSERT_EQ(items(v | par::positions([](int x) { return x % 5 == 0; })), expected);
  });
}

TEST(iter_adaptors, take_any_and_skip_any_pass_a_given_number_in_order) {
  for_lengths([](const std::vector<int>& v) {
    for (const std::size_t n : {0U, 1U, 2U, 500U, 3000000U}) {
      const auto taken = items(par::range(std::size_t{0}, v.size()) | par::take_any(n));
      ASSERT_EQ(taken.size(), std::min(n, v.size()));
      ASSERT_TRUE(std::is_sorted(taken.begin(), taken.end()));
      const auto kept = items(par::range(std::size_t{0}, v.size()) | par::skip_any(n));
      ASSERT_EQ(kept.size(), v.size() - std::min(n, v.size()));
      ASSERT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    }
  });
}

TEST(iter_adaptors, take_any_while_and_skip_any_while_have_one_flag) {
  for_lengths([](const std::vector<int>& v) {
    const auto len = v.size();
    ASSERT_EQ(items(v | par::take_any_while([](int) { return true; })), v);
    ASSERT_TRUE(items(v | par::take_any_while([](int) { return false; })).empty());
    ASSERT_TRUE(items(v | par::skip_any_while([](int) { return true; })).empty());
    ASSERT_EQ(items(v | par::skip_any_while([](int) { return false; })), v);
    const auto below = items(par::range(std::size_t{0}, len) |
                             par::take_any_while([&](std::size_t i) { return i < len / 2; }));
    for (const std::size_t i : below) ASSERT_LT(i, len / 2);
    const auto rest = items(par::range(std::size_t{0}, len) |
                            par::skip_any_while([&](std::size_t i) { return i < len / 2; }));
    // Everything from the first failing item on passes.
    ASSERT_GE(rest.size(), len - len / 2);
    ASSERT_TRUE(std::is_sorted(rest.begin(), rest.end()));
  });
}

TEST(iter_adaptors, while_some_unwraps_until_an_empty_one_is_seen) {
  for_lengths([](const std::vector<int>& v) {
    ASSERT_EQ(items(v | par::map([](int x) { return std::optional<int>(x); }) | par::while_some()), v);
    ASSERT_TRUE(items(v | par::map([](int) { return std::optional<int>(); }) | par::while_some()).empty());
    const auto some = items(par::range(std::size_t{0}, v.size()) | par::map([&](std::size_t i) {
                              return i == v.size() / 2 ? std::nullopt : std::optional<std::size_t>(i);
                            }) |
                            par::while_some());
    ASSERT_LT(some.size(), std::max<std::size_t>(v.size(), 1));
    ASSERT_TRUE(std::is_sorted(some.begin(), some.end()));
  });
}
