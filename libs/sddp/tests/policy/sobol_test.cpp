// SPDX-License-Identifier: Apache-2.0
#include "stochastic/sobol.hpp"

#include "make_system.hpp"
#include "stochastic/sobol_table.hpp"
#include "twill/base/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

namespace twill::sddp {
namespace {

// Points of the unscrambled sequence of Joe and Kuo times 2^32, as SciPy 1.x gives them.
struct known_dimension {
  std::size_t dimension;
  std::array<std::uint32_t, 8> points;
};
constexpr std::array<std::uint32_t, 8> known_places{1, 2, 3, 4, 7, 500, 1000, 1023};
constexpr std::array<known_dimension, 8> known{{
    {0, {2147483648, 3221225472, 1073741824, 1610612736, 536870912, 1887436800, 943718400, 4194304}},
    {1, {2147483648, 1073741824, 3221225472, 1610612736, 2684354560, 276824064, 415236096, 3233808384}},
    {2, {2147483648, 1073741824, 3221225472, 2684354560, 1610612736, 1484783616, 2227175424, 2629828608}},
    {6, {2147483648, 1073741824, 3221225472, 1610612736, 2684354560, 243269632, 197132288, 599785472}},
    {99, {2147483648, 3221225472, 1073741824, 3758096384, 2684354560, 3699376128, 801112064, 2277507072}},
    {999, {2147483648, 3221225472, 1073741824, 536870912, 1610612736, 176160768, 859832320, 3678404608}},
    {9999, {2147483648, 1073741824, 3221225472, 536870912, 3758096384, 1233125376, 1858076672, 3066036224}},
    {21200, {2147483648, 3221225472, 1073741824, 2684354560, 3758096384, 3095396352, 356515840, 1027604480}},
}};

// The intervals of 2^-bits in which the points lie.
std::set<std::uint32_t> intervals(const std::vector<std::uint32_t>& points, std::uint32_t bits) {
  std::set<std::uint32_t> out;
  for (const std::uint32_t x : points) out.insert(x >> (32 - bits));
  return out;
}

TEST(sobol, has_the_published_table) {
  const std::span<const std::uint64_t> table = sobol_table();
  const std::string_view letters("TWSOBOL1");
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(static_cast<char>(table[0] >> 8 * i & 0xFFU), letters[i]);
  }
  // All primitive polynomials of degree 1 to 17 and the first of degree 18.
  const std::vector<std::uint64_t> counts(table.begin() + 1, table.begin() + 19);
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{1, 1, 2, 2, 6, 6, 18, 16, 48, 60, 176, 144, 630, 756, 1800,
                                                2048, 7710, 7776}));
  std::uint64_t dimensions = 1;
  std::uint64_t bits = 0;
  for (std::uint64_t s = 1; s <= 18; ++s) {
    dimensions += counts[s - 1];
    bits += counts[s - 1] * ((s - 1) * (s + 2) / 2);
  }
  EXPECT_EQ(dimensions, max_sobol_dimension);
  EXPECT_EQ(table.size(), 19 + (bits + 63) / 64);
}

TEST(sobol, gives_the_published_points) {
  for (const known_dimension& k : known) {
    const sobol_dimension of(k.dimension);
    EXPECT_EQ(of.point(0), 0U);
    for (std::size_t i = 0; i < known_places.size(); ++i) {
      EXPECT_EQ(of.point(known_places[i]), k.points[i]) << "dimension " << k.dimension << " point " << i;
    }
  }
}

TEST(sobol, gives_a_point_by_itself_as_in_its_row) {
  for (std::size_t d = 0; d < max_sobol_dimension; d += d < 40 ? 1 : 997) {
    const sobol_dimension of(d);
    std::vector<std::uint32_t> row(300);
    of.first_points(row);
    for (std::uint32_t i = 0; i < row.size(); ++i) ASSERT_EQ(of.point(i), row[i]) << d << " " << i;
  }
}

TEST(sobol, puts_one_point_into_each_interval_of_every_dimension) {
  for (std::size_t d = 0; d < max_sobol_dimension; d += d < 200 ? 1 : 97) {
    const sobol_dimension of(d);
    const sobol_scramble scramble = sobol_scramble::drawn({.seed = 7, .stage = 3}, d);
    EXPECT_EQ(scramble.factor % 2, 1U);
    std::vector<std::uint32_t> points(1U << 7U);
    of.first_points(points);
    ASSERT_EQ(intervals(points, 7).size(), 128U) << d;
    for (std::uint32_t& x : points) x = scramble(x);
    ASSERT_EQ(intervals(points, 7).size(), 128U) << d;
  }
}

