// SPDX-License-Identifier: Apache-2.0
#include "twill/base/sum.hpp"

#include "twill/base/cpu.hpp"
#include "twill/base/philox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace twill {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double tiny = std::numeric_limits<double>::denorm_min();

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }

template <class Body>
void at_every_level(Body body) {
  const simd_level best = best_simd_level(this_cpu());
  for (const simd_level level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
    if (level > best) break;
    use_simd_level(level);
    SCOPED_TRACE(std::string(name(level)));
    body();
  }
  use_simd_level(best);
}

// Signed values whose binary exponents are spread evenly over [-spread, spread].
std::vector<double> spread_values(std::size_t n, int spread, int key) {
  const philox stream(philox_key(key, spread));
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = stream.uniform(3 * i) - 0.5;
    x[i] = std::ldexp(
        u, static_cast<int>(stream.bounded(3 * i + 1, 2 * static_cast<unsigned>(spread) + 1)) - spread);
  }
  return x;
}

// The oracle: J. R. Shewchuk's expansions (1997), a list of non-overlapping doubles whose sum is exact,
// rounded from the top with the tie settled by the sign of what follows. Independent of the fixed-point state
// under test.
double exact_by_expansion(std::span<const double> x) {
  std::vector<double> parts;
  for (double v : x) {
    std::vector<double> next;
    for (double p : parts) {
      if (std::fabs(v) < std::fabs(p)) std::swap(v, p);
      const double sum = v + p;
      const double rest = p - (sum - v);
      if (rest != 0.0) next.push_back(rest);
      v = sum;
    }
    next.push_back(v);
    parts = std::move(next);
  }
  if (parts.empty()) return 0.0;
  double high = parts.back();
  parts.pop_back();
  double low = 0.0;
  while (!parts.empty() && low == 0.0) {
    const double before = high;
    high = before + parts.back();
    low = parts.back() - (high - before);
    parts.pop_back();
  }
  if (!parts.empty() && low != 0.0 && (low < 0.0) == (parts.back() < 0.0)) {
    const double twice = 2.0 * low;
    const double moved = high + twice;
    if (moved - high == twice) high = moved;
  }
  return high + 0.0;
}

// The documented tree, by recursion over leaves and by a loop in a leaf.
template <class T>
T tree_by_definition(std::span<const T> x) {
  const std::size_t m = sum_leaf_count(x.size());
  if (m <= 1) {
    T part[16] = {};
    for (std::size_t i = 0; i < x.size(); ++i) part[i % 16] += x[i];
    for (std::size_t half = 8; half != 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) part[j] += part[j + half];
    }
    return part[0];
  }
  const std::size_t left = sum_tree_split(m) * sum_leaf_size;
  return tree_by_definition(x.first(left)) + tree_by_definition(x.subspan(left));
}

