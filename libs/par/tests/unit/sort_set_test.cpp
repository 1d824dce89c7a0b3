// SPDX-License-Identifier: Apache-2.0
#include "sort_algorithms.hpp"
#include "twill/par/algorithm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

}  // namespace
