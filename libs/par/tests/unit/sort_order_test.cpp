// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

/// Around the bounds where the kernels change: insertion, small sort, radix leaf, forks, chunks of a
/// partition.
std::vector<std::size_t> sizes() {
  return {0,   1,    2,    3,    5,    19,   20,   21,    24,    25,    32,    33,
          100, 1999, 2000, 2047, 2048, 2049, 5000, 16383, 16384, 16385, 65536, 70000};
}

template <class Sort>
void check_numbers(const Sort& sort) {
  for (const std::size_t threads : thread_counts()) {
    for (const auto& pattern : patterns()) {
      for (const std::size_t n : sizes()) {
        const bool hard = pattern == "random" || pattern == "few" || pattern == "organ pipe";
        if (n > 10000 && (threads == 1 || !hard)) continue;
        auto v = input(pattern, n);
        const auto expected = sorted(v);
        pool_of(threads).install([&] { sort(v); });
        ASSERT_EQ(v, expected) << pattern << " of " << n << " on " << threads;
      }
    }
  }
}

TEST(sort, orders_numbers_of_every_pattern_and_size) {
  check_numbers([](auto& v) { par::sort(v); });
}
TEST(sort, orders_by_a_comparator_for_every_pattern_and_size) {
  check_numbers([](auto& v) { par::sort(v, [](std::uint64_t a, std::uint64_t b) { return a < b; }); });
}
TEST(sort_unstable, orders_numbers_of_every_pattern_and_size) {
  check_numbers([](auto& v) { par::sort_unstable(v); });
}
TEST(sort_unstable, orders_by_a_comparator_for_every_pattern_and_size) {
  check_numbers(
      [](auto& v) { par::sort_unstable(v, [](std::uint64_t a, std::uint64_t b) { return a < b; }); });
}
TEST(radix_sort, orders_numbers_of_every_pattern_and_size) {
  check_numbers([](auto& v) { par::radix_sort(v); });
}
TEST(sort_by_cached_key, orders_numbers_of_every_pattern_and_size) {
  check_numbers([](auto& v) { par::sort_by_cached_key(v, [](std::uint64_t x) { return x; }); });
}

TEST(sort, orders_a_million_elements_with_every_kernel) {
  for (const std::string pattern : {"random", "few"}) {
    const std::size_t n = pattern == "random" ? 1'100'000 : 600'000;
    const auto keys = input(pattern, n);
    const auto expected = sorted(keys);
    const auto less = [](std::uint64_t a, std::uint64_t b) { return a < b; };
    pool_of(7).install([&] {
      auto v = keys;
      par::sort(v);
      EXPECT_TRUE(v == expected) << pattern;
      v = keys;
      par::sort_unstable(v);
      EXPECT_TRUE(v == expected) << pattern;
      v = keys;
      par::sort_by(v, less);
      EXPECT_TRUE(v == expected) << pattern;
      v = keys;
      par::sort_unstable_by(v, less);
      EXPECT_TRUE(v == expected) << pattern;
    });
  }
}

template <class T>
void sorts_up_and_down() {
  for (const std::size_t n : {10U, 100U, 3000U, 40000U}) {
    std::vector<T> v(n);
    const auto keys = input("random", n);
    for (std::size_t i = 0; i < n; ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        v[i] = static_cast<T>(static_cast<std::int64_t>(keys[i])) / T(1000003);
      } else {
        v[i] = static_cast<T>(keys[i]);
      }
    }
    auto up = v;
    std::sort(up.begin(), up.end());
    const std::vector<T> down(up.rbegin(), up.rend());
    auto stable = v;
    EXPECT_EQ(par::sort(stable), stable.end());
    EXPECT_EQ(stable, up);
    stable = v;
    par::sort(stable, std::greater<>());
    EXPECT_EQ(stable, down);
    auto unstable = v;
    EXPECT_EQ(par::sort_unstable(unstable), unstable.end());
    EXPECT_EQ(unstable, up);
    unstable = v;
    par::sort_unstable(unstable, std::ranges::greater());
    EXPECT_EQ(unstable, down);
    unstable = v;
    par::sort_unstable(unstable, par::total_less());
    EXPECT_EQ(unstable, up);
  }
}

TEST(numbers, of_every_type_sort_up_and_down_like_the_standard_library) {
  sorts_up_and_down<char>();
  sorts_up_and_down<std::int8_t>();
  sorts_up_and_down<std::uint8_t>();
  sorts_up_and_down<std::int16_t>();
  sorts_up_and_down<char16_t>();
  sorts_up_and_down<std::int32_t>();
  sorts_up_and_down<std::uint32_t>();
  sorts_up_and_down<std::int64_t>();
  sorts_up_and_down<unsigned long long>();
  sorts_up_and_down<float>();
  sorts_up_and_down<double>();
  sorts_up_and_down<long double>();
}

