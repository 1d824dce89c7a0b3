// SPDX-License-Identifier: Apache-2.0
// Floating-point results have the same bits for any number of threads.
#include "iter_support.hpp"
#include "twill/base/sum.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <thread>

using namespace iter_test;

namespace {

std::vector<double> random_doubles(std::uint32_t seed, std::size_t n) {
  std::mt19937_64 random(seed);
  std::vector<double> v(n);
  for (double& x : v) {
    // Exponents from -30 to 30, so that every order of addition rounds differently.
    const double mantissa = std::ldexp(static_cast<double>(random() >> 11U), -53) - 0.5;
    x = std::ldexp(mantissa, static_cast<int>(random() % 61) - 30);
  }
  return v;
}

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

/// What `body` gives in pools of 1 to 16 threads and outside of every pool.
template <class F>
std::set<std::uint64_t> results(F&& body) {
  std::set<std::uint64_t> seen;
  for (std::size_t threads = 1; threads <= 16; ++threads) {
    par::thread_pool pool = par::thread_pool_builder{}.num_threads(threads).build();
    seen.insert(bits(pool.install([&] { return body(); })));
  }
  seen.insert(bits(body()));
  return seen;
}

/// Keeps a worker busy for a while that depends on the item, so that work is stolen at other places each
/// time.
double delayed(double x) {
  if ((bits(x) >> 20U) % 4096 == 0) {
    volatile double waste = 0;
    for (int i = 0; i < 2000; ++i) waste = waste + 1;
  }
  return x;
}

}  // namespace

TEST(iter_deterministic, sums_have_the_same_bits_for_1_to_16_threads) {
  for (std::uint32_t seed = 0; seed < (longest < 1000000 ? 1 : 8); ++seed) {
    const auto v = random_doubles(seed, 100000 + 7919 * seed);
    EXPECT_EQ(results([&] { return v | par::sum<double>(); }).size(), 1U);
    EXPECT_EQ(results([&] { return v | par::map(delayed) | par::sum<double>(); }).size(), 1U);
    EXPECT_EQ(results([&] {
                return v | par::map([](double x) { return 1 + x * 1e-9; }) | par::product<double>();
              }).size(),
              1U);
    EXPECT_EQ(results([&] {
                return v | par::filter([](double x) { return x > 0; }) | par::map(delayed) |
                       par::sum<double>();
              }).size(),
              1U);
    EXPECT_EQ(results([&] {
                return v | par::map(delayed) | par::reduce(0.0, [](double a, double b) { return a + b; });
              }).size(),
              1U);
    EXPECT_EQ(results([&] {
                return v | par::fold(0.0, [](double a, double b) { return a + b; }) | par::sum<double>();
              }).size(),
              1U);
    EXPECT_EQ(results([&] {
                return v | par::zip(v) | par::map([](double a, double b) { return a * b; }) |
                       par::sum<double>();
              }).size(),
              1U);
    EXPECT_EQ(results([&] { return v | par::sum_pairwise(); }).size(), 1U);
    EXPECT_EQ(results([&] { return v | par::sum_compensated(); }).size(), 1U);
    EXPECT_EQ(results([&] { return v | par::static_partition() | par::sum<double>(); }).size(), 1U);
    EXPECT_EQ(results([&] { return v | par::with_min_len(5000) | par::sum<double>(); }).size(), 1U);
    EXPECT_EQ(results([&] { return v | par::with_stop(std::stop_token{}) | par::sum<double>(); }).size(), 1U);
    EXPECT_EQ(results([&] { return v | par::by_exponential_blocks() | par::sum<double>(); }).size(), 1U);
  }
}

