// SPDX-License-Identifier: Apache-2.0
#include "stochastic/selective.hpp"

#include "make_system.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace twill::sddp {
namespace {

struct selection {
  std::vector<double> centres;
  std::vector<double> shares;
};

selection selected(const std::vector<double>& candidates, std::size_t dimension, std::size_t openings,
                   std::uint64_t seed = 42) {
  selection out{std::vector<double>(openings * dimension), std::vector<double>(openings)};
  select_openings(candidates, dimension, {.seed = seed}, out.centres, out.shares);
  return out;
}

std::vector<double> normal_candidates(std::size_t count, std::size_t dimension) {
  std::vector<double> out;
  for (std::uint32_t c = 0; c < count; ++c) {
    for (std::uint32_t d = 0; d < dimension; ++d) {
      out.push_back(noise_normal({.seed = 1, .purpose = 1, .scenario = c}, d));
    }
  }
  return out;
}

double square_distance(const double* a, const double* b, std::size_t dimension) {
  double sum = 0.0;
  for (std::size_t d = 0; d < dimension; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

TEST(select_openings, finds_groups_that_stand_apart_and_their_shares) {
  // 10, 20 and 70 vectors around (-100, 0), (0, 50) and (100, 100).
  std::vector<double> candidates;
  for (int i = 0; i < 100; ++i) {
    const int group = i < 10 ? -1 : i < 30 ? 0 : 1;
    const double off = i % 2 == 0 ? 0.5 : -0.5;
    candidates.insert(candidates.end(), {100.0 * group + off, 50.0 + 50.0 * group - off});
  }
  const selection s = selected(candidates, 2, 3);
  std::vector<std::array<double, 3>> found;
  for (std::size_t j = 0; j < 3; ++j) {
    found.push_back({s.centres[2 * j], s.centres[2 * j + 1], s.shares[j]});
  }
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::array<double, 3>>{{-100, 0, 0.1}, {0, 50, 0.2}, {100, 100, 0.7}}));
}

TEST(select_openings, gives_each_candidate_to_the_nearest_centre_and_keeps_the_mean) {
  for (const std::size_t dimension : {1U, 2U, 20U}) {
    const std::vector<double> candidates = normal_candidates(200, dimension);
    const selection s = selected(candidates, dimension, 20);
    std::vector<double> mean(dimension), of_centres(dimension), nearest_shares(20);
    std::vector<std::vector<double>> sums(20, std::vector<double>(dimension));
    for (std::size_t c = 0; c < 200; ++c) {
      const double* const x = &candidates[c * dimension];
      std::size_t best = 0;
      for (std::size_t j = 1; j < 20; ++j) {
        if (square_distance(x, &s.centres[j * dimension], dimension) <
            square_distance(x, &s.centres[best * dimension], dimension)) {
          best = j;
        }
      }
      nearest_shares[best] += 1;
      for (std::size_t d = 0; d < dimension; ++d) mean[d] += x[d] / 200, sums[best][d] += x[d];
    }
    for (std::size_t j = 0; j < 20; ++j) {
      EXPECT_GT(s.shares[j], 0.0);
      EXPECT_EQ(nearest_shares[j] / 200, s.shares[j]) << dimension << " " << j;
      for (std::size_t d = 0; d < dimension; ++d) {
        EXPECT_NEAR(s.centres[j * dimension + d], sums[j][d] / nearest_shares[j], 1e-12);
        of_centres[d] += s.shares[j] * s.centres[j * dimension + d];
      }
    }
    EXPECT_NEAR(std::accumulate(s.shares.begin(), s.shares.end(), 0.0), 1.0, 1e-12);
    for (std::size_t d = 0; d < dimension; ++d) EXPECT_NEAR(of_centres[d], mean[d], 1e-12);
  }
}

TEST(select_openings, leaves_no_cluster_empty_where_candidates_coincide) {
  std::vector<double> candidates(30, 1.0);
  candidates[7] = 2.0;
  const selection s = selected(candidates, 1, 3);
  for (std::size_t j = 0; j < 3; ++j) EXPECT_GT(s.shares[j], 0.0);
  EXPECT_NEAR(s.shares[0] + s.shares[1] + s.shares[2], 1.0, 1e-15);
  std::vector<double> centres = s.centres;
  std::sort(centres.begin(), centres.end());
  EXPECT_EQ(centres, (std::vector<double>{1.0, 1.0, 2.0}));
}

TEST(select_openings, is_a_function_of_the_seed_and_the_stage) {
  const std::vector<double> candidates = normal_candidates(200, 3);
  EXPECT_EQ(selected(candidates, 3, 20).centres, selected(candidates, 3, 20).centres);
  EXPECT_NE(selected(candidates, 3, 20).centres, selected(candidates, 3, 20, 43).centres);
}

TEST(selective_openings, have_probabilities_and_the_correlation_of_the_stage) {
  system s = testing::two_drawn_hydros(2, 200);
  EXPECT_TRUE(make_opening_tree(s, 42).probabilities.empty());
  s.stages[1].sampling = sampling_method::selective;
  testing::correlate(s, 0.8);
  const opening_tree tree = make_opening_tree(s, 42);
  EXPECT_EQ(tree, make_opening_tree(s, 42));
  EXPECT_NE(tree, make_opening_tree(s, 43));
  EXPECT_FALSE(tree.is_weighted(0));
  ASSERT_TRUE(tree.is_weighted(1));
  ASSERT_EQ(tree.probabilities[1].size(), 200U);
  double sum = 0.0, mean = 0.0, square = 0.0, product = 0.0;
  for (std::size_t w = 0; w < 200; ++w) {
    const double p = tree.probabilities[1][w];
    const std::span<const double> x = tree.opening(1, w);
    EXPECT_GT(p, 0.0);
    sum += p, mean += p * x[0], square += p * x[0] * x[0], product += p * x[0] * x[1];
  }
  EXPECT_NEAR(sum, 1.0, 1e-12);
  EXPECT_NEAR(mean, 0.0, 0.05);
  // Centres vary a little less than what they stand for.
  EXPECT_NEAR(square, 1.0, 0.06);
  EXPECT_NEAR(product, 0.8, 0.06);
}

}  // namespace
}  // namespace twill::sddp
