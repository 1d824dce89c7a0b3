// SPDX-License-Identifier: Apache-2.0
// Folds and chunks: accumulators of runs of items, at fixed places.
#include "iter_support.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

using namespace iter_test;

TEST(iter_adaptors, fold_gives_one_accumulator_for_each_block_of_an_indexed_source) {
  for_lengths([](const std::vector<int>& v) {
    const std::size_t block = par::deterministic_block(v.size(), true);
    std::vector<long> expected;
    for (std::size_t i = 0; i < v.size(); i += block) {
      long sum = 0;
      for (std::size_t k = i; k < std::min(v.size(), i + block); ++k) sum += v[k];
      expected.push_back(sum);
    }
    if (v.empty()) expected.push_back(0);
    ASSERT_EQ(items(v | par::fold([] { return 0L; }, [](long a, int x) { return a + x; })), expected);
    ASSERT_EQ(items(v | par::fold_with(0L, [](long& a, int x) { a += x; })), expected);
  });
}

TEST(iter_adaptors, fold_keeps_the_sum_over_a_source_without_positions) {
  for_lengths([](const std::vector<int>& v) {
    const std::multiset<int> s(v.begin(), v.end());
    const long got = s | par::filter([](int x) { return x != 3; }) |
                     par::fold(0L, [](long a, int x) { return a + x; }) | par::sum<long>();
    long expected = 0;
    for (int x : v) expected += x == 3 ? 0 : x;
    ASSERT_EQ(got, expected);
  });
}

TEST(iter_adaptors, try_fold_stops_a_leaf_at_its_first_failure) {
  in_pools([] {
    const auto add = [](int a, int x) -> std::optional<int> {
      if (x == 500) return std::nullopt;
      return a + x;
    };
    // 1000 items are 63 blocks of 16: the one with item 500 is empty, the others hold their sums.
    const auto blocks =
        items(par::range(0, 1000) | par::map([](int x) { return x; }) | par::try_fold(0, add));
    ASSERT_EQ(blocks.size(), 63U);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      if (b == 500 / 16) {
        ASSERT_FALSE(blocks[b].has_value());
        continue;
      }
      int sum = 0;
      for (int x = static_cast<int>(16 * b); x < std::min(1000, static_cast<int>(16 * b + 16)); ++x) sum += x;
      ASSERT_EQ(blocks[b], sum);
    }
    const auto with = items(par::range(0, 10) | par::try_fold_with(100, add));
    ASSERT_EQ(with.size(), 1U);
    EXPECT_EQ(with[0], 145);
  });
}

TEST(iter_adaptors, fold_chunks_cuts_at_multiples_of_n_for_any_number_of_threads) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<long> expected;
    for (std::size_t i = 0; i < v.size(); i += 7) {
      expected.push_back(std::accumulate(v.begin() + static_cast<std::ptrdiff_t>(i),
                                         v.begin() + static_cast<std::ptrdiff_t>(std::min(v.size(), i + 7)),
                                         0L));
    }
    auto chain = v | par::fold_chunks(7, [] { return 0L; }, [](long a, int x) { return a + x; });
    ASSERT_EQ(chain.len(), expected.size());
    ASSERT_EQ(items(std::move(chain)), expected);
    ASSERT_EQ(items(v | par::fold_chunks_with(7, 0L, [](long a, int x) { return a + x; })), expected);
  });
}

TEST(iter_adaptors, chunks_are_vectors_with_a_shorter_last_one) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<std::vector<int>> expected;
    for (std::size_t i = 0; i < v.size(); i += 300) {
      expected.emplace_back(v.begin() + static_cast<std::ptrdiff_t>(i),
                            v.begin() + static_cast<std::ptrdiff_t>(std::min(v.size(), i + 300)));
    }
    auto chain = v | par::chunks(300);
    ASSERT_EQ(chain.len(), expected.size());
    ASSERT_EQ(items(std::move(chain)), expected);
  });
}