TEST(numbers, doubles_of_every_magnitude_and_shape_are_ordered) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> even(0, 1);
  for (const std::size_t n : {500U, 40000U, 200000U}) {
    for (int shape = 0; shape < 6; ++shape) {
      std::vector<double> v(n);
      for (double& x : v) {
        const std::uint64_t bits = random();
        switch (shape) {
          case 0: x = even(random); break;
          case 1: x = normal(random); break;
          case 2: x = std::exp(100 * normal(random)); break;
          case 3: x = std::bit_cast<double>(bits & 0x000fffffffffffffULL); break;  // subnormal
          case 4: x = bits % 10 == 0 ? std::numeric_limits<double>::infinity() : even(random); break;
          default: x = std::isnan(std::bit_cast<double>(bits)) ? 0 : std::bit_cast<double>(bits); break;
        }
      }
      const auto expected = sorted(v);
      auto stable = v;
      auto unstable = v;
      pool_of(2).install([&] {
        par::sort(stable);
        par::sort_unstable(unstable);
      });
      EXPECT_TRUE(stable == expected) << n << " of shape " << shape;
      EXPECT_TRUE(unstable == expected) << n << " of shape " << shape;
      std::reverse(v.begin(), v.end());
      par::sort(v, std::greater<>());
      EXPECT_TRUE(std::equal(v.begin(), v.end(), expected.rbegin())) << n << " of shape " << shape;
    }
  }
}

TEST(sort, keeps_the_order_of_both_zeros) {
  for (const std::size_t n : {30U, 3000U, 100000U}) {
    std::vector<double> v(n);
    std::mt19937_64 random(9);
    for (double& x : v) x = random() % 3 == 0 ? 1.0 : (random() % 2 == 0 ? 0.0 : -0.0);
    auto expected = v;
    std::stable_sort(expected.begin(), expected.end());
    auto result = v;
    pool_of(2).install([&] { par::sort(result); });
    EXPECT_TRUE(std::equal(result.begin(), result.end(), expected.begin(), [](double a, double b) {
      return std::signbit(a) == std::signbit(b) && a == b;
    })) << n;
  }
}

TEST(radix_sort, goes_by_the_key_and_not_by_the_value) {
  std::vector<double> v(100000);
  std::mt19937_64 random(21);
  for (double& x : v) x = static_cast<double>(random() % 1000003) / 7;
  auto expected = v;
  std::stable_sort(expected.begin(), expected.end(), [](double a, double b) { return -a < -b; });
  pool_of(2).install([&] { par::radix_sort(v, [](double x) noexcept { return -x; }); });
  EXPECT_TRUE(v == expected);
}

TEST(total_less, orders_signed_zeros_infinities_and_nans) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> v{nan, 1, -0.0, -inf, std::copysign(nan, -1.0), 0.0, inf, -1};
  par::sort(v, par::total_less());
  EXPECT_TRUE(std::isnan(v[0]) && std::signbit(v[0]));
  EXPECT_EQ(v[1], -inf);
  EXPECT_EQ(v[2], -1);
  EXPECT_TRUE(v[3] == 0 && std::signbit(v[3]));
  EXPECT_TRUE(v[4] == 0 && !std::signbit(v[4]));
  EXPECT_EQ(v[5], 1);
  EXPECT_EQ(v[6], inf);
  EXPECT_TRUE(std::isnan(v[7]) && !std::signbit(v[7]));
  EXPECT_TRUE(par::total_less()(-0.0F, 0.0F));
  EXPECT_FALSE(par::total_less()(0.0L, -0.0L));
  EXPECT_TRUE(par::total_less()(-0.0L, 0.0L));
  EXPECT_TRUE(par::total_less()(-3, 2));
}

TEST(total_less, sorts_many_nans_like_strong_order) {
  std::mt19937_64 random(4);
  std::vector<double> v(50000);
  for (double& x : v) x = std::bit_cast<double>(random() | (random() % 2 == 0 ? 0x7ff0000000000000ULL : 0));
  auto expected = v;
  std::sort(expected.begin(), expected.end(), [](double a, double b) { return std::strong_order(a, b) < 0; });
  pool_of(2).install([&] { par::sort_unstable(v, par::total_less()); });
  EXPECT_TRUE(std::equal(v.begin(), v.end(), expected.begin(), [](double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  }));
}

