// SPDX-License-Identifier: Apache-2.0
#include "iter_support.hpp"
#include "twill/base/result.hpp"

#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <set>

using namespace iter_test;

TEST(iter_consumers, for_each_sees_every_item_once) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<int> seen(v.size(), 0);
    par::range(std::size_t{0}, v.size()) | par::for_each([&](std::size_t i) { ++seen[i]; });
    ASSERT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(v.size()));
    std::atomic<long> total{0};
    v | par::for_each_with(std::vector<int>{2}, [&](std::vector<int>& f, int x) {
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      total.fetch_add(f[0] * x, std::memory_order_relaxed);
    });
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    ASSERT_EQ(total.load(std::memory_order_relaxed), 2 * std::accumulate(v.begin(), v.end(), 0L));
    std::atomic<long> again{0};
    const auto add = [&](int& f, int x) {
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      again.fetch_add(f * x, std::memory_order_relaxed);
    };
    par::for_each_init(v, [] { return 3; }, add);
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    ASSERT_EQ(again.load(std::memory_order_relaxed), 3 * std::accumulate(v.begin(), v.end(), 0L));
  });
}

TEST(iter_consumers, try_for_each_returns_a_failure_and_skips_the_rest) {
  in_pools([] {
    const auto v = items(par::range(0, 100000));
    EXPECT_TRUE(v | par::try_for_each([](int x) { return x >= 0; }));
    std::atomic<int> calls{0};
    EXPECT_FALSE(v | par::try_for_each([&](int) {
                   // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before
                   // the check.
                   calls.fetch_add(1, std::memory_order_relaxed);
                   return false;
                 }));
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_LT(calls.load(std::memory_order_relaxed), 100);
    const auto failed =
        v | par::try_for_each([](int x) -> twill::result<int> {
          if (x % 1000 == 999)
            return twill::failure{twill::make_error_code(twill::errc::invalid_value), {.what = "no"}};
          return x;
        });
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.reason().details.what, "no");
    EXPECT_EQ(v | par::try_for_each_with(5, [](int& s, int x) { return std::optional<int>(s + x); }), 0);
    EXPECT_EQ(v | par::try_for_each_init([] { return 5; }, [](int&, int) { return std::optional<int>(); }),
              std::nullopt);
  });
}

TEST(iter_consumers, count_makes_no_item_where_the_length_is_known) {
  for_lengths([](const std::vector<int>& v) {
    std::atomic<int> made{0};
    const auto make = [&](int x) {
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      made.fetch_add(1, std::memory_order_relaxed);
      return x;
    };
    ASSERT_EQ(v | par::map(make) | par::count(), v.size());
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    ASSERT_EQ(made.load(std::memory_order_relaxed), 0);
    ASSERT_EQ(v | par::filter([](int x) { return x > 500; }) | par::count(),
              static_cast<std::size_t>(std::count_if(v.begin(), v.end(), [](int x) { return x > 500; })));
  });
}

TEST(iter_consumers, reduce_keeps_the_order_of_operands) {
  for_lengths([](const std::vector<int>& v) {
    if (v.size() > 1000) return;
    std::string expected;
    for (int x : v) expected += std::to_string(x) + ",";
    const auto text = v | par::map([](int x) { return std::to_string(x) + ","; });
    ASSERT_EQ(text | par::reduce(std::string(), [](std::string a, std::string b) { return a + b; }),
              expected);
    ASSERT_EQ(text | par::filter([](const std::string&) { return true; }) |
                  par::reduce([] { return std::string(); },
                              [](std::string a, const std::string& b) { return a + b; }),
              expected);
    const auto with = text | par::reduce_with([](std::string a, std::string b) { return a + b; });
    ASSERT_EQ(with.has_value(), !v.empty());
    ASSERT_EQ(with.value_or(""), expected);
  });
}