TEST(iter_deterministic, a_hundred_seeds_give_the_same_bits_twice) {
  par::thread_pool three = par::thread_pool_builder{}.num_threads(3).build();
  par::thread_pool five = par::thread_pool_builder{}.num_threads(5).build();
  for (std::uint32_t seed = 100; seed < 200; ++seed) {
    const auto v = random_doubles(seed, 20000 + seed);
    const auto sum = [&] { return v | par::map(delayed) | par::sum<double>(); };
    ASSERT_EQ(bits(three.install(sum)), bits(five.install(sum))) << seed;
  }
}

TEST(iter_deterministic, the_sum_of_a_slice_is_the_pairwise_sum_of_base) {
  for (const std::size_t n : {0U, 1U, 15U, 16U, 1023U, 1024U, 1025U, 5000U, 123457U}) {
    const auto v = random_doubles(static_cast<std::uint32_t>(n), n);
    in_pools([&] {
      ASSERT_EQ(bits(v | par::sum<double>()), bits(twill::pairwise_sum(v))) << n;
      ASSERT_EQ(bits(v | par::map([](double x) { return x; }) | par::with_deterministic_tree() |
                     par::sum<double>()),
                bits(twill::pairwise_sum(v)))
          << n;
      ASSERT_EQ(bits(v | par::static_partition() | par::sum<double>()), bits(twill::pairwise_sum(v))) << n;
      ASSERT_EQ(bits(v | par::with_stop(std::stop_token{}) | par::sum<double>()),
                bits(twill::pairwise_sum(v)))
          << n;
    });
  }
}

TEST(iter_deterministic, the_block_is_a_function_of_the_length) {
  EXPECT_EQ(par::deterministic_block(0, false), 1U);
  EXPECT_EQ(par::deterministic_block(64, false), 1U);
  EXPECT_EQ(par::deterministic_block(65, false), 2U);
  EXPECT_EQ(par::deterministic_block(1000, false), 16U);
  EXPECT_EQ(par::deterministic_block(65535, false), 1024U);
  EXPECT_EQ(par::deterministic_block(1U << 20U, false), 1024U);
  EXPECT_EQ(par::deterministic_block(10, true), 1024U);
}

TEST(iter_deterministic, expensive_items_of_a_short_range_are_spread) {
  par::thread_pool pool = par::thread_pool_builder{}.num_threads(2).build();
  std::atomic<int> inside{0};
  std::atomic<bool> met{false};
  // Ends quickly only if two items are reduced at the same time.
  const double total = pool.install([&] {
    return par::range(0, 8) | par::map([&](int x) {
             // ORD acq_rel [test]: what one thread of this test says and the other waits for.
             inside.fetch_add(1, std::memory_order_acq_rel);
             const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
             // ORD acquire [test]: what one thread of this test says and the other waits for.
             while (!met.load(std::memory_order_acquire) && std::chrono::steady_clock::now() < limit) {
               // ORD acquire release [test]: what one thread of this test says and the other waits for.
               if (inside.load(std::memory_order_acquire) >= 2) met.store(true, std::memory_order_release);
               std::this_thread::yield();
             }
             // ORD acq_rel [test]: what one thread of this test says and the other waits for.
             inside.fetch_sub(1, std::memory_order_acq_rel);
             return static_cast<double>(x);
           }) |
           par::sum<double>();
  });
  EXPECT_EQ(total, 28.0);
  // ORD acquire [test]: what one thread of this test says and the other waits for.
  EXPECT_TRUE(met.load(std::memory_order_acquire));
}

TEST(iter_deterministic, with_deterministic_tree_sets_the_block) {
  const auto v = random_doubles(1, 1000);
  // Three items a block: fold shows the leaves.
  const auto blocks =
      items(v | par::with_deterministic_tree(3) | par::fold(0, [](int n, double) { return n + 1; }));
  ASSERT_EQ(blocks.size(), 334U);
  EXPECT_EQ(blocks[333], 1);
  EXPECT_EQ(results([&] { return v | par::with_deterministic_tree(3) | par::sum<double>(); }).size(), 1U);
}