TEST(pairwise_sum, follows_the_documented_tree_at_every_length_and_level) {
  std::vector<double> x(20'000);
  philox(philox_key(1)).fill_normal(x, 0);
  const std::vector<float> f(x.begin(), x.end());
  at_every_level([&] {
    for (const std::size_t n :
         {0U,    1U,    2U,    15U,   16U,   17U,   31U,   33U,   100U,  1023U,  1024U,  1025U,
          2047U, 2048U, 2049U, 3072U, 3073U, 4096U, 5000U, 7168U, 9999U, 16384U, 16385U, 20000U}) {
      EXPECT_EQ(bits(pairwise_sum(std::span<const double>(x).first(n))),
                bits(tree_by_definition(std::span<const double>(x).first(n))))
          << n;
      EXPECT_EQ(pairwise_sum(std::span<const float>(f).first(n)),
                tree_by_definition(std::span<const float>(f).first(n)))
          << n;
    }
  });
}

TEST(pairwise_sum, is_the_fold_of_leaves_summed_apart_in_any_order) {
  std::vector<double> x(100'001);
  philox(philox_key(2)).fill_normal(x, 0);
  const std::span<const double> all(x);
  std::vector<double> leaves(sum_leaf_count(x.size()));
  for (std::size_t k = leaves.size(); k-- > 0;) {
    leaves[k] =
        sum_leaf(all.subspan(k * sum_leaf_size, std::min(sum_leaf_size, x.size() - k * sum_leaf_size)));
  }
  EXPECT_EQ(bits(fold_leaf_sums(leaves)), bits(pairwise_sum(all)));
  // A branch of 2^k leaves at a multiple of 2^k is a node of the whole tree: two ranks may each sum theirs.
  const std::span<const double> first(leaves.data(), 64);
  const std::span<const double> second(leaves.data() + 64, leaves.size() - 64);
  EXPECT_EQ(bits(fold_leaf_sums(first) + fold_leaf_sums(second)), bits(pairwise_sum(all)));
}

TEST(pairwise_sum, error_grows_with_the_logarithm) {
  const std::vector<double> x(10'000'000, 0.1);
  EXPECT_NEAR(pairwise_sum(x), 1e6, 1e6 * 82 * 0x1p-53);
  const std::vector<float> f(10'000'000, 0.1F);
  EXPECT_NEAR(static_cast<double>(pairwise_sum(f)), 1e7 * static_cast<double>(0.1F), 1e6 * 82 * 0x1p-24);
}

TEST(pairwise_sum, of_zeros_is_plus_zero_and_special_values_travel) {
  EXPECT_EQ(bits(pairwise_sum(std::span<const double>{})), bits(0.0));
  EXPECT_EQ(bits(pairwise_sum(std::vector<double>(40, -0.0))), bits(0.0));
  EXPECT_EQ(pairwise_sum(std::vector<double>{1.0, infinity}), infinity);
  EXPECT_TRUE(std::isnan(pairwise_sum(std::vector<double>{-infinity, infinity})));
}

TEST(tree_fold, keeps_operands_in_order_for_any_operation) {
  struct bracket {
    std::string operator()(const std::string& a, const std::string& b) const { return '(' + a + b + ')'; }
  };
  tree_fold<std::string, bracket> fold;
  EXPECT_EQ(fold.result("none"), "none");
  const char* const expected[] = {
      "a", "(ab)", "((ab)c)", "((ab)(cd))", "(((ab)(cd))e)", "(((ab)(cd))(ef))", "(((ab)(cd))((ef)g))"};
  for (int i = 0; i < 7; ++i) {
    fold.push(std::string(1, static_cast<char>('a' + i)));
    EXPECT_EQ(fold.result(), expected[i]);
  }
  EXPECT_EQ(fold.count(), 7U);
  static_assert(sum_tree_split(2) == 1 && sum_tree_split(3) == 2 && sum_tree_split(4) == 2 &&
                sum_tree_split(5) == 4);
  static_assert(sum_leaf_count(0) == 0 && sum_leaf_count(1024) == 1 && sum_leaf_count(1025) == 2);
}

TEST(reproducible_sum, is_the_exact_sum_rounded_once) {
  at_every_level([] {
    for (const int spread : {0, 1, 10, 40, 60, 120, 400, 990}) {
      for (const std::size_t n : {1U, 2U, 3U, 15U, 16U, 17U, 100U, 1024U, 1025U, 5000U}) {
        const std::vector<double> x = spread_values(n, spread, 7);
        ASSERT_EQ(bits(reproducible_sum(x)), bits(exact_by_expansion(x))) << spread << ' ' << n;
      }
    }
  });
}

TEST(reproducible_sum, is_exact_under_cancellation) {
  std::vector<double> x = spread_values(4000, 300, 3);
  const std::size_t half = x.size();
  for (std::size_t i = 0; i < half; ++i) x.push_back(-x[i]);
  EXPECT_EQ(bits(reproducible_sum(x)), bits(0.0));
  x.push_back(tiny);
  EXPECT_EQ(reproducible_sum(x), tiny);
  EXPECT_EQ(reproducible_sum(std::vector<double>{1e100, 1.0, -1e100}), 1.0);
  EXPECT_EQ(reproducible_sum(std::vector<double>{1e308, 1e-308, -1e308, -1e-308, -3.0}), -3.0);
}

TEST(reproducible_sum, has_the_same_bits_for_any_order_and_partition) {
  for (const int spread : {5, 200, 900}) {
    std::vector<double> x = spread_values(3000, spread, 11);
    x.push_back(-0.0);
    x.push_back(tiny);
    x.push_back(-3 * tiny);
    const std::uint64_t expected = bits(reproducible_sum(x));
    reproducible_accumulator whole;
    whole.add(x);
    philox engine(philox_key(99, spread));
    for (int trial = 0; trial < 50; ++trial) {
      for (std::size_t i = x.size(); i > 1; --i) std::swap(x[i - 1], x[engine() % i]);
      EXPECT_EQ(bits(reproducible_sum(x)), expected);
      // Cut into pieces, each summed in its own way, merged as a left fold or as a tree.
      std::vector<reproducible_accumulator> parts;
      for (std::span<const double> left(x); !left.empty();) {
        const std::size_t n = std::min<std::size_t>(left.size(), 1 + engine() % 700);
        reproducible_accumulator part;
        if (engine() % 2 == 0) {
          part.add(left.first(n));
        } else {
          for (const double v : left.first(n)) part.add(v);
        }
        parts.push_back(part);
        left = left.subspan(n);
      }
      while (parts.size() > 1) {
        const std::size_t at = engine() % (parts.size() - 1);
        parts[at].merge(parts.back());
        parts.pop_back();
      }
      EXPECT_EQ(bits(parts.front().value()), expected);
      EXPECT_EQ(parts.front(), whole);
    }
  }
}

TEST(reproducible_sum, normal_form_is_the_same_bytes_whatever_the_history) {
  const std::vector<double> x = spread_values(2000, 100, 17);
  reproducible_accumulator forwards;
  forwards.add(x);
  reproducible_accumulator backwards;
  for (std::size_t i = x.size(); i-- > 0;) backwards.add(x[i]);
  forwards.normalize();
  backwards.normalize();
  EXPECT_EQ(std::memcmp(&forwards, &backwards, sizeof forwards), 0);
  // Through bytes, as a message between ranks.
  reproducible_accumulator received;
  unsigned char wire[sizeof received];
  std::memcpy(wire, &forwards, sizeof wire);
  std::memcpy(&received, wire, sizeof wire);
  EXPECT_EQ(received.value(), reproducible_sum(x));
  backwards.add(1.0);
  EXPECT_FALSE(forwards == backwards);
}

TEST(reproducible_sum, rounds_ties_to_even_and_sees_the_last_bit) {
  EXPECT_EQ(reproducible_sum(std::vector<double>{1.0, 0x1p-53}), 1.0);
  EXPECT_EQ(reproducible_sum(std::vector<double>{1.0, 0x1p-53, tiny}), 1.0 + 0x1p-52);
  EXPECT_EQ(reproducible_sum(std::vector<double>{1.0, 0x1p-53, -tiny}), 1.0);
  EXPECT_EQ(reproducible_sum(std::vector<double>{1.0 + 0x1p-52, 0x1p-53}), 1.0 + 0x1p-51);
  EXPECT_EQ(reproducible_sum(std::vector<double>{-1.0, -0x1p-53, -tiny}), -1.0 - 0x1p-52);
  EXPECT_EQ(reproducible_sum(std::vector<double>{0x1p53, 1.0, tiny}), 0x1p53 + 2.0);
}

TEST(reproducible_sum, handles_subnormals_exactly) {
  EXPECT_EQ(reproducible_sum(std::vector<double>(5000, tiny)), 5000 * tiny);
  EXPECT_EQ(reproducible_sum(std::vector<double>{0x1p-1022, -tiny}), 0x1p-1022 - tiny);
  EXPECT_EQ(reproducible_sum(std::vector<double>{0x0.fffffffffffffp-1022, tiny}), 0x1p-1022);
  std::vector<double> x(100, 0x1p-1030);
  x.insert(x.end(), 100, 0x1p-1000);
  EXPECT_EQ(reproducible_sum(x), 100 * 0x1p-1000 + 100 * 0x1p-1030);
}

TEST(reproducible_sum, overflows_only_where_the_exact_sum_does) {
  EXPECT_EQ(reproducible_sum(std::vector<double>{largest, largest, -largest}), largest);
  EXPECT_EQ(reproducible_sum(std::vector<double>{largest, largest}), infinity);
  EXPECT_EQ(reproducible_sum(std::vector<double>{-largest, -largest}), -infinity);
  EXPECT_EQ(reproducible_sum(std::vector<double>{largest, 0x1p969}), largest);   // below half a unit
  EXPECT_EQ(reproducible_sum(std::vector<double>{largest, 0x1p970}), infinity);  // a tie goes to even
  EXPECT_EQ(reproducible_sum(std::vector<double>{largest, 0x1p970, -tiny}), largest);
  std::vector<double> x(10'000, largest);
  EXPECT_EQ(reproducible_sum(x), infinity);
  x.insert(x.end(), 9'999, -largest);
  EXPECT_EQ(reproducible_sum(x), largest);
}

TEST(reproducible_sum, special_values_are_order_free) {
  std::vector<double> x = spread_values(100, 10, 5);
  for (const std::size_t at : {0U, 50U, 100U}) {
    const auto with = [&](std::vector<double> extra) {
      std::vector<double> y = x;
      y.insert(y.begin() + static_cast<std::ptrdiff_t>(at), extra.begin(), extra.end());
      return reproducible_sum(y);
    };
    EXPECT_EQ(with({infinity}), infinity);
    EXPECT_EQ(with({-infinity}), -infinity);
    EXPECT_TRUE(std::isnan(with({nan_value})));
    EXPECT_TRUE(std::isnan(with({infinity, -infinity})));
    EXPECT_TRUE(std::isnan(with({infinity, nan_value})));
    EXPECT_EQ(with({infinity, infinity, -largest}), infinity);
  }
  reproducible_accumulator a;
  a.add(infinity);
  reproducible_accumulator b;
  b.add(-infinity);
  a.merge(b);
  EXPECT_TRUE(std::isnan(a.value()));
  EXPECT_TRUE(std::isnan(a.value_as_float()));
}

TEST(reproducible_sum, of_zeros_and_of_nothing_is_plus_zero) {
  EXPECT_EQ(bits(reproducible_sum(std::span<const double>{})), bits(0.0));
  EXPECT_EQ(bits(reproducible_sum(std::vector<double>{-0.0})), bits(0.0));
  EXPECT_EQ(bits(reproducible_sum(std::vector<double>(100, -0.0))), bits(0.0));
  EXPECT_EQ(bits(reproducible_sum(std::vector<double>{5.0, -5.0})), bits(0.0));
}

TEST(reproducible_sum, of_floats_is_rounded_once) {
  std::vector<float> x(5000);
  const philox stream(philox_key(31));
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = std::ldexp(static_cast<float>(stream.uniform(2 * i) - 0.5),
                      static_cast<int>(stream.bounded(2 * i + 1, 60)) - 30);
  }
  const float expected = reproducible_sum(x);
  const std::vector<double> wide(x.begin(), x.end());
  EXPECT_EQ(expected, static_cast<float>(exact_by_expansion(wide)));
  std::ranges::reverse(x);
  EXPECT_EQ(reproducible_sum(x), expected);
  // Rounding to a double first would meet a tie here and go the wrong way.
  EXPECT_EQ(reproducible_sum(std::vector<float>{1.0F, 0x1p-24F, 0x1p-100F}), 1.0F + 0x1p-23F);
  EXPECT_EQ(reproducible_sum(std::vector<float>{1.0F, 0x1p-24F, -0x1p-100F}), 1.0F);
  const float most = std::numeric_limits<float>::max();
  EXPECT_EQ(reproducible_sum(std::vector<float>{most, most}), std::numeric_limits<float>::infinity());
  EXPECT_EQ(reproducible_sum(std::vector<float>{-most, -0x1p103F}), -std::numeric_limits<float>::infinity());
  EXPECT_EQ(reproducible_sum(std::vector<float>{most, 0x1p103F, -0x1p-149F}), most);
  EXPECT_EQ(reproducible_sum(std::vector<float>{0x1p-149F, 0x1p-149F}), 0x1p-148F);
}

TEST(sums, bits_never_change) {
  std::vector<double> x(1'000'003);
  philox(philox_key(77)).fill_normal(x, 0);
  at_every_level([&] {
    EXPECT_EQ(bits(pairwise_sum(x)), 0x4099c741ab6acf5dU);
    EXPECT_EQ(bits(reproducible_sum(x)), 0x4099c741ab6acf5fU);
  });
}

}  // namespace
}  // namespace twill
