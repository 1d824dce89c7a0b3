// SPDX-License-Identifier: Apache-2.0
#include "sort_algorithms.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

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
      sort_stably(expected, [](const record& a, const record& b) { return a.key < b.key; });
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

}  // namespace