TEST(iter_deterministic, unordered_sums_are_close) {
  const auto v = random_doubles(3, 100000);
  const double exact = twill::reproducible_sum(v);
  in_pools(
      [&] { EXPECT_NEAR(v | par::unordered() | par::sum<double>(), exact, std::abs(exact) * 1e-9 + 1e-3); });
}

TEST(iter_deterministic, reproducible_sum_is_equal_for_any_order_and_partition) {
  std::mt19937 random(7);
  auto v = random_doubles(4, 50000);
  const std::uint64_t expected = bits(v | par::reproducible_sum());
  EXPECT_EQ(expected, bits(twill::reproducible_sum(v)));
  for (int round = 0; round < 10; ++round) {
    std::shuffle(v.begin(), v.end(), random);
    in_pools([&] {
      ASSERT_EQ(bits(v | par::reproducible_sum()), expected);
      ASSERT_EQ(bits(v | par::filter([](double) { return true; }) | par::reproducible_sum()), expected);
      ASSERT_EQ(bits(v | par::unordered() | par::with_max_len(100) | par::reproducible_sum()), expected);
      const std::size_t cut = random() % v.size();
      auto left = v | par::take(cut) | par::reproducible_state();
      left.merge(v | par::skip(cut) | par::reproducible_state());
      ASSERT_EQ(bits(left.value()), expected);
    });
  }
}

TEST(iter_deterministic, reproducible_sum_of_special_values) {
  const double inf = std::numeric_limits<double>::infinity();
  const double tiny = std::numeric_limits<double>::denorm_min();
  in_pools([&] {
    const std::vector<double> infinite{1, inf, 2};
    EXPECT_EQ(infinite | par::reproducible_sum(), inf);
    EXPECT_EQ(infinite | par::sum_compensated(), inf);
    const std::vector<double> both{inf, -inf, 1};
    EXPECT_TRUE(std::isnan(both | par::reproducible_sum()));
    EXPECT_TRUE(std::isnan(both | par::sum<double>()));
    const std::vector<double> nan{1, std::nan(""), 2};
    EXPECT_TRUE(std::isnan(nan | par::reproducible_sum()));
    const std::vector<double> denormal(1000, tiny);
    EXPECT_EQ(denormal | par::reproducible_sum(), 1000 * tiny);
    EXPECT_EQ(denormal | par::sum<double>(), 1000 * tiny);
    const std::vector<double> zeros{-0.0, -0.0};
    EXPECT_EQ(bits(zeros | par::reproducible_sum()), bits(0.0));
    const std::vector<float> floats(1000, 0.1F);
    EXPECT_EQ(floats | par::reproducible_sum(), twill::reproducible_sum(floats));
    EXPECT_EQ(floats | par::sum<float>(), twill::pairwise_sum(floats));
  });
}

TEST(iter_deterministic, careful_sums_lose_less) {
  std::vector<double> v(200000, 0.1);
  v[0] = 1e16;
  v.push_back(-1e16);
  const double exact = v | par::reproducible_sum();
  in_pools([&] {
    const double compensated = v | par::sum_compensated();
    const double pairwise = v | par::sum_pairwise();
    EXPECT_NEAR(compensated, exact, 1e-9);
    EXPECT_NEAR(pairwise, exact, 1e4);
    EXPECT_EQ(par::empty<double>() | par::sum_pairwise(), 0.0);
    EXPECT_EQ(par::empty<double>() | par::sum_compensated(), 0.0);
  });
}

TEST(iter_deterministic, minima_with_nan_are_the_same_for_any_number_of_threads) {
  auto v = random_doubles(9, 30000);
  for (std::size_t i = 0; i < v.size(); i += 777) v[i] = std::nan("");
  EXPECT_EQ(results([&] { return (v | par::min()).value(); }).size(), 1U);
  EXPECT_EQ(results([&] { return (v | par::map(delayed) | par::max()).value(); }).size(), 1U);
}
