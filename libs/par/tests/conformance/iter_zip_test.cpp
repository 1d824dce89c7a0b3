// SPDX-License-Identifier: Apache-2.0
// Adaptors of two and more ranges, against the serial loop.
#include "iter_support.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

using namespace iter_test;

TEST(iter_adaptors, chain_puts_one_range_behind_another) {
  for_lengths([](const std::vector<int>& v) {
    const std::vector<int> w{-1, -2, -3};
    std::vector<int> expected = v;
    expected.insert(expected.end(), w.begin(), w.end());
    auto chain = v | par::chain(w);
    ASSERT_EQ(chain.len(), expected.size());
    ASSERT_EQ(items(std::move(chain)), expected);
    const auto unindexed = items(v | par::filter([](int) { return true; }) | par::chain(w));
    ASSERT_EQ(unindexed, expected);
    ASSERT_EQ(items(par::chain(w, par::range(5, 7))), (std::vector<int>{-1, -2, -3, 5, 6}));
  });
}

TEST(iter_adaptors, zip_is_as_long_as_the_shorter_side) {
  for_lengths([](const std::vector<int>& v) {
    auto chain = v | par::zip(par::range(0, 1000));
    ASSERT_EQ(chain.len(), std::min<std::size_t>(v.size(), 1000));
    const auto got = items(std::move(chain));
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(std::get<0>(got[i]), v[i]);
      ASSERT_EQ(std::get<1>(got[i]), static_cast<int>(i));
    }
  });
}

TEST(iter_adaptors, zip_gives_mutable_access_to_both_sides) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<int> a = v;
    std::vector<long> b(v.size(), 1);
    par::zip(a, b) | par::for_each([](int& x, long& y) {
      y += x;
      x = 0;
    });
    for (std::size_t i = 0; i < v.size(); ++i) {
      ASSERT_EQ(b[i], v[i] + 1);
      ASSERT_EQ(a[i], 0);
    }
  });
}

TEST(iter_adaptors, zip_eq_pairs_ranges_of_equal_length) {
  for_lengths([](const std::vector<int>& v) {
    const auto sums = items(v | par::zip_eq(v) | par::map([](int a, int b) { return a + b; }));
    ASSERT_EQ(sums.size(), v.size());
    for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(sums[i], 2 * v[i]);
  });
}

TEST(iter_adaptors, zip_takes_up_to_twelve_ranges) {
  const auto r = [](int b) { return par::range(b, b + 5); };
  const auto got =
      items(par::zip(r(0), r(1), r(2), r(3), r(4), r(5), r(6), r(7), r(8), r(9), r(10), r(11)) |
            par::map([](const auto& all) { return std::apply([](auto... x) { return (x + ...); }, all); }));
  EXPECT_EQ(got, (std::vector<int>{66, 78, 90, 102, 114}));
}

TEST(iter_adaptors, interleave_goes_on_with_the_longer_side) {
  for_lengths([](const std::vector<int>& v) {
    const std::vector<int> w{-1, -2, -3, -4};
    const auto twin = [](const std::vector<int>& a, const std::vector<int>& b) {
      std::vector<int> out;
      for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        if (i < a.size()) out.push_back(a[i]);
        if (i < b.size()) out.push_back(b[i]);
      }
      return out;
    };
    ASSERT_EQ(items(v | par::interleave(w)), twin(v, w));
    ASSERT_EQ(items(w | par::interleave(v)), twin(w, v));
    ASSERT_EQ(items(v | par::interleave(v)), twin(v, v));
  });
}

TEST(iter_adaptors, interleave_shortest_stops_when_a_side_is_out_of_items) {
  const std::vector<int> three{1, 2, 3};
  const std::vector<int> five{10, 20, 30, 40, 50};
  in_pools([&] {
    EXPECT_EQ(items(three | par::interleave_shortest(five)), (std::vector<int>{1, 10, 2, 20, 3, 30}));
    EXPECT_EQ(items(five | par::interleave_shortest(three)), (std::vector<int>{10, 1, 20, 2, 30, 3, 40}));
    EXPECT_EQ(items(five | par::interleave_shortest(std::vector<int>{})), (std::vector<int>{10}));
  });
}

TEST(iter_adaptors, intersperse_puts_copies_between_neighbours) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<int> expected;
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (i != 0) expected.push_back(-1);
      expected.push_back(v[i]);
    }
    auto chain = v | par::intersperse(-1);
    ASSERT_EQ(chain.len(), expected.size());
    ASSERT_EQ(items(std::move(chain)), expected);
    std::vector<int> reversed(expected.rbegin(), expected.rend());
    ASSERT_EQ(items(v | par::intersperse(-1) | par::rev()), reversed);
  });
}

TEST(iter_adaptors, intersperse_behind_a_filter_has_no_separator_at_the_ends) {
  in_pools([] {
    for (int keep = 0; keep < 100; keep += 9) {
      // Most leaves are empty: a separator must not appear for them.
      const auto got =
          items(par::range(0, 100) | par::filter([keep](int x) { return x >= keep && x < keep + 2; }) |
                par::intersperse(-1));
      std::vector<int> expected{keep};
      if (keep + 1 < 100) expected.insert(expected.end(), {-1, keep + 1});
      ASSERT_EQ(got, expected);
    }
  });
}

TEST(iter_adaptors, enumerate_gives_positions) {
  for_lengths([](const std::vector<int>& v) {
    const auto got = items(v | par::enumerate());
    ASSERT_EQ(got.size(), v.size());
    for (std::size_t i = 0; i < v.size(); ++i) {
      ASSERT_EQ(got[i].first, i);
      ASSERT_EQ(got[i].second, v[i]);
    }
    const auto tail = items(v | par::enumerate() | par::skip(2));
    for (std::size_t i = 0; i < tail.size(); ++i) ASSERT_EQ(tail[i].first, i + 2);
  });
}