TEST(iter_consumers, try_reduce_stops_at_failures) {
  in_pools([] {
    const auto checked_add = [](int a, int b) -> std::optional<int> {
      if (a > std::numeric_limits<int>::max() - b) return std::nullopt;
      return a + b;
    };
    const auto some = [](int x) { return std::optional<int>(x); };
    EXPECT_EQ(par::range(0, 100) | par::map(some) | par::try_reduce(0, checked_add), 4950);
    EXPECT_EQ(par::range(0, 1000000) | par::map(some) | par::try_reduce(0, checked_add), std::nullopt);
    EXPECT_EQ(par::range(0, 100) | par::map([](int x) {
                return x == 50 ? std::nullopt : std::optional<int>(x);
              }) | par::try_reduce(0, checked_add),
              std::nullopt);
    EXPECT_EQ(par::range(0, 0) | par::map(some) | par::try_reduce(7, checked_add), 7);
    EXPECT_EQ(par::range(0, 0) | par::map(some) | par::try_reduce_with(checked_add), std::nullopt);
    EXPECT_EQ(par::range(0, 100) | par::map(some) | par::try_reduce_with(checked_add),
              std::optional<std::optional<int>>(4950));
  });
}

TEST(iter_consumers, sums_and_products_of_integers_are_exact) {
  for_lengths([](const std::vector<int>& v) {
    ASSERT_EQ(v | par::sum<long>(), std::accumulate(v.begin(), v.end(), 0L));
    ASSERT_EQ(par::sum<>(v), std::accumulate(v.begin(), v.end(), 0));
    ASSERT_EQ(v | par::map([](int x) { return static_cast<std::uint64_t>(2 * x + 1); }) |
                  par::product<std::uint64_t>(),
              std::accumulate(v.begin(), v.end(), std::uint64_t{1}, [](std::uint64_t a, int x) {
                return a * static_cast<std::uint64_t>(2 * x + 1);
              }));
  });
}

TEST(iter_consumers, min_takes_the_first_and_max_the_last_of_equal_items) {
  for_lengths([](const std::vector<int>& v) {
    using pair = std::pair<int, std::size_t>;
    std::vector<pair> p;
    for (std::size_t i = 0; i < v.size(); ++i) p.emplace_back(v[i] % 10, i);
    const auto less = [](const pair& a, const pair& b) { return a.first < b.first; };
    const auto first = std::min_element(p.begin(), p.end(), less);
    // std::max_element takes the first of equal ones: look from the back.
    const auto last = std::max_element(p.rbegin(), p.rend(), less);
    const auto min = p | par::min_by(less);
    const auto max = p | par::max_by(less);
    const auto min_key = p | par::min_by_key([](const pair& x) { return x.first; });
    const auto max_key = p | par::max_by_key([](const pair& x) { return x.first; });
    if (v.empty()) {
      ASSERT_FALSE(min || max || min_key || max_key);
      return;
    }
    ASSERT_EQ(*min, *first);
    ASSERT_EQ(*max, *last);
    ASSERT_EQ(*min_key, *first);
    ASSERT_EQ(*max_key, *last);
    ASSERT_EQ(v | par::min(), *std::min_element(v.begin(), v.end()));
    ASSERT_EQ(v | par::max(), *std::max_element(v.begin(), v.end()));
  });
}

TEST(iter_consumers, the_key_of_min_by_key_is_made_once_an_item) {
  std::atomic<int> calls{0};
  const auto best = par::range(0, 1000) | par::min_by_key([&](int x) {
                      // ORD relaxed [test]: counts for this test.
                      calls.fetch_add(1, std::memory_order_relaxed);
                      return std::abs(x - 500);
                    });
  EXPECT_EQ(best, 500);
  // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
  EXPECT_EQ(calls.load(std::memory_order_relaxed), 1000);
}

TEST(iter_consumers, an_item_that_cannot_be_copied_comes_back_by_reference) {
  std::vector<std::unique_ptr<int>> v;
  for (int i = 0; i < 10; ++i) v.push_back(std::make_unique<int>(10 - i));
  const auto least = v | par::min_by([](const auto& a, const auto& b) { return *a < *b; });
  static_assert(
      std::is_same_v<decltype(least), const std::optional<std::reference_wrapper<std::unique_ptr<int>>>>);
  ASSERT_TRUE(least.has_value());
  EXPECT_EQ(&least->get(), &v[9]);
  const auto taken = std::move(v) | par::find_first([](const std::unique_ptr<int>& p) { return *p == 4; });
  EXPECT_EQ(**taken, 4);
}