TEST(sort, takes_projections_keys_and_comparators) {
  const auto keys = input("few", 30000);
  auto v = records(keys);
  auto expected = v;
  std::stable_sort(expected.begin(), expected.end(),
                   [](const record& a, const record& b) { return a.key < b.key; });
  const auto check = [&](auto&& sort) {
    auto w = v;
    sort(w);
    EXPECT_EQ(w, expected);
  };
  check([](auto& w) { par::sort(w, {}, &record::key); });
  check([](auto& w) { par::sort(w, std::ranges::less(), [](const record& r) { return r.key; }); });
  check([](auto& w) { par::sort_by(w, [](const record& a, const record& b) { return a.key < b.key; }); });
  check([](auto& w) { par::sort_by_key(w, &record::key); });
  check([](auto& w) { par::sort_by_key(w, [](const record& r) { return std::to_string(r.key); }); });
  check([](auto& w) { par::sort_by_cached_key(w, &record::key); });
  check([](auto& w) { par::sort_by_cached_key(w, [](const record& r) { return std::to_string(r.key); }); });
  check([](auto& w) { par::radix_sort(w, &record::key); });
  check([](auto& w) {
    par::radix_sort(w, [](const record& r) noexcept { return static_cast<float>(r.key); });
  });
  check([](auto& w) { par::radix_sort(w, [](const record& r) { return static_cast<std::int8_t>(r.key); }); });
  // An order without ties has one result, stable or not.
  const auto by_both = [](const record& a, const record& b) {
    return a.key != b.key ? a.key < b.key : a.place < b.place;
  };
  check([&](auto& w) { par::sort_unstable_by(w, by_both); });
  check([](auto& w) {
    par::sort_unstable_by_key(w, [](const record& r) { return std::pair(r.key, r.place); });
  });
  check(
      [](auto& w) { par::sort_unstable(w, {}, [](const record& r) { return std::pair(r.key, r.place); }); });
}

TEST(sort, keeps_equal_elements_in_order_at_every_threshold) {
  for (const std::size_t threads : thread_counts()) {
    for (const std::size_t n : {19U, 20U, 21U, 33U, 1999U, 2001U, 4999U, 5001U, 65536U, 70001U}) {
      for (const std::uint64_t distinct : {1U, 3U, 200U}) {
        auto keys = input("random", n, n + distinct);
        for (auto& k : keys) k %= distinct;
        auto expected = records(keys);
        std::stable_sort(expected.begin(), expected.end(),
                         [](const record& a, const record& b) { return a.key < b.key; });
        auto by_bits = records(keys);
        auto by_comparator = records(keys);
        pool_of(threads).install([&] {
          par::sort(by_bits, {}, &record::key);
          par::sort(by_comparator, [](const record& a, const record& b) { return a.key < b.key; });
        });
        ASSERT_EQ(by_bits, expected) << n << ' ' << threads;
        ASSERT_EQ(by_comparator, expected) << n << ' ' << threads;
      }
    }
  }
}

TEST(sort, keeps_a_million_equal_elements_in_order) {
  auto keys = input("random", 1'000'001);
  for (auto& k : keys) k %= 1000;
  auto expected = records(keys);
  std::stable_sort(expected.begin(), expected.end(),
                   [](const record& a, const record& b) { return a.key < b.key; });
  auto v = records(keys);
  pool_of(2).install([&] { par::sort(v, [](const record& a, const record& b) { return a.key < b.key; }); });
  EXPECT_TRUE(v == expected);
}

