// SPDX-License-Identifier: Apache-2.0
#include "sort_faults.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

/// A pointer, so that the sorts are compiled once for all relations.
using relation = bool (*)(std::uint64_t, std::uint64_t);

/// Each of these breaks a law of strict weak orders.
template <class Sort>
void ends_with_a_permutation(const Sort& sort) {
  for (const std::size_t threads : thread_counts()) {
    for (const std::size_t n : {2U, 20U, 21U, 33U, 100U, 2500U, 40000U}) {
      const auto keys = input("random", n);
      const auto check = [&](const char* what, relation less) {
        auto v = make<counted>(keys);
        pool_of(threads).install(
            [&] { sort(v, [&](const counted& a, const counted& b) { return less(a.value(), b.value()); }); });
        ASSERT_EQ(sorted(values(v)), sorted(keys)) << what << ' ' << n;
        auto w = keys;
        pool_of(threads).install([&] { sort(w, less); });
        ASSERT_EQ(sorted(w), sorted(keys)) << what << ' ' << n;
      };
      check("always true", [](std::uint64_t, std::uint64_t) { return true; });
      check("always false", [](std::uint64_t, std::uint64_t) { return false; });
      check("less or equal", [](std::uint64_t a, std::uint64_t b) { return a <= b; });
      check("different", [](std::uint64_t a, std::uint64_t b) { return a != b; });
      check("a cycle", [](std::uint64_t a, std::uint64_t b) { return (a - b) % 3 == 1; });
      check("noise", [](std::uint64_t a, std::uint64_t b) { return ((a * 31) ^ (b * 17)) % 5 < 2; });
      check("one side only", [](std::uint64_t a, std::uint64_t) { return a % 2 == 0; });
    }
  }
}

TEST(inconsistent_comparator, ends_with_a_permutation_in_a_stable_sort) { ends_with_a_permutation(stable); }
TEST(inconsistent_comparator, ends_with_a_permutation_in_an_unstable_sort) {
  ends_with_a_permutation(unstable);
}

TEST(inconsistent_comparator, ends_with_a_permutation_in_a_parallel_partition) {
  auto v = input("random", 600'000);
  const auto expected = sorted(v);
  pool_of(8).install([&] {
    par::sort_unstable(v, [](std::uint64_t a, std::uint64_t b) { return ((a * 31) ^ b) % 5 < 2; });
  });
  EXPECT_TRUE(sorted(v) == expected);
}

TEST(inconsistent_comparator, of_nans_under_less_leaves_a_permutation) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::mt19937_64 random(7);
  for (const std::size_t n : {10U, 40U, 3000U, 100000U}) {
    std::vector<double> v(n);
    std::size_t nans = 0;
    double sum = 0;
    for (double& x : v) {
      const auto r = random();
      x = r % 5 == 0 ? nan : static_cast<double>(r % 1000);
      if (std::isnan(x))
        ++nans;
      else
        sum += x;
    }
    const auto check = [&](auto&& sort) {
      auto w = v;
      pool_of(2).install([&] { sort(w); });
      std::size_t found = 0;
      double total = 0;
      for (const double x : w) {
        if (std::isnan(x))
          ++found;
        else
          total += x;
      }
      EXPECT_EQ(found, nans);
      EXPECT_EQ(total, sum);
    };
    check([](auto& w) { par::sort(w); });
    check([](auto& w) { par::sort_unstable(w); });
    check([](auto& w) { par::sort(w, [](double a, double b) { return a < b; }); });
    check([](auto& w) { par::sort_unstable(w, [](double a, double b) { return a < b; }); });
  }
}

}  // namespace
