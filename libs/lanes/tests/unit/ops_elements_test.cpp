// SPDX-License-Identifier: Apache-2.0
// Element-wise operations, arrays and reductions of every type against plain loops; serial and parallel.
#include "ops_reference.hpp"

#include <gtest/gtest.h>

namespace twill::lanes {
namespace {

namespace ref = reference;

template <class T>
class every_type : public testing::Test {
 protected:
  executor ex{executor_options{.threads = 2}};
};
using every_element = testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                                     std::uint16_t, std::uint32_t, std::uint64_t, float, double>;
TYPED_TEST_SUITE(every_type, every_element);

// serial(out), parallel(out) and a function of the index give the same elements.
template <class T, class S, class P, class W>
void agree(const char* name, std::size_t n, const S& serial, const P& parallel, const W& wanted) {
  std::vector<T> got(n);
  std::vector<T> chunked(n);
  std::vector<T> right(n);
  serial(got);
  parallel(chunked);
  for (std::size_t i = 0; i < n; ++i) right[i] = wanted(i);
  ASSERT_EQ(ref::first_difference(got, right), n) << name;
  ASSERT_TRUE(n == 0 || std::memcmp(got.data(), chunked.data(), n * sizeof(T)) == 0) << name << ' ' << n;
}

TYPED_TEST(every_type, of_two_arrays_element_by_element) {
  using T = TypeParam;
  for (const std::size_t n : ref::sizes) {
    const auto a = ref::awkward<T>(n, 1);
    const auto b = ref::awkward<T>(n, 2);
    const auto divisor = ref::ordinary<T>(n, 3);
    const auto check = [&](const char* name, const auto& op, const auto& par, const auto& right,
                           const std::vector<T>& second) {
      agree<T>(
          name, n, [&](auto& c) { op(a, second, c); }, [&](auto& c) { par(this->ex, a, second, c, n); },
          [&](std::size_t i) { return right(a[i], second[i]); });
    };
    check("add", ops::vector_add, ops::vector_add_par, ref::add<T>, b);
    check("sub", ops::vector_sub, ops::vector_sub_par, ref::sub<T>, b);
    check("mul", ops::vector_mul, ops::vector_mul_par, ref::mul<T>, b);
    check("div", ops::vector_div, ops::vector_div_par, ref::div<T>, divisor);
    check("min", ops::min, ops::min_par, ref::min<T>, b);
    check("max", ops::max, ops::max_par, ref::max<T>, b);
  }
}

TYPED_TEST(every_type, of_one_array_and_scalars) {
  using T = TypeParam;
  for (const std::size_t n : ref::sizes) {
    const auto a = ref::awkward<T>(n, 4);
    const auto b = ref::awkward<T>(n, 5);
    for (const T s : {T{3}, static_cast<T>(-1)}) {
      const auto check = [&](const char* name, const auto& op, const auto& par, const auto& right) {
        agree<T>(
            name, n, [&](auto& c) { op(a, c, s); }, [&](auto& c) { par(this->ex, a, c, s, n); },
            [&](std::size_t i) { return right(a[i], s); });
      };
      check("scalar_add", ops::scalar_add, ops::scalar_add_par, ref::add<T>);
      check("scalar_sub", ops::scalar_sub, ops::scalar_sub_par, ref::sub<T>);
      check("scalar_mul", ops::scalar_mul, ops::scalar_mul_par, ref::mul<T>);
      check("scalar_div", ops::scalar_div, ops::scalar_div_par, ref::div<T>);
      agree<T>(
          "saxpy", n, [&](auto& c) { ops::saxpy(s, a, b, c); },
          [&](auto& c) { ops::saxpy_par(this->ex, s, a, b, c, n); },
          [&](std::size_t i) { return ref::add(ref::mul(s, a[i]), b[i]); });
    }
    const T lo = T{1};
    const T hi = T{100};
    agree<T>(
        "clip", n, [&](auto& c) { ops::clip(a, c, lo, hi); },
        [&](auto& c) { ops::clip_par(this->ex, a, c, lo, hi, n); },
        [&](std::size_t i) { return ref::min(ref::max(a[i], lo), hi); });
    agree<T>(
        "relu", n, [&](auto& c) { ops::relu(a, c); }, [&](auto& c) { ops::relu_par(this->ex, a, c, n); },
        [&](std::size_t i) { return ref::max(a[i], T{0}); });
    if constexpr (std::is_signed_v<T>) {
      agree<T>(
          "neg", n, [&](auto& c) { ops::neg(a, c); }, [&](auto& c) { ops::neg_par(this->ex, a, c, n); },
          [&](std::size_t i) { return ref::real<T> ? static_cast<T>(-a[i]) : ref::sub(T{0}, a[i]); });
      agree<T>(
          "abs", n, [&](auto& c) { ops::abs(a, c); }, [&](auto& c) { ops::abs_par(this->ex, a, c, n); },
          [&](std::size_t i) {
            if constexpr (ref::real<T>) {
              return std::fabs(a[i]);
            } else {
              return a[i] < 0 ? ref::sub(T{0}, a[i]) : a[i];
            }
          });
    }
  }
}

TYPED_TEST(every_type, arrays_are_filled_counted_gathered_scattered_and_turned) {
  using T = TypeParam;
  for (const std::size_t n : ref::sizes) {
    const auto a = ref::awkward<T>(n, 6);
    agree<T>(
        "fill", n, [&](auto& c) { ops::fill(c, T{7}); }, [&](auto& c) { ops::fill_par(this->ex, c, T{7}); },
        [](std::size_t) { return T{7}; });
    agree<T>(
        "iota", n, [&](auto& c) { ops::iota(c, T{2}, T{3}); },
        [&](auto& c) { ops::iota_par(this->ex, c, T{2}, T{3}); },
        [](std::size_t i) { return ref::add(T{2}, ref::mul(static_cast<T>(i), T{3})); });
    agree<T>(
        "copy", n, [&](auto& c) { ops::copy(a, c); }, [&](auto& c) { ops::copy_par(this->ex, a, c); },
        [&](std::size_t i) { return a[i]; });
    std::vector<std::uint32_t> at(n);
    for (std::size_t i = 0; i < n; ++i) at[i] = static_cast<std::uint32_t>(i * 2654435761U % n);
    agree<T>(
        "gather", n, [&](auto& c) { ops::gather(a, at, c); },
        [&](auto& c) { ops::gather_par(this->ex, a, at, c); }, [&](std::size_t i) { return a[at[i]]; });
    std::vector<T> right(n);
    for (std::size_t i = 0; i < n; ++i) right[at[i]] = a[i];
    agree<T>(
        "scatter", n, [&](auto& c) { ops::scatter(a, at, c); },
        [&](auto& c) { ops::scatter_par(this->ex, a, at, c); }, [&](std::size_t i) { return right[i]; });
    const std::size_t rows = n % 7 == 0 && n != 0 ? 7 : 1;
    const std::size_t cols = n / rows;
    agree<T>(
        "transpose2d", n, [&](auto& c) { ops::transpose2d(a, c, rows, cols); },
        [&](auto& c) { ops::transpose2d_par(this->ex, a, c, rows, cols); },
        [&](std::size_t i) { return a[i % rows * cols + i / rows]; });
  }
  const auto a = ref::awkward<T>(130 * 170, 7);
  agree<T>(
      "transpose2d", a.size(), [&](auto& c) { ops::transpose2d(a, c, 130, 170); },
      [&](auto& c) { ops::transpose2d_par(this->ex, a, c, 130, 170); },
      [&](std::size_t i) { return a[i % 130 * 170 + i / 130]; });
}

TYPED_TEST(every_type, reductions_have_their_documented_shape) {
  using T = TypeParam;
  for (const std::size_t n : ref::sizes) {
    const auto a = ref::ordinary<T>(n, 8);
    const auto odd = ref::awkward<T>(n, 9);
    const auto check = [&](const char* name, const auto& op, const auto& par, const std::vector<T>& x,
                           T wanted) {
      const T got = op(x);
      ASSERT_TRUE(ref::same(got, wanted)) << name << ' ' << n << ": " << +got << ' ' << +wanted;
      const T chunked = par(this->ex, x, n);
      ASSERT_TRUE(ref::same(got, chunked)) << name << ' ' << n;
    };
    const T first = ref::real<T> ? std::numeric_limits<T>::quiet_NaN() : T{0};
    check("sum", ops::sum, ops::sum_par, a, ref::folded(a, T{0}, ref::add<T>));
    check("product", ops::product, ops::product_par, a, ref::folded(a, T{1}, ref::mul<T>));
    if (n != 0) {
      const T low = ref::folded(odd, ref::real<T> ? first : std::numeric_limits<T>::max(), ref::min<T>);
      const T high = ref::folded(odd, ref::real<T> ? first : std::numeric_limits<T>::min(), ref::max<T>);
      check("min_of", ops::min_of, ops::min_of_par, odd, low);
      check("max_of", ops::max_of, ops::max_of_par, odd, high);
      std::size_t least = 0;
      std::size_t greatest = 0;
      for (std::size_t i = 0; i < n; ++i) {
        if (odd[i] < odd[least] || (odd[least] != odd[least] && odd[i] == odd[i])) least = i;
        if (odd[i] > odd[greatest] || (odd[greatest] != odd[greatest] && odd[i] == odd[i])) greatest = i;
      }
      ASSERT_EQ(ops::argmin(odd), least) << n;
      ASSERT_EQ(ops::argmin_par(this->ex, odd, n), least) << n;
      ASSERT_EQ(ops::argmax(odd), greatest) << n;
      ASSERT_EQ(ops::argmax_par(this->ex, odd, n), greatest) << n;
    }
    std::vector<T> truth(n, T{0});
    ASSERT_FALSE(ops::any(truth));
    ASSERT_EQ(ops::all(truth), n == 0);
    if (n == 0) continue;
    truth[n - 1] = T{2};
    ASSERT_TRUE(ops::any(truth));
    ASSERT_TRUE(ops::any_par(this->ex, truth, n));
    ASSERT_EQ(ops::all_par(this->ex, truth, n), n == 1);
    ASSERT_TRUE(ops::all(a));
    ASSERT_TRUE(ops::all_par(this->ex, a, n));
  }
}

TEST(arrays, every_type_is_cast_to_every_other_as_the_machine_converts) {
  executor ex({.threads = 2});
  const std::vector<double> x{-300.7, -1.5, -0.0, 0.4, 1.5, 255.9, 70'000.0, 1e30, std::nan("")};
  std::vector<std::uint8_t> bytes(x.size());
  ops::cast(x, bytes);
  EXPECT_EQ(bytes, (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 255, 255, 255, 0}));
  std::vector<std::int16_t> shorts(x.size());
  ops::cast(x, shorts);
  EXPECT_EQ(shorts, (std::vector<std::int16_t>{-300, -1, 0, 0, 1, 255, 32'767, 32'767, 0}));
  const auto wide = ref::ordinary<std::int64_t>(20'000, 1);
  std::vector<std::int8_t> narrow(wide.size());
  std::vector<std::int8_t> chunked(wide.size());
  ops::cast(wide, narrow);
  ops::cast_par(ex, wide, chunked);
  EXPECT_EQ(narrow, chunked);
  for (std::size_t i = 0; i < wide.size(); ++i) ASSERT_EQ(narrow[i], static_cast<std::int8_t>(wide[i]));
  // Neighbours in memory do not overlap, whatever the widths.
  alignas(64) std::array<std::byte, 64> memory{};
  const std::span<std::uint8_t> low(reinterpret_cast<std::uint8_t*>(memory.data()), 8);
  const std::span<double> high(reinterpret_cast<double*>(memory.data() + 8), 7);
  low[6] = 200;
  ops::cast(low, high.first(7));
  EXPECT_EQ(high[6], 200.0);
}

TEST(arrays, indices_outside_are_refused_before_anything_is_written) {
  const std::vector<float> a(4, 1.0F);
  std::vector<float> c(3, 5.0F);
  const std::vector<std::uint32_t> at{0, 4, 9};
  EXPECT_EQ(ref::fault_of([&] { ops::gather(a, at, c); }),
            "BufferOutOfBounds{offset 16, size 4, buffer_size 16}");
  EXPECT_EQ(ref::fault_of([&] { ops::scatter(c, at, c); }),
            "InvalidArgument: scatter: operand 0 and the output overlap");
  EXPECT_EQ(ref::fault_of([&] { ops::copy(a, c); }), "InvalidArgument: copy: the lengths differ");
  EXPECT_EQ(c, std::vector<float>(3, 5.0F));
  const std::vector<std::uint32_t> twice{1, 1, 1};
  ops::scatter(std::vector<float>{6, 7, 8}, twice, c);
  EXPECT_EQ(c, (std::vector<float>{5, 8, 5}));
}

TEST(reductions, carried_and_exact_sums_keep_what_plain_ones_lose) {
  executor ex({.threads = 2});
  std::vector<double> x{1.0, 1e100, 1.0, -1e100};
  EXPECT_EQ(ops::sum_kahan(x), 2.0);
  EXPECT_EQ(ops::sum_exact(x), 2.0);
  std::vector<float> many(50'000, 0.1F);
  const float exact = static_cast<float>(static_cast<double>(0.1F) * 50'000);
  EXPECT_EQ(ops::sum_exact(many), exact);
  EXPECT_EQ(ops::sum_exact_par(ex, many, many.size()), exact);
  EXPECT_EQ(ops::sum_kahan(many), exact);
  EXPECT_EQ(ops::sum_kahan_par(ex, many, many.size()), exact);
  many[7] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(ops::sum_kahan(many), std::numeric_limits<float>::infinity());
}

TEST(reductions, results_are_also_written_to_the_first_element_of_an_output) {
  executor ex({.threads = 2});
  buffer<float> x(ex, 4);
  buffer<float> out(ex, 1);
  x.copy_from_slice(std::array{3.0F, 4.0F, 0.0F, 0.0F});
  EXPECT_EQ(ops::sum(ex, x, out, 4), 7.0F);
  EXPECT_EQ(out[0], 7.0F);
  EXPECT_EQ(ops::norm2_par(ex, x, out, 4), 5.0F);
  EXPECT_EQ(out[0], 5.0F);
  EXPECT_EQ(ops::dot(ex, x, x, out, 4), 25.0F);
  EXPECT_EQ(out[0], 25.0F);
  EXPECT_EQ(ops::mean_par(ex, x, 2), 3.5F);
  EXPECT_EQ(ops::mean(ex, x, out, 4), 1.75F);
  EXPECT_EQ(out[0], 1.75F);
  std::vector<std::uint64_t> index(1);
  EXPECT_EQ(ops::argmax(ex, x, index, 4), 1U);
  EXPECT_EQ(index[0], 1U);
  EXPECT_EQ(ref::fault_of([&] { ops::sum(ex, x, std::span<float>(), 4); }),
            "BufferTooSmall{sum, index 1, len 0, need 1}");
  EXPECT_EQ(ref::fault_of([&] { static_cast<void>(ops::sum(ex, x, 5)); }),
            "BufferTooSmall{sum, index 0, len 4, need 5}");
}

TEST(reductions, losses_and_softmax_have_the_same_bits_in_parallel) {
  executor ex({.threads = 2});
  for (const std::size_t n : ref::sizes) {
    if (n == 0) continue;
    std::vector<float> p(n);
    std::vector<float> t(n);
    for (std::size_t i = 0; i < n; ++i) {
      p[i] = static_cast<float>(i % 97 + 1) / 98.0F;
      t[i] = static_cast<float>(i % 5) / 4.0F;
    }
    EXPECT_TRUE(ref::same(ops::mse(p, t), ops::mse_par(ex, p, t, n))) << n;
    EXPECT_TRUE(ref::same(ops::cross_entropy(p, t), ops::cross_entropy_par(ex, p, t, n))) << n;
    EXPECT_TRUE(ref::same(ops::binary_cross_entropy(p, t), ops::binary_cross_entropy_par(ex, p, t, n))) << n;
    double wanted = 0;
    for (std::size_t i = 0; i < n; ++i)
      wanted -= static_cast<double>(t[i]) * std::log(static_cast<double>(p[i])) / static_cast<double>(n);
    EXPECT_NEAR(static_cast<double>(ops::cross_entropy(p, t)), wanted, 1e-5);
    std::vector<float> y(n);
    std::vector<float> z(n);
    ops::softmax(p, y);
    ops::softmax_par(ex, p, z, n);
    EXPECT_EQ(y, z) << n;
  }
  const auto rows = ref::ordinary<double>(300 * 50, 3);
  std::vector<double> y(rows.size());
  std::vector<double> z(rows.size());
  ops::softmax(rows, y, 300, 50);
  ops::softmax_par(ex, rows, z, 300, 50);
  EXPECT_EQ(y, z);
  for (std::size_t r = 0; r < 300; ++r) {
    double total = 0;
    for (std::size_t i = 0; i < 50; ++i) total += y[r * 50 + i];
    ASSERT_NEAR(total, 1.0, 1e-14);
  }
}

template <class T>
void check_real_maps(executor& ex) {
  const std::size_t n = 10'001;
  auto x = ref::awkward<T>(n, 11);
  const auto y = ref::ordinary<T>(n, 12);
  const auto same_bits = [&](const char* name, const auto& op, const auto& par) {
    std::vector<T> got(n);
    std::vector<T> chunked(n);
    op(x, got);
    par(ex, x, chunked, n);
    EXPECT_EQ(std::memcmp(got.data(), chunked.data(), n * sizeof(T)), 0) << name;
  };
  same_bits("sqrt", ops::sqrt, ops::sqrt_par);
  same_bits("rsqrt", ops::rsqrt, ops::rsqrt_par);
  same_bits("exp", ops::exp, ops::exp_par);
  same_bits("log", ops::log, ops::log_par);
  same_bits("log2", ops::log2, ops::log2_par);
  same_bits("log10", ops::log10, ops::log10_par);
  same_bits("sin", ops::sin, ops::sin_par);
  same_bits("cos", ops::cos, ops::cos_par);
  same_bits("tan", ops::tan, ops::tan_par);
  same_bits("tanh", ops::tanh, ops::tanh_par);
  same_bits("sigmoid", ops::sigmoid, ops::sigmoid_par);
  same_bits("erf", ops::erf, ops::erf_par);
  same_bits("reciprocal", ops::reciprocal, ops::reciprocal_par);
  same_bits("ceil", ops::ceil, ops::ceil_par);
  same_bits("floor", ops::floor, ops::floor_par);
  same_bits("round", ops::round, ops::round_par);
  same_bits("gelu", ops::gelu, ops::gelu_par);
  same_bits("gelu_erf", ops::gelu_erf, ops::gelu_erf_par);
  agree<T>(
      "round", n, [&](auto& c) { ops::round(x, c); }, [&](auto& c) { ops::round_par(ex, x, c, n); },
      [&](std::size_t i) { return std::round(x[i]); });
  agree<T>(
      "fma", n, [&](auto& c) { ops::fma(x, y, y, c); }, [&](auto& c) { ops::fma_par(ex, x, y, y, c, n); },
      [&](std::size_t i) { return std::fma(x[i], y[i], y[i]); });
  std::vector<T> got(n);
  std::vector<T> chunked(n);
  ops::pow(y, y, got);
  ops::pow_par(ex, y, y, chunked, n);
  EXPECT_EQ(ref::first_difference(got, chunked), n);
  ops::atan2(x, y, got);
  ops::atan2_par(ex, x, y, chunked, n);
  EXPECT_EQ(ref::first_difference(got, chunked), n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto right = std::atan2(static_cast<long double>(x[i]), static_cast<long double>(y[i]));
    ASSERT_LE(ref::ulps(got[i], right), 4) << x[i] << ' ' << y[i];
  }
  ops::gelu_erf(y, got);
  for (std::size_t i = 0; i < n; ++i) {
    const double v = static_cast<double>(y[i]);
    ASSERT_NEAR(static_cast<double>(got[i]), 0.5 * v * (1 + std::erf(v / std::sqrt(2.0))), 1e-6);
  }
}

TEST(real_maps, functions_have_the_same_bits_in_parallel) {
  executor ex({.threads = 2});
  check_real_maps<float>(ex);
  check_real_maps<double>(ex);
}

TEST(generic_forms, chunk_callables_see_every_element_once_in_the_documented_chunks) {
  executor ex({.threads = 2});
  const auto a = ref::ordinary<double>(30'721, 1);
  std::vector<double> out(a.size());
  std::vector<int> begins(ops::chunk_count(a.size()), 0);
  ops::parallel_unary_op(ex, std::span<const double>(a), std::span(out),
                         [&](std::span<const double> x, std::span<double> y) {
                           begins[static_cast<std::size_t>(x.data() - a.data()) / 3072] +=
                               x.size() == y.size() ? static_cast<int>(x.size()) : 0;
                           for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] + 1;
                         });
  EXPECT_EQ(begins.front(), 3072);
  EXPECT_EQ(begins.back(), 1);
  EXPECT_EQ(out[30'720], a[30'720] + 1);
  ops::parallel_binary_op(ex, std::span<const double>(a), std::span<const double>(out), std::span(out),
                          [](std::span<const double> x, std::span<const double> y, std::span<double> z) {
                            for (std::size_t i = 0; i < z.size(); ++i) z[i] = y[i] - x[i];
                          });
  EXPECT_NEAR(*std::ranges::min_element(out), 1.0, 1e-15);
  const auto longest = ops::parallel_reduce(
      ex, std::span<const double>(a), std::size_t{0},
      [](std::span<const double> chunk) { return chunk.size(); },
      [](std::size_t x, std::size_t y) { return std::max(x, y); });
  EXPECT_EQ(longest, 3072U);
  EXPECT_EQ(ref::fault_of([&] {
              ops::parallel_unary_op(ex, std::span<const double>(a).first(5), std::span(out),
                                     [](double x) { return x; });
            }),
            "BufferTooSmall{parallel_unary_op, index 0, len 5, need 30721}");
}

TEST(generic_forms, every_parallel_operation_runs_the_chunks_of_its_length) {
  executor ex({.threads = 2});
  const std::size_t n = 50'000;
  std::vector<float> a(n, 0.5F);
  std::vector<float> c(n);
  std::vector<std::uint32_t> at(n, 3);
  std::uint64_t before = 0;
  const auto chunks = [&](const auto& f) {
    f();
    std::uint64_t all = 0;
    for (const worker_activity& w : ex.activity()) all += w.chunks;
    return all - std::exchange(before, all);
  };
  EXPECT_EQ(chunks([&] { ops::vector_add_par(ex, a, a, c, n); }), 17U);
  EXPECT_EQ(chunks([&] { ops::fma_par(ex, a, a, a, c, n); }), 17U);
  EXPECT_EQ(chunks([&] { ops::gelu_par(ex, a, c, n); }), 17U);
  EXPECT_EQ(chunks([&] { ops::scalar_mul_par(ex, a, c, 2.0F, n); }), 17U);
  EXPECT_EQ(chunks([&] { ops::saxpy_par(ex, 2.0F, a, a, c, n); }), 17U);
  EXPECT_EQ(chunks([&] { ops::clip_par(ex, a, c, 0.0F, 1.0F, n); }), 17U);
  EXPECT_EQ(chunks([&] { static_cast<void>(ops::sum_par(ex, a, n)); }), 17U);
  EXPECT_EQ(chunks([&] { static_cast<void>(ops::argmin_par(ex, a, n)); }), 17U);
  EXPECT_EQ(chunks([&] { static_cast<void>(ops::mse_par(ex, a, c, n)); }), 17U);
  EXPECT_EQ(chunks([&] { ops::cast_par(ex, a, c); }), 17U);
  EXPECT_EQ(chunks([&] { ops::fill_par(ex, c, 1.0F); }), 17U);
  EXPECT_EQ(chunks([&] { ops::gather_par(ex, a, at, c); }), 34U);  // indices are checked first
  EXPECT_EQ(chunks([&] { ops::softmax_par(ex, a, c, n); }), 51U);  // maximum, exponentials, division
  EXPECT_EQ(chunks([&] { ops::vector_add_par(ex, a, a, c, 9'999); }), 0U);
}

}  // namespace
}  // namespace twill::lanes
