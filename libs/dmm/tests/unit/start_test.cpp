// SPDX-License-Identifier: Apache-2.0
#include "fit/kmeans.hpp"
#include "tables.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace twill::dmm {
namespace {

std::string drawn(std::uint32_t seed, int k) {
  std::string out;
  for (const int c : detail::draw_components(seed, k, 16)) out += static_cast<char>('0' + c);
  return out;
}

TEST(start, draws_what_the_peers_draw) {
  EXPECT_EQ(drawn(0, 2), "1001001111110110");
  EXPECT_EQ(drawn(0, 3), "2002012212210210");
  EXPECT_EQ(drawn(0, 5), "4014124323331420");
  EXPECT_EQ(drawn(0, 7), "6116136535542531");
  EXPECT_EQ(drawn(1, 2), "0111000100000001");
  EXPECT_EQ(drawn(1, 3), "1222000200010112");
  EXPECT_EQ(drawn(1, 5), "2434001401010113");
  EXPECT_EQ(drawn(1, 7), "2656002611021224");
  EXPECT_EQ(drawn(42, 2), "0110111100000010");
  EXPECT_EQ(drawn(42, 3), "1220221101000121");
  EXPECT_EQ(drawn(42, 5), "1340332202000241");
  EXPECT_EQ(drawn(42, 7), "2561554413100362");
  EXPECT_EQ(drawn(123, 7), "4422143553256244");
  EXPECT_EQ(drawn(4357, 7), drawn(0, 7));
}

struct setting {
  explicit setting(const count_table& t) : counts(t), cuts(*t.data()) {}
  [[nodiscard]] detail::problem problem() const { return {*counts.data(), cuts, {}, nullptr}; }
  count_table counts;
  detail::plan cuts;
};

// The recipe as it is written down, with dense arithmetic.
std::vector<double> plain_start(const count_table& t, std::size_t k, std::uint32_t seed) {
  const std::size_t n = t.samples();
  const std::size_t s = t.taxa();
  std::vector<double> y(n * s);
  for (std::size_t i = 0; i < n; ++i) {
    for (const count_entry& e : t.row(i)) y[i * s + e.taxon] = e.count / t.total(i);
  }
  std::vector<double> z(n * k);
  std::vector<double> old(k * s);
  const auto label = detail::draw_components(seed, static_cast<int>(k), n);
  for (std::size_t i = 0; i < n; ++i) z[i * k + static_cast<std::size_t>(label[i])] = 1;
  for (int round = 0; round < 1000; ++round) {
    std::vector<double> mu(k * s);
    double change = 0;
    for (std::size_t c = 0; c < k; ++c) {
      double w = 0;
      double moved = 0;
      for (std::size_t i = 0; i < n; ++i) w += z[i * k + c];
      for (std::size_t j = 0; j < s; ++j) {
        for (std::size_t i = 0; i < n; ++i) mu[c * s + j] += z[i * k + c] * y[i * s + j];
        mu[c * s + j] /= w;
        moved += (mu[c * s + j] - old[c * s + j]) * (mu[c * s + j] - old[c * s + j]);
      }
      change = std::max(change, std::sqrt(moved));
    }
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t c = 0; c < k; ++c) {
        double d = 0;
        for (std::size_t j = 0; j < s; ++j)
          d += (mu[c * s + j] - y[i * s + j]) * (mu[c * s + j] - y[i * s + j]);
        sum += z[i * k + c] = std::exp(-50 * std::sqrt(d));
      }
      for (std::size_t c = 0; c < k; ++c) z[i * k + c] /= sum;
    }
    old = mu;
    if (change <= 1e-6) break;
  }
  return z;
}

TEST(start, soft_k_means_follows_the_recipe) {
  for (const std::uint32_t seed : {0U, 1U, 42U}) {
    for (const std::size_t k : {std::size_t{2}, std::size_t{3}, std::size_t{5}, std::size_t{7}}) {
      const setting on(tests::own_table(60, 12, 3, 9));
      const auto found =
          detail::soft_kmeans(on.problem(), static_cast<int>(k), seed, {}, [](int, double) { return true; });
      const std::vector<double> plain = plain_start(on.counts, k, seed);
      double most = 0;
      for (std::size_t i = 0; i < plain.size(); ++i) most = std::max(most, std::abs(plain[i] - found.z[i]));
      EXPECT_LT(most, 1e-7) << "seed " << seed << ", K " << k;
      EXPECT_EQ(found.reseeded, 0);
    }
  }
}

TEST(start, a_component_without_samples_gets_the_farthest_one) {
  const std::vector<std::int32_t> cells{10, 0, 9, 1, 0, 10, 10, 0};
  const setting on(count_table::from_dense(std::span<const std::int32_t>(cells), 4, 2));
  int reseeded = 0;
  for (std::uint32_t seed = 1; seed < 30; ++seed) {
    const auto found = detail::soft_kmeans(on.problem(), 4, seed, {}, [](int, double) { return true; });
    reseeded += found.reseeded;
    for (const double z : found.z) EXPECT_TRUE(z >= 0 && z <= 1);
  }
  EXPECT_GT(reseeded, 20);
}

TEST(start, stops_when_it_is_told_to) {
  const setting on(tests::own_table(60, 12, 3, 9));
  const auto found = detail::soft_kmeans(on.problem(), 3, 1, {}, [](int round, double) { return round < 4; });
  EXPECT_EQ(found.rounds, 4);
}

}  // namespace
}  // namespace twill::dmm
