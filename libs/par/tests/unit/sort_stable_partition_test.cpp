// SPDX-License-Identifier: Apache-2.0
#include "sort_algorithms.hpp"
#include "twill/par/algorithm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(stable_partition, keeps_both_parts_in_order) {
  everywhere([](std::size_t n) {
    for (const std::uint64_t tenth : {0U, 1U, 5U, 9U, 10U}) {
      const auto keys = input("random", n);
      const auto first = [tenth](std::uint64_t x) { return x % 10 < tenth; };
      auto expected = keys;
      sort_stably(expected, [&](std::uint64_t a, std::uint64_t b) { return first(a) && !first(b); });
      const auto boundary = std::find_if_not(expected.begin(), expected.end(), first);
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

}  // namespace
