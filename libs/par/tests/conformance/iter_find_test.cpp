// SPDX-License-Identifier: Apache-2.0
// Searches and comparisons: exact positions, early ends.
#include "iter_support.hpp"
#include "twill/base/result.hpp"

#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <set>

using namespace iter_test;

TEST(iter_consumers, find_keeps_positions_exact) {
  for_lengths([](const std::vector<int>& v) {
    const auto wanted = [](std::pair<std::size_t, int> x) { return x.second % 97 == 5; };
    std::vector<std::size_t> hits;
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (v[i] % 97 == 5) hits.push_back(i);
    }
    const auto numbered =
        v | par::enumerate() | par::map([](std::size_t i, int x) { return std::pair(i, x); });
    const auto first = numbered | par::find_first(wanted);
    const auto last = numbered | par::find_last(wanted);
    const auto any = numbered | par::find_any(wanted);
    const auto get = [&](std::pair<std::size_t, int> x) {
      return wanted(x) ? std::optional<std::size_t>(x.first) : std::nullopt;
    };
    const auto is_hit = [](int x) { return x % 97 == 5; };
    ASSERT_EQ(first.has_value(), !hits.empty());
    ASSERT_EQ(last.has_value(), !hits.empty());
    ASSERT_EQ(any.has_value(), !hits.empty());
    ASSERT_EQ(v | par::any(is_hit), !hits.empty());
    ASSERT_EQ(v | par::none(is_hit), hits.empty());
    ASSERT_EQ(v | par::all([&](int x) { return !is_hit(x); }), hits.empty());
    if (hits.empty()) return;
    ASSERT_EQ(first->first, hits.front());
    ASSERT_EQ(last->first, hits.back());
    ASSERT_TRUE(std::binary_search(hits.begin(), hits.end(), any->first));
    ASSERT_EQ(numbered | par::find_map_first(get), hits.front());
    ASSERT_EQ(numbered | par::find_map_last(get), hits.back());
    const auto some = numbered | par::find_map_any(get);
    ASSERT_TRUE(std::binary_search(hits.begin(), hits.end(), some.value()));
    ASSERT_EQ(v | par::position_first(is_hit), hits.front());
    ASSERT_EQ(v | par::position_last(is_hit), hits.back());
    const auto position = v | par::position_any(is_hit);
    ASSERT_TRUE(std::binary_search(hits.begin(), hits.end(), position.value()));
  });
}

TEST(iter_consumers, find_first_and_last_are_exact_without_positions_and_in_nested_chains) {
  in_pools([] {
    const auto nested = par::range(0, 300) | par::flat_map([](int i) {
                          return par::range(0, 300) | par::map([i](int j) { return i * 300 + j; });
                        });
    EXPECT_EQ(nested | par::find_first([](int x) { return x > 12345; }), 12346);
    EXPECT_EQ(nested | par::find_last([](int x) { return x < 12345; }), 12344);
    EXPECT_EQ(nested | par::find_first([](int x) { return x < 0; }), std::nullopt);
    EXPECT_EQ(par::range(0, 100000) | par::by_uniform_blocks(100) |
                  par::find_last([](int x) { return x % 7 == 0; }),
              99995);
  });
}

TEST(iter_consumers, find_any_stops_the_others) {
  in_pools([] {
    std::atomic<int> looked_at{0};
    const auto found = par::range(0, 10000000) | par::find_any([&](int) {
                         // ORD relaxed [test]: counts for this test.
                         looked_at.fetch_add(1, std::memory_order_relaxed);
                         return true;
                       });
    EXPECT_TRUE(found.has_value());
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_LT(looked_at.load(std::memory_order_relaxed), 1000);
  });
}

TEST(iter_consumers, comparisons_are_lexicographic) {
  in_pools([] {
    const std::vector<int> a{1, 2, 3, 4};
    const std::vector<int> b{1, 2, 9};
    const std::vector<int> prefix{1, 2};
    EXPECT_EQ(a | par::cmp(b), std::strong_ordering::less);
    EXPECT_EQ(par::cmp(b, a), std::strong_ordering::greater);
    EXPECT_EQ(a | par::cmp(a), std::strong_ordering::equal);
    EXPECT_EQ(a | par::cmp(prefix), std::strong_ordering::greater);
    EXPECT_EQ(par::empty<int>() | par::cmp(a), std::strong_ordering::less);
    EXPECT_TRUE(a | par::eq(a));
    EXPECT_FALSE(a | par::eq(prefix));
    EXPECT_TRUE(par::ne(a, b));
    EXPECT_TRUE(par::lt(a, b) && par::le(a, b) && par::le(a, a) && !par::lt(a, a));
    EXPECT_TRUE(par::gt(b, a) && par::ge(b, a) && par::ge(a, a) && !par::gt(a, a));
  });
}

TEST(iter_consumers, partial_cmp_of_nan_is_unordered_unless_it_is_decided_before) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  in_pools([nan] {
    const std::vector<double> a{1, nan, 3};
    const std::vector<double> b{1, 2, 3};
    const std::vector<double> c{2, nan, 3};
    EXPECT_EQ(a | par::partial_cmp(b), std::partial_ordering::unordered);
    EXPECT_EQ(a | par::partial_cmp(c), std::partial_ordering::less);
    EXPECT_FALSE(par::lt(a, b) || par::ge(a, b) || par::eq(a, a));
    EXPECT_EQ(b | par::partial_cmp(b), std::partial_ordering::equivalent);
  });
}

TEST(iter_consumers, comparisons_stop_at_the_first_difference) {
  std::atomic<int> compared{0};
  const auto counting = [&](int x) {
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    compared.fetch_add(1, std::memory_order_relaxed);
    return x;
  };
  const auto zeros = par::generate(10000000, [](std::size_t) { return 0; });
  const auto differs = par::generate(10000000, [](std::size_t i) { return i == 0 ? 1 : 0; });
  EXPECT_EQ(zeros | par::map(counting) | par::cmp(differs), std::strong_ordering::less);
  // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
  EXPECT_LT(compared.load(std::memory_order_relaxed), 1000);
}
