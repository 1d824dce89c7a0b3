// SPDX-License-Identifier: Apache-2.0
#include "twill/base/philox.hpp"

#include "simd/kernels.hpp"
#include "twill/base/cpu.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace twill {
namespace {

static_assert(std::uniform_random_bit_generator<philox>);

// The levels that this machine can run, each active while the body runs.
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

// FNV-1a over the bytes: one figure that pins down every bit of a sequence.
template <class T>
std::uint64_t fingerprint(const std::vector<T>& values) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const T value : values) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) {
      hash ^= (bits >> shift) & 0xffU;
      hash *= 0x100000001b3U;
    }
  }
  return hash;
}

// The published known answers of Random123 for philox4x32 with 10 rounds.
static_assert(philox4x32({0, 0, 0, 0}, {0, 0}) ==
              philox_block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
              philox_block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
              philox_block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

TEST(philox, vector_kernels_give_the_published_answers) {
  at_every_level([] {
    std::vector<std::uint64_t> out(2);
    philox(philox_key::raw({0, 0})).fill_bits(out, 0);
    EXPECT_EQ(out, (std::vector<std::uint64_t>{0xe169c58d6627e8d5U, 0x9b00dbd8bc57ac4cU}));
    // The last block of the last stream is the all-ones vector; a fill reaches it through the block number.
    const detail::philox_stream ones{{0xffffffffU, 0xffffffffU}, {0xffffffffU, 0xffffffffU}};
    detail::active_kernels().philox_bits(ones, 0xffff'ffff'ffff'ffffU, 1, out.data());
    EXPECT_EQ(out, (std::vector<std::uint64_t>{0x41c83b0e408f276dU, 0x6d5451fda20bc7c6U}));
    const detail::philox_stream pi{{0xa4093822U, 0x299f31d0U}, {0x13198a2eU, 0x03707344U}};
    detail::active_kernels().philox_bits(pi, 0x85a308d3'243f6a88U, 1, out.data());
    EXPECT_EQ(out, (std::vector<std::uint64_t>{0x94fdccebd16cfe09U, 0x24126ea15001e420U}));
  });
}

TEST(philox, is_an_engine_that_seeks_and_discards) {
  philox engine(philox_key(42));
  std::vector<std::uint64_t> drawn(100);
  std::ranges::generate(drawn, std::ref(engine));
  EXPECT_EQ(engine.position(), 100U);
  for (std::uint64_t n = 0; n < drawn.size(); ++n) EXPECT_EQ(engine.bits(n), drawn[n]);
  engine.seek(7);
  EXPECT_EQ(engine(), drawn[7]);
  engine.discard(50);
  EXPECT_EQ(engine(), drawn[58]);
  engine.seek(std::numeric_limits<std::uint64_t>::max());
  static_cast<void>(engine());
  EXPECT_EQ(engine(), drawn[0]);
  std::uniform_int_distribution<int> die(1, 6);
  for (int i = 0; i < 100; ++i) {
    const int face = die(engine);
    EXPECT_TRUE(face >= 1 && face <= 6);
  }
}

TEST(philox_key, depends_on_values_and_length_and_not_on_types) {
  EXPECT_EQ(philox_key(-1), philox_key(std::int64_t{-1}));
  EXPECT_EQ(philox_key(-1), philox_key(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(philox_key(1, 2U, short{3}), philox_key(1LL, std::uint8_t{2}, 3UL));
  EXPECT_NE(philox_key(1, 2), philox_key(2, 1));
  EXPECT_NE(philox_key(1), philox_key(1, 0));
  EXPECT_NE(philox_key(1), philox_key(1, 1));
  const std::array<std::uint64_t, 3> parts{7, 8, 9};
  EXPECT_EQ(philox_key(std::span<const std::uint64_t>(parts)), philox_key(7, 8, 9));
  std::set<std::pair<std::array<std::uint32_t, 2>, std::array<std::uint32_t, 2>>> seen;
  for (int a = 0; a < 100; ++a) {
    for (int b = 0; b < 100; ++b) {
      const philox_key key(a, b);
      seen.emplace(key.key(), key.upper());
    }
  }
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(philox_key, mixing_never_changes) {
  constexpr philox_key one(1);
  constexpr philox_key three(42, -7, 1'000'000'000'000);
  EXPECT_EQ(one.key(), (std::array<std::uint32_t, 2>{0xc10955fcU, 0x51f74e96U}));
  EXPECT_EQ(one.upper(), (std::array<std::uint32_t, 2>{0x9cff21d4U, 0xebff8013U}));
  EXPECT_EQ(three.key(), (std::array<std::uint32_t, 2>{0x12daa285U, 0x6c817b4bU}));
  EXPECT_EQ(three.upper(), (std::array<std::uint32_t, 2>{0x73bc3048U, 0x01429ddaU}));
}

TEST(philox_key, streams_of_neighbouring_keys_are_uncorrelated) {
  constexpr std::size_t n = 4096;
  std::vector<double> a(n);
  std::vector<double> b(n);
  for (int key = 0; key < 20; ++key) {
    philox(philox_key(key, 5)).fill_normal(a, 0);
    philox(philox_key(key + 1, 5)).fill_normal(b, 0);
    double product = 0.0;
    for (std::size_t i = 0; i < n; ++i) product += a[i] * b[i];
    // Standard deviation of the mean product is 1/sqrt(n); four of them, for fixed keys.
    EXPECT_LT(std::fabs(product / n), 4.0 / std::sqrt(static_cast<double>(n)));
  }
}

TEST(uniform, lies_strictly_between_zero_and_one_and_is_the_midpoint_of_its_cell) {
  EXPECT_EQ(uniform_from_bits(0), 0x1p-54);
  EXPECT_EQ(uniform_from_bits(0x7ff), 0x1p-54);
  EXPECT_EQ(uniform_from_bits(0x800), 0x1.8p-53);
  EXPECT_EQ(uniform_from_bits(std::uint64_t{1} << 63U), 0.5);
  EXPECT_EQ(uniform_from_bits(std::numeric_limits<std::uint64_t>::max()), 1.0 - 0x1p-53);
  EXPECT_LT(uniform_from_bits(std::numeric_limits<std::uint64_t>::max()), 1.0);
}

TEST(bounded, is_the_high_half_of_the_product) {
  philox engine(philox_key(3));
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t x = engine();
    const std::uint64_t k = engine() >> (i % 64);
    __extension__ using wide = unsigned __int128;
    EXPECT_EQ(bounded_from_bits(x, k), static_cast<std::uint64_t>(static_cast<wide>(x) * k >> 64U));
  }
  const std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(bounded_from_bits(all, all), all - 1);
  EXPECT_EQ(bounded_from_bits(all, 1), 0U);
}

TEST(bounded, covers_its_range_evenly) {
  const philox stream(philox_key(11));
  std::array<int, 10> seen{};
  for (std::uint64_t n = 0; n < 100'000; ++n) ++seen.at(stream.bounded(n, 10));
  double chi2 = 0.0;
  for (const int count : seen) chi2 += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  EXPECT_LT(chi2, 21.67);  // 1 % point of chi-square with 9 degrees of freedom
}

TEST(normal, agrees_with_references_of_sixty_digits) {
  constexpr struct {
    double u;
    double z;
  } reference[] = {
      {0x1.0000000000000p-54, -8.29236107581359553823},
      {0x1.8000000000000p-53, -8.16070784085858317554},
      {0x1.203af9ee75616p-50, -7.94134532617099677133},
      {0x1.6849b86a12b9bp-47, -7.65062809293526881657},
      {0x1.c25c268497682p-44, -7.34879610280067751348},
      {0x1.19799812dea11p-40, -7.03448382530113193261},
      {0x1.5fd7fe1796495p-37, -6.7060231554951362961},
      {0x1.e8a37a45fc32ep-37, -6.65790464350110358372},
      {0x1.e58b5986f33c4p-37, -6.65883850285076552831},
      {0x1.b7cdfd9d7bdbbp-34, -6.3613409024040561991},
      {0x1.12e0be826d695p-30, -5.99780701500768686145},
      {0x1.5798ee2308c3ap-27, -5.61200124417478872793},
      {0x1.ad7f29abcaf48p-24, -5.19933758219281694},
      {0x1.0c6f7a0b5ed8dp-20, -4.75342430882289895734},
      {0x1.4f8b588e368f1p-17, -4.26489079392282461023},
      {0x1.a36e2eb1c432dp-14, -3.71901648545568055229},
      {0x1.0624dd2f1a9fcp-10, -3.09023230616781353536},
      {0x1.47ae147ae147bp-7, -2.32634787404084109308},
      {0x1.999999999999ap-6, -1.95996398454005421178},
      {0x1.999999999999ap-5, -1.64485362695147268795},
      {0x1.1eb851eb851ecp-4, -1.47579102817917068561},
      {0x1.3333333333333p-4, -1.43953147093845593495},
      {0x1.33334e0b25cdfp-4, -1.43953076450172968649},
      {0x1.47ae147ae147bp-4, -1.40507156030963254475},
      {0x1.999999999999ap-4, -1.28155156554460043533},
      {0x1.3333333333333p-3, -1.03643338949378960352},
      {0x1.999999999999ap-3, -0.841621233572914165522},
      {0x1.0000000000000p-2, -0.674489750196081743202},
      {0x1.3333333333333p-2, -0.524400512708040815969},
      {0x1.999999999999ap-2, -0.253347103135799741325},
      {0x1.ccccccccccccdp-2, -0.12566134685507400616},
      {0x1.f5c28f5c28f5cp-2, -0.0250689082587110580327},
      {0x1.fef9db22d0e56p-2, -0.0025066308995717662317},
      {0x1.fffff94a03595p-2, -2.5066282747031065135e-7},
      {0x1.0000000000000p-1, 0.0},
      {0x1.0000035afe535p-1, 2.50662827331164830116e-7},
      {0x1.051eb851eb852p-1, 0.0250689082587110580327},
      {0x1.3333333333333p-1, 0.253347103135799741325},
      {0x1.8000000000000p-1, 0.674489750196081743202},
      {0x1.ccccccccccccdp-1, 1.28155156554460059349},
      {0x1.d916872b020c5p-1, 1.43250272082581190999},
      {0x1.d99999999999ap-1, 1.43953147093845622906},
      {0x1.da1cac083126fp-1, 1.44663206715897880701},
      {0x1.e666666666666p-1, 1.64485362695147228428},
      {0x1.f333333333333p-1, 1.9599639845400538556},
      {0x1.fae147ae147aep-1, 2.32634787404084076764},
      {0x1.ff7ced916872bp-1, 3.09023230616781327776},
      {0x1.fff2e48e8a71ep-1, 3.71901648545570838672},
      {0x1.ffffde7210be9p-1, 4.75342430881708776569},
      {0x1.fffffff768fa1p-1, 5.99780701960163742642},
      {0x1.fffffffffdcd1p-1, 7.03448691004783520569},
      {0x1.ffffffffffffep-1, 8.12589066470190685851},
      {0x1.fffffffffffffp-1, 8.20953615160138685563},
      {0x1.3eecf89059360p-1, 0.3131106340582081259},
      {0x1.7bcb8116f23eep-1, 0.64886440864922006744},
      {0x1.97239c6c3047fp-1, 0.824575089261766492272},
      {0x1.e288d7f5db50cp-1, 1.57568059183230245721},
      {0x1.7ad3fc69bae32p-1, 0.64303274837411656505},
      {0x1.d83afb61ec2c4p-1, 1.42088564565782608252},
  };
  double worst = 0.0;
  for (const auto& [u, z] : reference) {
    const double error = z == 0.0 ? std::fabs(normal_quantile(u)) : std::fabs(normal_quantile(u) / z - 1.0);
    EXPECT_LT(error, 1e-15) << u;
    worst = std::max(worst, error);
  }
  RecordProperty("worst_relative_error_e18", static_cast<int>(worst * 1e18));
}

TEST(normal, is_odd_and_increases) {
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  double previous = normal_quantile(0x1p-54);
  for (int i = 1; i < 20'000; ++i) {
    const double u = i / 20'000.0;
    const double z = normal_quantile(u);
    EXPECT_GT(z, previous);
    previous = z;
    if (i < 10'000) {
      EXPECT_EQ(normal_quantile(0.5 - i * 0x1p-15), -normal_quantile(0.5 + i * 0x1p-15));
    }
  }
}

TEST(normal, ends_are_infinite_and_the_outside_is_not_a_number) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(normal_quantile(0.0), -inf);
  EXPECT_EQ(normal_quantile(1.0), inf);
  EXPECT_TRUE(std::isnan(normal_quantile(-0.1)));
  EXPECT_TRUE(std::isnan(normal_quantile(1.1)));
  EXPECT_TRUE(std::isnan(normal_quantile(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_NEAR(normal_quantile(0x1p-1070), -38.3953104467205, 1e-9);  // a subnormal probability
}

TEST(normal, moments_are_those_of_the_standard_normal) {
  constexpr std::size_t n = 1'000'000;
  std::vector<double> z(n);
  philox(philox_key(2024)).fill_normal(z, 0);
  std::array<double, 4> moment{};
  for (const double x : z) {
    moment[0] += x;
    moment[1] += x * x;
    moment[2] += x * x * x;
    moment[3] += x * x * x * x;
  }
  for (double& m : moment) m /= static_cast<double>(n);
  // Four standard deviations of each sample moment: sqrt of 1, 2, 15 and 96 over sqrt(n).
  EXPECT_NEAR(moment[0], 0.0, 0.004);
  EXPECT_NEAR(moment[1], 1.0, 0.00566);
  EXPECT_NEAR(moment[2], 0.0, 0.0155);
  EXPECT_NEAR(moment[3], 3.0, 0.0392);
}

TEST(uniform, moments_are_those_of_the_uniform_distribution) {
  constexpr std::size_t n = 1'000'000;
  std::vector<double> u(n);
  philox(philox_key(2025)).fill_uniform(u, 0);
  double mean = 0.0;
  double square = 0.0;
  double lag = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_TRUE(u[i] > 0.0 && u[i] < 1.0);
    mean += u[i] / n;
    square += u[i] * u[i] / n;
    if (i != 0) lag += (u[i] - 0.5) * (u[i - 1] - 0.5) / n;
  }
  EXPECT_NEAR(mean, 0.5, 4 * 0.2887e-3);
  EXPECT_NEAR(square, 1.0 / 3.0, 4 * 0.2981e-3);
  EXPECT_NEAR(lag, 0.0, 4 * 0.0833e-3);
}

TEST(fill, equals_single_draws_at_every_length_start_and_level) {
  const philox stream(philox_key(5, 6));
  at_every_level([&] {
    for (std::size_t length = 0; length < 150; ++length) {
      for (const std::uint64_t first :
           {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1001}, std::uint64_t{1} << 33U,
            (std::uint64_t{1} << 33U) - 17, std::uint64_t{0} - 64, std::uint64_t{0} - 33}) {
        std::vector<std::uint64_t> bits(length + 1, 99);
        std::vector<double> uniform(length + 1, 99.0);
        std::vector<double> normal(length + 1, 99.0);
        stream.fill_bits(std::span(bits).first(length), first);
        stream.fill_uniform(std::span(uniform).first(length), first);
        stream.fill_normal(std::span(normal).first(length), first);
        for (std::size_t i = 0; i < length; ++i) {
          ASSERT_EQ(bits[i], stream.bits(first + i)) << length << ' ' << first << ' ' << i;
          ASSERT_EQ(uniform[i], stream.uniform(first + i));
          ASSERT_EQ(normal[i], stream.normal(first + i));
        }
        EXPECT_EQ(bits[length], 99U);
        EXPECT_EQ(uniform[length], 99.0);
        EXPECT_EQ(normal[length], 99.0);
      }
    }
  });
}

// The same figures under every compiler, optimisation and vector level: the promise that seeds mean the same
// everywhere.
TEST(fill, bits_of_a_long_run_never_change) {
  constexpr std::size_t n = 100'003;
  const philox stream(philox_key(20260101, 7));
  at_every_level([&] {
    std::vector<std::uint64_t> bits(n);
    std::vector<double> values(n);
    stream.fill_bits(bits, 12'345);
    EXPECT_EQ(fingerprint(bits), 0xfd1d80f4b84b7eeaU);
    stream.fill_uniform(values, 12'345);
    EXPECT_EQ(fingerprint(values), 0x2773d9e829dfdaf3U);
    stream.fill_normal(values, 12'345);
    EXPECT_EQ(fingerprint(values), 0x586a67ee600d8967U);
  });
}

}  // namespace
}  // namespace twill