TEST(sort_unstable, gives_the_same_permutation_for_every_number_of_threads) {
  for (const std::string pattern : {"random", "few"}) {
    const auto keys = input(pattern, 560'000);
    std::vector<record> first;
    for (const std::size_t threads : thread_counts()) {
      auto v = records(keys);
      pool_of(threads).install(
          [&] { par::sort_unstable(v, {}, [](const record& r) { return r.key % 5000; }); });
      EXPECT_TRUE(std::is_sorted(
          v.begin(), v.end(), [](const record& a, const record& b) { return a.key % 5000 < b.key % 5000; }));
      if (first.empty()) first = v;
      EXPECT_TRUE(v == first) << pattern << " on " << threads;
    }
  }
}

TEST(sort_unstable, gives_the_same_bits_for_every_number_of_threads) {
  std::vector<double> input_values(700'000);
  std::mt19937_64 random(5);
  for (double& x : input_values)
    x = random() % 4 == 0 ? (random() % 2 == 0 ? 0.0 : -0.0) : std::bit_cast<double>(random());
  std::vector<double> first;
  for (const std::size_t threads : thread_counts()) {
    auto v = input_values;
    pool_of(threads).install([&] { par::sort_unstable(v); });
    if (first.empty()) first = v;
    EXPECT_TRUE(std::equal(v.begin(), v.end(), first.begin(), [](double a, double b) {
      return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
    })) << threads;
  }
}

/// The text of an element decides, its block of memory makes it expensive to move.
struct big {
  std::uint64_t key = 0;
  std::array<std::uint64_t, 15> payload{};
  friend bool operator==(const big&, const big&) = default;
};

template <class T>
void check_type(const std::vector<T>& values) {
  auto expected = values;
  const auto less = [](const T& a, const T& b) {
    if constexpr (std::is_same_v<T, big>) {
      return a.key < b.key;
    } else {
      return a < b;
    }
  };
  std::stable_sort(expected.begin(), expected.end(), less);
  for (const std::size_t threads : thread_counts()) {
    auto stable = values;
    auto unstable = values;
    pool_of(threads).install([&] {
      par::sort(stable, less);
      par::sort_unstable(unstable, less);
    });
    EXPECT_TRUE(stable == expected) << threads;
    EXPECT_TRUE(unstable == expected) << threads;
  }
}

TEST(sort, orders_strings) {
  std::vector<std::string> v;
  for (const auto k : input("random", 50000))
    v.push_back(std::to_string(k % 100000) + std::string(k % 30, 'x'));
  check_type(v);
}

TEST(sort, orders_big_structs) {
  std::vector<big> v;
  for (const auto k : input("random", 40000)) v.push_back({k, {k}});
  check_type(v);
}

TEST(sort, orders_types_without_a_default_constructor) {
  struct plain {
    explicit plain(std::uint64_t v) : key(v) {}
    std::uint64_t key;
  };
  struct shared {
    explicit shared(std::uint64_t v) : key(std::make_shared<std::uint64_t>(v)) {}
    std::shared_ptr<std::uint64_t> key;
  };
  std::vector<plain> plains;
  std::vector<shared> shareds;
  for (const auto k : input("random", 30000)) {
    plains.emplace_back(k);
    shareds.emplace_back(k);
  }
  par::sort(plains, {}, [](const plain& p) { return p.key; });
  par::sort(shareds, {}, [](const shared& p) { return *p.key; });
  const auto expected = sorted(input("random", 30000));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(plains[i].key, expected[i]);
    ASSERT_EQ(*shareds[i].key, expected[i]);
    ASSERT_EQ(shareds[i].key.use_count(), 1);
  }
}

TEST(sort, orders_move_only_elements) {
  const auto keys = input("random", 40000);
  const auto expected = sorted(keys);
  const auto by_value = [](const std::unique_ptr<std::uint64_t>& p) { return *p; };
  const auto check = [&](auto&& sort) {
    std::vector<std::unique_ptr<std::uint64_t>> v;
    for (const auto k : keys) v.push_back(std::make_unique<std::uint64_t>(k));
    pool_of(2).install([&] { sort(v); });
    for (std::size_t i = 0; i < v.size(); ++i) ASSERT_EQ(*v[i], expected[i]);
  };
  check([&](auto& v) { par::sort(v, {}, by_value); });
  check([&](auto& v) { par::sort_unstable(v, {}, by_value); });
  check([&](auto& v) { par::sort_by_cached_key(v, by_value); });
  check([&](auto& v) { par::radix_sort(v, by_value); });
}

template <class R>
concept can_sort = requires(R&& range) { par::sort(std::forward<R>(range)); };

TEST(sort, takes_any_random_access_range) {
  const auto keys = input("random", 30000);
  const auto expected = sorted(keys);
  std::deque<std::uint64_t> d(keys.begin(), keys.end());
  EXPECT_EQ(par::sort(d), d.end());
  EXPECT_TRUE(std::equal(d.begin(), d.end(), expected.begin()));
  d.assign(keys.begin(), keys.end());
  par::sort_unstable(d);
  EXPECT_TRUE(std::equal(d.begin(), d.end(), expected.begin()));
  auto v = keys;
  par::sort(std::span(v).subspan(100, 200));
  EXPECT_TRUE(std::is_sorted(v.begin() + 100, v.begin() + 300));
  EXPECT_TRUE(std::equal(v.begin() + 300, v.end(), keys.begin() + 300));
  v = keys;
  par::sort(v | std::views::reverse);
  EXPECT_TRUE(std::equal(v.rbegin(), v.rend(), expected.begin()));
  std::uint64_t array[5] = {5, 3, 1, 4, 2};
  par::sort_unstable(array);
  EXPECT_TRUE(std::is_sorted(std::begin(array), std::end(array)));
  bool bits[4] = {true, false, true, false};
  par::sort(bits);
  EXPECT_TRUE(!bits[0] && !bits[1] && bits[2] && bits[3]);
  static_assert(can_sort<std::vector<int>&>);
  static_assert(!can_sort<std::list<int>&>);
  static_assert(!can_sort<const std::vector<int>&>);
}

TEST(sort, works_outside_of_every_pool) {
  auto v = input("random", 300000);
  const auto expected = sorted(v);
  par::sort(v);
  EXPECT_TRUE(v == expected);
  v = input("random", 300000);
  par::sort_unstable(v, [](auto a, auto b) { return a < b; });
  EXPECT_TRUE(v == expected);
}

}  // namespace
