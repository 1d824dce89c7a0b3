// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/ops.hpp"

#include "fault_of.hpp"
#include "ops_reference.hpp"
#include "twill/lanes/builder.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>

namespace twill::lanes {
namespace {

constexpr std::array<std::size_t, 12> sizes{0, 1, 2, 15, 16, 17, 3071, 3072, 3073, 9999, 10'001, 30'721};

using test::fault_of;

template <class T>
std::vector<T> numbers(std::size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<T> out(n);
  for (T& x : out) {
    if constexpr (std::is_floating_point_v<T>) {
      x = std::uniform_real_distribution<T>(T{-3}, T{3})(random);
    } else {
      x = static_cast<T>(random());
      if (x == 0) x = 1;
    }
  }
  return out;
}

template <class T>
class element_wise : public testing::Test {};
using element_types = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                                     std::uint16_t, std::uint32_t, std::uint64_t, float, double>;
TYPED_TEST_SUITE(element_wise, element_types);

TYPED_TEST(element_wise, arithmetic_is_that_of_every_element_and_the_parallel_form_gives_the_same_bits) {
  using T = TypeParam;
  executor ex({.threads = 2});
  for (const std::size_t n : sizes) {
    const auto a = numbers<T>(n, 1);
    const auto b = numbers<T>(n, 2);
    std::vector<T> c(n);
    std::vector<T> d(n);
    const auto check = [&](auto wanted) {
      ASSERT_TRUE(n == 0 || std::memcmp(c.data(), d.data(), n * sizeof(T)) == 0) << n;
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(c[i], static_cast<T>(wanted(a[i], b[i]))) << i;
    };
    using W = std::conditional_t<std::is_floating_point_v<T>, T, std::uint64_t>;
    ops::vector_add(a, b, c);
    ops::vector_add_par(ex, a, b, d, n);
    check([](T x, T y) { return static_cast<W>(x) + static_cast<W>(y); });
    ops::vector_sub(a, b, c);
    ops::vector_sub_par(ex, a, b, d, n);
    check([](T x, T y) { return static_cast<W>(x) - static_cast<W>(y); });
    ops::vector_mul(a, b, c);
    ops::vector_mul_par(ex, a, b, d, n);
    check([](T x, T y) { return static_cast<W>(x) * static_cast<W>(y); });
    ops::min(a, b, c);
    ops::min_par(ex, a, b, d, n);
    check([](T x, T y) { return std::min(x, y); });
    ops::relu(a, c);
    ops::relu_par(ex, a, d, n);
    check([](T x, T) { return std::max(x, T{0}); });
    ops::scalar_add(a, c, T{3});
    ops::scalar_add_par(ex, a, d, T{3}, n);
    check([](T x, T) { return static_cast<W>(x) + static_cast<W>(3); });
    const T total = ops::sum(a);
    const T chunked = ops::sum_par(ex, a, n);
    EXPECT_EQ(std::memcmp(&total, &chunked, sizeof(T)), 0) << n;
    if constexpr (!std::is_floating_point_v<T>) {
      std::uint64_t wanted = 0;
      for (const T x : a) wanted += static_cast<std::uint64_t>(x);
      EXPECT_EQ(total, static_cast<T>(wanted));
    } else {
      long double wanted = 0;
      long double magnitude = 0;
      for (const T x : a) {
        wanted += static_cast<long double>(x);
        magnitude += static_cast<long double>(std::fabs(x));
      }
      EXPECT_LE(std::fabs(static_cast<double>(static_cast<long double>(total) - wanted)),
                20 * static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(magnitude));
    }
    if (n == 0) continue;
    EXPECT_EQ(ops::max_of(a), *std::ranges::max_element(a));
    EXPECT_EQ(ops::argmin(a), static_cast<std::size_t>(std::ranges::min_element(a) - a.begin()));
  }
}

// Every exponent with its neighbours on both sides, numbers between them, and what is special; of both signs.
template <class T, class Bits>
std::vector<T> over_all_exponents(int mantissa, Bits step) {
  std::vector<T> x;
  const auto add = [&](Bits bits) {
    x.push_back(std::bit_cast<T>(bits));
    x.push_back(-x.back());
  };
  const Bits end = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  for (Bits bits = 0; bits < end; bits += step) add(bits);
  for (Bits boundary = Bits{1} << mantissa; boundary <= end; boundary += Bits{1} << mantissa) {
    for (const Bits bits : {boundary - 1, boundary, boundary + 1}) add(bits);
  }
  for (const double v :
       {1.0, 88.7228, 88.73, 87.4, 103.9, 104.5, 709.78, 709.79, 745.1, 745.2, 1e-160, 0x1p-149})
    add(std::bit_cast<Bits>(static_cast<T>(v)));
  return x;
}

// All functions over all exponents. R computes with more digits than T has.
template <class T, class R>
void check_functions(const std::vector<T>& x) {
  std::vector<T> y(x.size());
  const auto check = [&](const char* name, const auto& op, auto wanted, double bound) {
    op(x, y);
    double worst = 0;
    T where = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double d = reference::ulps(y[i], static_cast<long double>(wanted(static_cast<R>(x[i]))));
      if (d > worst) {
        worst = d;
        where = x[i];
      }
    }
    EXPECT_LE(worst, bound) << name << " at " << where;
    // A value's result does not depend on its place.
    for (const std::size_t i : {std::size_t{3}, std::size_t{17}, x.size() - 1}) {
      std::array<T, 1> one{};
      op(std::span(x).subspan(i, 1), one);
      EXPECT_EQ(std::memcmp(one.data(), &y[i], sizeof(T)), 0) << name << ' ' << x[i];
    }
  };
  check("exp", ops::exp, [](R v) { return std::exp(v); }, 2);
  check("log", ops::log, [](R v) { return std::log(v); }, 2);
  check("log2", ops::log2, [](R v) { return std::log2(v); }, 2);
  check("log10", ops::log10, [](R v) { return std::log10(v); }, 2);
  check("sin", ops::sin, [](R v) { return std::sin(v); }, 2);
  check("cos", ops::cos, [](R v) { return std::cos(v); }, 2);
  check("tan", ops::tan, [](R v) { return std::tan(v); }, 4);
  check("tanh", ops::tanh, [](R v) { return std::tanh(v); }, 2);
  check("sigmoid", ops::sigmoid, [](R v) { return 1 / (1 + std::exp(-v)); }, 4);
  check("rsqrt", ops::rsqrt, [](R v) { return 1 / std::sqrt(v); }, 2);
  check("sqrt", ops::sqrt, [](R v) { return std::sqrt(v); }, 0.5);
  check("reciprocal", ops::reciprocal, [](R v) { return 1 / v; }, 0.5);
  check("erf", ops::erf, [](R v) { return std::erf(v); }, 2);
}

TEST(transcendental, f32_functions_stay_within_their_bounds_over_all_exponents) {
  check_functions<float, double>(over_all_exponents<float, std::uint32_t>(23, 4093));
}

TEST(transcendental, f64_functions_stay_within_their_bounds_over_all_exponents) {
  check_functions<double, long double>(over_all_exponents<double, std::uint64_t>(52, 0x0000a1b2c3d4e5f1));
}

template <class T, class R>
void check_functions_of_two(unsigned seed) {
  const auto ordinary = numbers<T>(100'000, seed);
  const auto other = numbers<T>(100'000, seed + 1);
  std::vector<T> base(ordinary.size());
  ops::abs(ordinary, base);
  std::vector<T> y(base.size());
  const auto worst = [&](const std::vector<T>& a, const std::vector<T>& b, auto wanted) {
    double most = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      most = std::max(most, reference::ulps(y[i], static_cast<long double>(
                                                      wanted(static_cast<R>(a[i]), static_cast<R>(b[i])))));
    }
    return most;
  };
  ops::pow(base, other, y);
  EXPECT_LE(worst(base, other, [](R a, R b) { return std::pow(a, b); }), 4);
  ops::atan2(ordinary, other, y);
  EXPECT_LE(worst(ordinary, other, [](R a, R b) { return std::atan2(a, b); }), 4);
}

TEST(transcendental, functions_of_two_numbers_stay_within_their_bounds) {
  check_functions_of_two<float, double>(20);
  check_functions_of_two<double, long double>(30);
  constexpr double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> a{0.0, -0.0, 1.0, -8.0, -inf, 2.0, -1.0};
  const std::vector<double> b{0.0, -1.0, std::nan(""), 3.0, 3.0, -inf, inf};
  std::vector<double> c(a.size());
  ops::pow(a, b, c);
  EXPECT_EQ(c, (std::vector<double>{1.0, -inf, 1.0, -512.0, -inf, 0.0, 1.0})) << "the rules of pow in C";
}

TEST(ops, operands_are_checked_before_anything_is_written) {
  std::vector<float> a(10, 1.0F);
  std::vector<float> c(12, 5.0F);
  EXPECT_EQ(fault_of([&] { ops::vector_add(a, a, c); }),
            "BufferTooSmall{vector_add, index 0, len 10, need 12}");
  EXPECT_EQ(c, std::vector<float>(12, 5.0F));
  std::vector<float> x(20, 1.0F);
  EXPECT_EQ(fault_of([&] { ops::abs(std::span(x).first(10), std::span(x).subspan(1, 10)); }),
            "InvalidArgument: abs: operand 0 and the output overlap");
  ops::vector_add(x, x, x);
  EXPECT_EQ(x, std::vector<float>(20, 2.0F));
  const std::vector<int> p{4, 5, 6};
  const std::vector<int> q{1, 0, 0};
  std::vector<int> r(3);
  EXPECT_EQ(fault_of([&] { ops::vector_div(p, q, r); }), "DivisionByZero{index 1}");
  EXPECT_EQ(fault_of([&] { ops::clip(a, a, 2.0F, 1.0F); }),
            "InvalidArgument: clip: the bounds are no interval");
  EXPECT_EQ(fault_of([&] { static_cast<void>(ops::mean(std::vector<float>{})); }),
            "InvalidArgument: mean of no elements");
  EXPECT_EQ(fault_of([&] { static_cast<void>(ops::argmin(std::vector<float>{})); }),
            "InvalidArgument: argmin of no elements");
}

TEST(ops, chunks_are_counted_as_promised) {
  EXPECT_EQ(ops::chunk_count(1000), 1U);
  EXPECT_EQ(ops::chunk_count(5000), 2U);
  EXPECT_EQ(ops::chunk_count(10'000), 4U);
  EXPECT_EQ(ops::chunk_count(50'000), 17U);
  executor ex({.threads = 2});
  std::vector<float> a(50'000, 1.0F);
  ops::exp_par(ex, a, a, a.size());
  std::uint64_t chunks = 0;
  for (const worker_activity& w : ex.activity()) chunks += w.chunks;
  EXPECT_EQ(chunks, 17U);
}

TEST(ops, nan_loses_in_minima_and_identities_answer_for_nothing) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(ops::min_of(std::vector<float>{nan, 3.0F, 1.0F, nan}), 1.0F);
  EXPECT_TRUE(std::isnan(ops::max_of(std::vector<float>{nan, nan})));
  EXPECT_EQ(ops::min_of(std::vector<float>{}), std::numeric_limits<float>::infinity());
  EXPECT_EQ(ops::max_of(std::vector<int>{}), std::numeric_limits<int>::min());
  EXPECT_EQ(ops::product(std::vector<double>{}), 1.0);
  std::vector<float> x{nan, -1.0F, 5.0F};
  ops::clip(x, x, 0.0F, 2.0F);
  EXPECT_EQ(x, (std::vector<float>{0.0F, 0.0F, 2.0F}));
}

TEST(ops, softmax_is_stable_and_sums_to_one) {
  std::vector<float> x(1000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1000.0F + static_cast<float>(i) * 0.01F;
  std::vector<float> y(x.size());
  ops::softmax(x, y);
  EXPECT_NEAR(std::accumulate(y.begin(), y.end(), 0.0), 1.0, 1e-6);
  EXPECT_NEAR(y[999] / y[998], std::exp(0.01), 1e-4);
  constexpr float inf = std::numeric_limits<float>::infinity();
  std::vector<float> low(4, -inf);
  ops::softmax(low, low);
  EXPECT_TRUE(std::isnan(low[0]));
  std::vector<float> high{1.0F, inf, -inf};
  ops::softmax(high, high);
  for (const float v : high) EXPECT_TRUE(std::isnan(v));
  std::vector<float> one_out{0.0F, -inf, 0.0F};
  ops::softmax(one_out, one_out);
  EXPECT_EQ(one_out, (std::vector<float>{0.5F, 0.0F, 0.5F}));
  const auto many = numbers<float>(1'000'000, 9);
  std::vector<float> shares(many.size());
  ops::softmax(many, shares);
  EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1.0, 1e-6);
}

TEST(ops, losses_follow_their_formulas_with_zero_times_log_zero_as_zero) {
  const std::vector<double> p{0.25, 0.75, 0.0};
  const std::vector<double> t{0.5, 0.5, 0.0};
  EXPECT_NEAR(ops::mse(p, t), (0.0625 + 0.0625) / 3, 1e-15);
  EXPECT_NEAR(ops::cross_entropy(p, t), -(0.5 * std::log(0.25) + 0.5 * std::log(0.75)) / 3, 1e-15);
  EXPECT_NEAR(ops::binary_cross_entropy(p, t), -(0.5 * std::log(0.25) + 0.5 * std::log(0.75)) * 2 / 3, 1e-15);
  EXPECT_TRUE(std::isnan(ops::binary_cross_entropy(std::vector<double>{1.5}, std::vector<double>{1.0})));
}

TEST(ops, gelu_is_within_a_millionth) {
  const auto x = numbers<float>(1000, 5);
  std::vector<float> y(x.size());
  ops::gelu(x, y);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double v = static_cast<double>(x[i]);
    EXPECT_NEAR(y[i], 0.5 * v * (1 + std::tanh(0.7978845608 * (v + 0.044715 * v * v * v))), 1e-6);
  }
}

template <class T>
void check_gemm(std::size_t m, std::size_t k, std::size_t n) {
  const auto a = numbers<T>(m * k, 1);
  const auto b = numbers<T>(k * n, 2);
  std::vector<T> c(m * n, T{7});
  ops::gemm(a, b, c, m, k, n);
  executor ex({.threads = 2});
  std::vector<T> d(m * n, T{8});
  ops::gemm_par(ex, a, b, d, m, k, n);
  EXPECT_EQ(c, d);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double wanted = 0;
      double magnitude = 0;
      for (std::size_t q = 0; q < k; ++q) {
        wanted += static_cast<double>(a[i * k + q]) * static_cast<double>(b[q * n + j]);
        magnitude += std::fabs(static_cast<double>(a[i * k + q]) * static_cast<double>(b[q * n + j]));
      }
      ASSERT_NEAR(
          static_cast<double>(c[i * n + j]), wanted,
          static_cast<double>(k) * static_cast<double>(std::numeric_limits<T>::epsilon()) * magnitude +
              1e-300);
    }
  }
}

TEST(ops, products_of_matrices_are_right_at_every_odd_size) {
  constexpr std::array<std::array<std::size_t, 3>, 6> shapes{
      {{1, 1, 1}, {3, 5, 7}, {17, 300, 33}, {101, 67, 130}, {240, 20, 3}, {2, 0, 3}}};
  for (const auto& [m, k, n] : shapes) {
    check_gemm<float>(m, k, n);
    check_gemm<double>(m, k, n);
  }
}

TEST(ops, the_generic_forms_take_any_callable) {
  executor ex({.threads = 2});
  const auto a = numbers<double>(20'000, 3);
  std::vector<double> out(a.size());
  ops::parallel_unary_op(ex, std::span<const double>(a), std::span(out), [](double x) { return x * 2; });
  EXPECT_EQ(out[12'345], a[12'345] * 2);
  ops::parallel_binary_op(ex, std::span<const double>(a), std::span<const double>(out), std::span(out),
                          [](double x, double y) { return y - x; });
  EXPECT_EQ(out, a);
  EXPECT_EQ(ops::parallel_reduce(ex, std::span<const double>(a), -1e9,
                                 [](double x, double y) { return std::max(x, y); }),
            *std::ranges::max_element(a));
}

TEST(whole_array, instructions_run_the_library_and_check_sizes_first) {
  executor ex({.threads = 2});
  buffer<float> x(ex, 6);
  buffer<float> y(ex, 6);
  for (std::size_t i = 0; i < 6; ++i) x[i] = static_cast<float>(i) - 2.0F;
  const std::vector<initial_register> r{{1, x.handle()}, {2, y.handle()}};
  ex.launch(program::parse_text("parallel.map.f32 r1, r2, relu, 6"), {.registers = r});
  EXPECT_EQ(y.to_vector(), (std::vector<float>{0, 0, 0, 1, 2, 3}));
  ex.launch(program::parse_text("parallel.reduce.f32 r1, r2, sum, 6"), {.registers = r});
  EXPECT_EQ(y[0], 3.0F);
  EXPECT_EQ(
      fault_of([&] { ex.launch(program::parse_text("parallel.map.f32 r1, r2, abs, 7"), {.registers = r}); }),
      "BufferOutOfBounds{offset 0, size 28, buffer_size 24} at block 0, lane 0, pc 0");
  EXPECT_EQ(fault_of([&] {
              ex.launch(program::parse_text("parallel.map.f32 r1, r2, abs, 6"),
                        {.launch = {.block = {2, 1, 1}}, .registers = r});
            }),
            "InvalidLaunchConfig: whole-array instructions need a launch of one lane");
  buffer<float> ones(ex, 3);
  buffer<float> zeros(ex, 3);
  ops::fill(ones, 1.0F);
  ex.launch(program::parse_text("layer.norm.f32 r1, r3, r4, r2, 2, 3, 0"),
            {.registers = {{1, x.handle()}, {2, y.handle()}, {3, ones.handle()}, {4, zeros.handle()}}});
  EXPECT_NEAR(y[0], -std::sqrt(1.5), 1e-6);
  EXPECT_NEAR(y[4], 0.0, 1e-6);
}

}  // namespace
}  // namespace twill::lanes
