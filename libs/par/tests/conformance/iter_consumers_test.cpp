// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <set>

#include "iter_support.hpp"
#include "twill/base/result.hpp"

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
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    par::for_each_init(v, [] { return 3; }, [&](int& f, int x) { again.fetch_add(f * x, std::memory_order_relaxed); });
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
      // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
      calls.fetch_add(1, std::memory_order_relaxed);
      return false;
    }));
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    EXPECT_LT(calls.load(std::memory_order_relaxed), 100);
    const auto failed = v | par::try_for_each([](int x) -> twill::result<int> {
      if (x % 1000 == 999) return twill::failure{twill::make_error_code(twill::errc::invalid_value), {.what = "no"}};
      return x;
    });
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.reason().details.what, "no");
    EXPECT_EQ(v | par::try_for_each_with(5, [](int& s, int x) { return std::optional<int>(s + x); }), 0);
    EXPECT_EQ(v | par::try_for_each_init([] { return 5; }, [](int&, int) { return std::optional<int>(); }), std::nullopt);
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
    ASSERT_EQ(text | par::reduce(std::string(), [](std::string a, std::string b) { return a + b; }), expected);
    ASSERT_EQ(text | par::filter([](const std::string&) { return true; }) |
                  par::reduce([] { return std::string(); }, [](std::string a, const std::string& b) { return a + b; }),
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
    EXPECT_EQ(par::range(0, 100) | par::map([](int x) { return x == 50 ? std::nullopt : std::optional<int>(x); }) |
                  par::try_reduce(0, checked_add),
              std::nullopt);
    EXPECT_EQ(par::range(0, 0) | par::map(some) | par::try_reduce(7, checked_add), 7);
    EXPECT_EQ(par::range(0, 0) | par::map(some) | par::try_reduce_with(checked_add), std::nullopt);
    EXPECT_EQ(par::range(0, 100) | par::map(some) | par::try_reduce_with(checked_add), std::optional<std::optional<int>>(4950));
  });
}

TEST(iter_consumers, sums_and_products_of_integers_are_exact) {
  for_lengths([](const std::vector<int>& v) {
    ASSERT_EQ(v | par::sum<long>(), std::accumulate(v.begin(), v.end(), 0L));
    ASSERT_EQ(par::sum<>(v), std::accumulate(v.begin(), v.end(), 0));
    ASSERT_EQ(v | par::map([](int x) { return static_cast<std::uint64_t>(2 * x + 1); }) | par::product<std::uint64_t>(),
              std::accumulate(v.begin(), v.end(), std::uint64_t{1},
                              [](std::uint64_t a, int x) { return a * static_cast<std::uint64_t>(2 * x + 1); }));
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
  static_assert(std::is_same_v<decltype(least), const std::optional<std::reference_wrapper<std::unique_ptr<int>>>>);
  ASSERT_TRUE(least.has_value());
  EXPECT_EQ(&least->get(), &v[9]);
  const auto taken = std::move(v) | par::find_first([](const std::unique_ptr<int>& p) { return *p == 4; });
  EXPECT_EQ(**taken, 4);
}

TEST(iter_consumers, find_keeps_positions_exact) {
  for_lengths([](const std::vector<int>& v) {
    const auto wanted = [](std::pair<std::size_t, int> x) { return x.second % 97 == 5; };
    std::vector<std::size_t> hits;
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (v[i] % 97 == 5) hits.push_back(i);
    }
    const auto numbered = v | par::enumerate() | par::map([](std::size_t i, int x) { return std::pair(i, x); });
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
    EXPECT_EQ(par::range(0, 100000) | par::by_uniform_blocks(100) | par::find_last([](int x) { return x % 7 == 0; }), 99995);
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
