// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/algorithm.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

const std::vector<std::size_t> sizes{0, 1, 2, 3, 100, 4095, 4096, 4097, 16384, 20000, 70000};

template <class F>
void everywhere(const F& check) {
  for (const std::size_t threads : thread_counts()) {
    for (const std::size_t n : sizes) {
      pool_of(threads).install([&] { check(n); });
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(nth_element, puts_the_element_of_every_rank_into_place) {
  everywhere([](std::size_t n) {
    for (const std::string pattern : {"random", "few", "organ pipe"}) {
      const auto keys = input(pattern, n);
      const auto expected = sorted(keys);
      for (const std::size_t k : {std::size_t{0}, n / 3, n / 2, n}) {
        auto v = keys;
        const auto nth = v.begin() + static_cast<std::ptrdiff_t>(k);
        ASSERT_EQ(par::nth_element(v, nth), v.end());
        if (k < n) {
          ASSERT_EQ(*nth, expected[k]);
          ASSERT_TRUE(std::all_of(v.begin(), nth, [&](auto x) { return x <= *nth; }));
          ASSERT_TRUE(std::all_of(nth, v.end(), [&](auto x) { return x >= *nth; }));
        }
        ASSERT_EQ(sorted(v), expected);
      }
    }
  });
}

TEST(nth_element, finds_the_median_of_a_million) {
  auto v = input("random", 1'000'001);
  const auto expected = sorted(v);
  pool_of(2).install([&] { par::nth_element(v, v.begin() + 500'000); });
  EXPECT_EQ(v[500'000], expected[500'000]);
}

TEST(partial_sort, sorts_the_front) {
  everywhere([](std::size_t n) {
    const auto keys = input("random", n);
    const auto down = [&] {
      auto s = sorted(keys);
      std::reverse(s.begin(), s.end());
      return s;
    }();
    for (const std::size_t k : {std::size_t{0}, n / 100, n / 2, n}) {
      auto v = keys;
      par::partial_sort(v, v.begin() + static_cast<std::ptrdiff_t>(k), std::greater<>());
      ASSERT_TRUE(std::equal(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(k), down.begin()));
      ASSERT_EQ(sorted(v), sorted(keys));
    }
  });
}

std::vector<record> sorted_records(std::size_t n, std::uint64_t distinct, std::uint64_t seed,
                                   std::size_t offset) {
  auto keys = input("random", n, seed);
  for (auto& k : keys) k %= distinct;
  std::sort(keys.begin(), keys.end());
  auto v = records(keys);
  for (auto& r : v) r.place += offset;
  return v;
}

TEST(merge, is_stable_like_the_standard_one) {
  everywhere([](std::size_t n) {
    for (const std::size_t m : {std::size_t{0}, n / 3, n}) {
      const auto a = sorted_records(n, 50, 1, 0);
      const auto b = sorted_records(m, 50, 2, 1'000'000);
      std::vector<record> expected(n + m);
      std::ranges::merge(a, b, expected.begin(), {}, &record::key, &record::key);
      std::vector<record> out(n + m);
      const auto end = par::merge(a, b, out.begin(), {}, &record::key, &record::key);
      ASSERT_EQ(out, expected);
      ASSERT_EQ(end.out, out.end());
      ASSERT_EQ(end.in1, a.end());
      ASSERT_EQ(end.in2, b.end());
    }
  });
}

TEST(inplace_merge, is_stable_like_the_standard_one) {
  everywhere([](std::size_t n) {
    for (const std::size_t left : {std::size_t{0}, n / 10, n / 2, n}) {
      auto v = sorted_records(left, 50, 1, 0);
      const auto right = sorted_records(n - left, 50, 2, 1'000'000);
      v.insert(v.end(), right.begin(), right.end());
      auto expected = v;
      const auto cut = static_cast<std::ptrdiff_t>(left);
      std::ranges::inplace_merge(expected, expected.begin() + cut, {}, &record::key);
      ASSERT_EQ(par::inplace_merge(v, v.begin() + cut, {}, &record::key), v.end());
      ASSERT_EQ(v, expected);
    }
  });
}

TEST(inplace_merge, moves_strings) {
  std::vector<std::string> v;
  for (std::size_t i = 0; i < 40000; ++i)
    v.push_back("text number " + std::to_string(100000 + (i < 15000 ? 3 * i : 2 * (i - 15000))));
  auto expected = v;
  std::sort(expected.begin(), expected.end());
  pool_of(2).install([&] { par::inplace_merge(v, v.begin() + 15000); });
  EXPECT_EQ(v, expected);
}

TEST(set_operations, give_what_the_standard_ones_give) {
  everywhere([](std::size_t n) {
    for (const std::size_t m : {std::size_t{0}, n / 5, n}) {
      for (const std::uint64_t distinct : {3U, 2000U, 1'000'000U}) {
        const auto a = sorted_records(n, distinct, 1, 0);
        const auto b = sorted_records(m, distinct, 2, 1'000'000);
        std::vector<record> out(n + m);
        std::vector<record> expected(n + m);
        const auto same = [&](auto end, auto expected_end) {
          out.resize(static_cast<std::size_t>(end - out.begin()));
          expected.resize(static_cast<std::size_t>(expected_end - expected.begin()));
          ASSERT_EQ(out, expected) << n << ' ' << m << ' ' << distinct;
          out.resize(n + m);
          expected.resize(n + m);
        };
        same(par::set_union(a, b, out.begin(), {}, &record::key, &record::key).out,
             std::ranges::set_union(a, b, expected.begin(), {}, &record::key, &record::key).out);
        same(par::set_intersection(a, b, out.begin(), {}, &record::key, &record::key).out,
             std::ranges::set_intersection(a, b, expected.begin(), {}, &record::key, &record::key).out);
        same(par::set_difference(a, b, out.begin(), {}, &record::key, &record::key).out,
             std::ranges::set_difference(a, b, expected.begin(), {}, &record::key, &record::key).out);
      }
    }
  });
}

TEST(is_sorted, sees_a_single_step_down_anywhere) {
  everywhere([](std::size_t n) {
    auto v = input("ascending", n);
    ASSERT_TRUE(par::is_sorted(v));
    ASSERT_EQ(par::is_sorted(v, std::greater<>()), n < 2);
    ASSERT_TRUE(par::is_sorted(v, std::greater<>(), [](std::uint64_t x) { return ~x; }));
    for (const std::size_t at : {std::size_t{1}, n / 2, n - 1}) {
      if (n < 2 || at == 0) continue;
      std::swap(v[at - 1], v[at]);
      ASSERT_FALSE(par::is_sorted(v)) << at << " of " << n;
      std::swap(v[at - 1], v[at]);
    }
  });
}

TEST(rotate, brings_any_element_to_the_front) {
  everywhere([](std::size_t n) {
    for (const std::size_t middle : {std::size_t{0}, std::size_t{1}, n / 3, n}) {
      if (middle > n) continue;
      auto v = input("ascending", n);
      auto expected = v;
      const auto cut = static_cast<std::ptrdiff_t>(middle);
      std::rotate(expected.begin(), expected.begin() + cut, expected.end());
      const auto moved = par::rotate(v, v.begin() + cut);
      ASSERT_EQ(v, expected);
      ASSERT_EQ(static_cast<std::size_t>(moved.begin() - v.begin()), n - middle);
      ASSERT_EQ(moved.end(), v.end());
    }
  });
}

TEST(unique, keeps_the_first_of_each_run) {
  everywhere([](std::size_t n) {
    for (const std::size_t run : {1U, 2U, 10U, 30000U}) {
      std::vector<record> v(n);
      for (std::size_t i = 0; i < n; ++i) v[i] = {i / run, i};
      auto expected = v;
      expected.erase(std::unique(expected.begin(), expected.end(),
                                 [](const record& a, const record& b) { return a.key == b.key; }),
                     expected.end());
      const auto rest = par::unique(v, {}, &record::key);
      v.erase(rest.begin(), rest.end());
      ASSERT_EQ(v, expected);
    }
  });
}

TEST(remove_if, keeps_the_others_in_order) {
  everywhere([](std::size_t n) {
    for (const std::uint64_t tenth : {0U, 1U, 5U, 9U, 10U}) {
      auto v = input("random", n);
      auto expected = v;
      const auto drop = [tenth](std::uint64_t x) { return x % 10 < tenth; };
      std::erase_if(expected, drop);
      const auto rest = par::remove_if(v, drop);
      v.erase(rest.begin(), rest.end());
      ASSERT_EQ(v, expected);
    }
  });
}

TEST(remove_if, moves_owners) {
  std::vector<std::unique_ptr<std::uint64_t>> v;
  for (const auto k : input("ascending", 50000)) v.push_back(std::make_unique<std::uint64_t>(k));
  pool_of(2).install([&] {
    const auto rest =
        par::remove_if(v, [](std::uint64_t x) { return x % 3 == 0; }, [](const auto& p) { return *p; });
    v.erase(rest.begin(), rest.end());
  });
  ASSERT_EQ(v.size(), 33333U);
  for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(*v[i], i / 2 * 3 + 1 + i % 2);
}

TEST(stable_partition, keeps_both_parts_in_order) {
  everywhere([](std::size_t n) {
    for (const std::uint64_t tenth : {0U, 1U, 5U, 9U, 10U}) {
      const auto keys = input("random", n);
      const auto first = [tenth](std::uint64_t x) { return x % 10 < tenth; };
      auto expected = keys;
      const auto boundary = std::stable_partition(expected.begin(), expected.end(), first);
      auto v = keys;
      const auto rest = par::stable_partition(v, first);
      ASSERT_EQ(v, expected);
      ASSERT_EQ(rest.begin() - v.begin(), boundary - expected.begin());
      std::vector<std::string> words;
      if (tenth == 5) {
        for (const auto k : keys) words.push_back(std::to_string(k));
        par::stable_partition(words, [&](const std::string& w) { return first(std::stoull(w)); });
        for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(words[i], std::to_string(expected[i]));
      }
    }
  });
}

TEST(stable_partition, survives_a_predicate_that_throws_at_any_call) {
  for (const std::size_t n : {5U, 60U, 100U, 40000U}) {
    std::vector<std::string> words;
    for (const auto k : input("random", n)) words.push_back("a long enough text " + std::to_string(k));
    const auto expected = sorted(words);
    for (std::size_t k = 1; k <= n; k += (n > 100 ? 3777 : 1)) {
      auto v = words;
      std::atomic<std::size_t> calls{0};
      EXPECT_THROW(par::stable_partition(v,
                                         [&](const std::string& w) {
                                           // ORD relaxed: a counter.
                                           if (calls.fetch_add(1, std::memory_order_relaxed) + 1 == k) {
                                             throw std::runtime_error("no");
                                           }
                                           return w.back() % 2 == 0;
                                         }),
                   std::runtime_error);
      ASSERT_EQ(sorted(v), expected) << k << " of " << n;
    }
  }
}

TEST(scan, of_whole_numbers_is_that_of_the_standard_library) {
  everywhere([](std::size_t n) {
    const auto v = input("random", n);
    std::vector<std::uint64_t> out(n);
    std::vector<std::uint64_t> expected(n);
    std::inclusive_scan(v.begin(), v.end(), expected.begin());
    ASSERT_EQ(par::inclusive_scan(v, out.begin()).out, out.end());
    ASSERT_EQ(out, expected);
    const auto most = [](std::uint64_t a, std::uint64_t b) { return std::max(a, b); };
    std::inclusive_scan(v.begin(), v.end(), expected.begin(), most, std::uint64_t{1} << 60);
    par::inclusive_scan(v, out.begin(), most, std::uint64_t{1} << 60);
    ASSERT_EQ(out, expected);
    std::exclusive_scan(v.begin(), v.end(), expected.begin(), std::uint64_t{7});
    par::exclusive_scan(v, out.begin(), std::uint64_t{7});
    ASSERT_EQ(out, expected);
    std::transform_inclusive_scan(v.begin(), v.end(), expected.begin(), std::plus<>(),
                                  [](std::uint64_t x) { return x / 3; });
    par::transform_scan(v, out.begin(), [](std::uint64_t x) { return x / 3; });
    ASSERT_EQ(out, expected);
    auto in_place = v;
    par::exclusive_scan(in_place, in_place.begin(), std::uint64_t{0});
    std::exclusive_scan(v.begin(), v.end(), expected.begin(), std::uint64_t{0});
    ASSERT_EQ(in_place, expected);
  });
}

TEST(scan, keeps_the_order_of_an_operation_that_does_not_commute) {
  std::vector<std::string> v;
  for (std::size_t i = 0; i < 9000; ++i) v.push_back(std::string(1, static_cast<char>('a' + i % 26)));
  // Keeps the first and the last letter and counts nothing else: associative, not commutative.
  const auto ends = [](const std::string& a, const std::string& b) {
    return std::string{a.front(), b.back()};
  };
  std::vector<std::string> out(v.size());
  std::vector<std::string> expected(v.size());
  std::inclusive_scan(v.begin(), v.end(), expected.begin(), ends);
  pool_of(2).install([&] { par::inclusive_scan(v, out.begin(), ends); });
  EXPECT_EQ(out, expected);
}

TEST(scan, of_doubles_has_the_same_bits_for_every_number_of_threads) {
  std::vector<double> v(300'000);
  std::mt19937_64 random(2);
  for (double& x : v)
    x = std::ldexp(static_cast<double>(random() % 1000), static_cast<int>(random() % 60) - 30);
  std::vector<double> first;
  for (const std::size_t threads : thread_counts()) {
    for (int round = 0; round < 3; ++round) {
      std::vector<double> out(v.size());
      pool_of(threads).install([&] { par::inclusive_scan(v, out.begin()); });
      if (first.empty()) first = out;
      EXPECT_TRUE(out == first) << threads;
    }
  }
}

TEST(histogram, counts_every_item_once) {
  everywhere([](std::size_t n) {
    auto keys = input("random", n);
    for (const std::size_t bins : {1U, 7U, 256U, 5000U}) {
      std::vector<std::size_t> expected(bins);
      for (const auto k : keys) ++expected[k % bins];
      ASSERT_EQ(par::histogram(keys, bins, [bins](std::uint64_t x) { return x % bins; }), expected);
    }
  });
}

TEST(histogram, refuses_items_outside_of_the_bins) {
  const std::vector<int> v{0, 3, 2, 1};
  EXPECT_EQ(par::histogram(v, 4), (std::vector<std::size_t>{1, 1, 1, 1}));
  const auto message = [&](const std::vector<int>& items) -> std::string {
    try {
      static_cast<void>(par::histogram(items, 3));
    } catch (const std::out_of_range& e) {
      return e.what();
    }
    return "nothing thrown";
  };
  EXPECT_EQ(message({0, 3}), "histogram: an item fell outside of the bins (found bin 3, expected 0 to 2)");
  EXPECT_EQ(message({0, -5}), "histogram: an item fell outside of the bins (found bin -5, expected 0 to 2)");
}

TEST(group_by_key, collects_items_in_order) {
  everywhere([](std::size_t n) {
    const auto v = records(input("few", n));
    const auto groups = par::group_by_key(v, &record::key);
    std::size_t total = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (g > 0) ASSERT_LT(groups.key(g - 1), groups.key(g));
      ASSERT_FALSE(groups.items(g).empty());
      for (std::size_t i = 0; i < groups.items(g).size(); ++i) {
        ASSERT_EQ(groups.items(g)[i].key, groups.key(g));
        if (i > 0) ASSERT_LT(groups.items(g)[i - 1].place, groups.items(g)[i].place);
      }
      total += groups.items(g).size();
    }
    ASSERT_EQ(total, n);
    ASSERT_EQ(groups.items().size(), n);
    ASSERT_EQ(groups.empty(), n == 0);
  });
}

TEST(group_by_key, moves_the_items_of_a_container_it_is_given) {
  std::vector<std::unique_ptr<std::string>> v;
  for (const char* const word : {"par", "comm", "dmm", "sddp", "lanes", "base"})
    v.push_back(std::make_unique<std::string>(word));
  const auto groups = par::group_by_key(std::move(v), [](const auto& p) { return p->size(); });
  ASSERT_EQ(groups.keys(), (std::vector<std::size_t>{3, 4, 5}));
  EXPECT_EQ(*groups.items(0)[1], "dmm");
  EXPECT_EQ(*groups.items(1)[0], "comm");
  EXPECT_EQ(*groups.items(1)[2], "base");
  EXPECT_EQ(*groups.items(2)[0], "lanes");
}

}  // namespace