// The first two dimensions are a (0, 2)-sequence: each box of area 2^-8 holds one of 256 points.
TEST(sobol, keeps_the_balance_of_two_dimensions_when_it_is_scrambled) {
  for (const std::uint64_t seed : {1U, 2U, 42U}) {
    std::vector<std::uint32_t> x(256), y(256);
    sobol_dimension(0).first_points(x);
    sobol_dimension(1).first_points(y);
    const sobol_scramble of_x = sobol_scramble::drawn({.seed = seed}, 0);
    const sobol_scramble of_y = sobol_scramble::drawn({.seed = seed}, 1);
    for (std::uint32_t wide = 1; wide < 8; ++wide) {
      std::set<std::pair<std::uint32_t, std::uint32_t>> boxes;
      for (std::size_t i = 0; i < 256; ++i) {
        boxes.emplace(of_x(x[i]) >> (32 - wide), of_y(y[i]) >> (24 + wide));
      }
      EXPECT_EQ(boxes.size(), 256U) << "seed " << seed << ", 2^" << wide << " columns";
    }
  }
}

TEST(sobol, scrambles_by_the_place_of_a_number) {
  const noise_key key{.seed = 42, .stage = 5};
  const std::uint64_t bits = noise_bits({.seed = 42, .purpose = 10, .scenario = 3, .stage = 5}, 0);
  const sobol_scramble scramble = sobol_scramble::drawn(key, 3);
  EXPECT_EQ(scramble.factor, static_cast<std::uint32_t>(bits) | 1U);
  EXPECT_EQ(scramble.shift, static_cast<std::uint32_t>(bits >> 32U));
  // The lowest bit is the first digit: a shift by one moves the first digit and carries to the second.
  EXPECT_EQ((sobol_scramble{.factor = 1, .shift = 1}(0x80000000U)), 0x40000000U);
  EXPECT_EQ((sobol_scramble{.factor = 3, .shift = 0}(0x80000000U)), 0xC0000000U);
  EXPECT_EQ((sobol_scramble{}(0x12345678U)), 0x12345678U);
}

struct moments {
  double mean = 0.0;
  double square = 0.0;
};

moments of_dimension(const opening_tree& tree, std::size_t t, std::size_t d) {
  moments out;
  const auto n = static_cast<double>(tree.openings(t));
  for (std::size_t w = 0; w < tree.openings(t); ++w) {
    out.mean += tree.opening(t, w)[d] / n;
    out.square += tree.opening(t, w)[d] * tree.opening(t, w)[d] / n;
  }
  return out;
}

TEST(sobol_openings, are_scrambled_points_as_normal_numbers) {
  const system s = testing::two_drawn_hydros(2, 64, sampling_method::qmc_sobol);
  const opening_tree tree = make_opening_tree(s, 9);
  EXPECT_EQ(tree.values, make_opening_tree(s, 9).values);
  EXPECT_NE(tree.values, make_opening_tree(s, 10).values);
  for (std::size_t t = 0; t < 2; ++t) {
    const noise_key key{.seed = 9, .stage = static_cast<std::uint32_t>(s.stages[t].noise_group.value())};
    for (std::size_t d = 0; d < 2; ++d) {
      const sobol_scramble scramble = sobol_scramble::drawn(key, d);
      for (std::uint32_t w = 0; w < 64; ++w) {
        EXPECT_EQ(tree.opening(t, w)[d], sobol_normal(scramble(sobol_dimension(d).point(w))));
      }
    }
  }
  EXPECT_NE(tree.opening(0, 0)[0], tree.opening(1, 0)[0]);
}

TEST(sobol_openings, have_a_better_mean_and_variance_than_independent_ones) {
  const opening_tree sobol =
      make_opening_tree(testing::two_drawn_hydros(2, 256, sampling_method::qmc_sobol), 42);
  const opening_tree saa = make_opening_tree(testing::two_drawn_hydros(2, 256, sampling_method::saa), 42);
  double worst_mean = 0.0, worst_square = 0.0, saa_mean = 0.0, saa_square = 0.0;
  for (std::size_t t = 0; t < 2; ++t) {
    for (std::size_t d = 0; d < 2; ++d) {
      const moments a = of_dimension(sobol, t, d);
      const moments b = of_dimension(saa, t, d);
      worst_mean = std::max(worst_mean, std::fabs(a.mean));
      worst_square = std::max(worst_square, std::fabs(a.square - 1.0));
      saa_mean = std::max(saa_mean, std::fabs(b.mean));
      saa_square = std::max(saa_square, std::fabs(b.square - 1.0));
    }
  }
  EXPECT_LT(worst_mean, 0.01);
  EXPECT_LT(worst_square, 0.05);
  EXPECT_LT(worst_mean, saa_mean / 4);
  EXPECT_LT(worst_square, saa_square);
}

TEST(sobol_openings, are_refused_beyond_the_table_with_both_numbers) {
  EXPECT_NO_THROW(require_sobol_dimension(21201));
  std::vector<double> values(21202);
  try {
    fill_sobol(values, 1, 21202, {});
    FAIL() << "more dimensions than the table";
  } catch (const error& e) {
    const std::string text = e.what();
    EXPECT_NE(text.find("21202 uncertain quantities"), std::string::npos) << text;
    EXPECT_NE(text.find("at most 21201"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace twill::sddp
