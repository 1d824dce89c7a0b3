// SPDX-License-Identifier: Apache-2.0
// Products of matrices, layers, broadcasting and exchange of tensors against plain loops.
#include "ops_reference.hpp"
#include "twill/lanes/dlpack.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace twill::lanes {
namespace {

namespace ref = reference;

// op(A) op(B) with alpha, beta and rows that are longer than they need be.
template <class T>
void check_options(executor& ex, std::size_t m, std::size_t k, std::size_t n, const ops::gemm_options<T>& o) {
  const auto a = ref::ordinary<T>((o.transpose_a ? k : m) * o.lda, 1);
  const auto b = ref::ordinary<T>((o.transpose_b ? n : k) * o.ldb, 2);
  const auto before = ref::ordinary<T>(m * o.ldc, 3);
  auto c = before;
  auto d = before;
  ops::gemm(a, b, c, m, k, n, o);
  ops::gemm_par(ex, a, b, d, m, k, n, o);
  ASSERT_EQ(c, d);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < o.ldc; ++j) {
      const T was = before[i * o.ldc + j];
      const T got = c[i * o.ldc + j];
      if (j >= n) {
        ASSERT_EQ(got, was) << "beyond the row";
        continue;
      }
      ref::wide<T> wanted = 0;
      double magnitude = std::fabs(static_cast<double>(was));
      for (std::size_t q = 0; q < k; ++q) {
        const T x = a[o.transpose_a ? q * o.lda + i : i * o.lda + q];
        const T y = b[o.transpose_b ? j * o.ldb + q : q * o.ldb + j];
        wanted += static_cast<ref::wide<T>>(x) * static_cast<ref::wide<T>>(y);
        magnitude += std::fabs(static_cast<double>(x) * static_cast<double>(y));
      }
      const T right = ref::add(ref::mul(o.alpha, static_cast<T>(wanted)), ref::mul(o.beta, was));
      if constexpr (ref::real<T>) {
        const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
        ASSERT_NEAR(static_cast<double>(got), static_cast<double>(right),
                    static_cast<double>(k + 4) * 4 * eps * magnitude);
      } else {
        ASSERT_EQ(got, right);
      }
    }
  }
}

TEST(gemm, takes_transposes_factors_and_leading_dimensions) {
  executor ex({.threads = 2});
  for (const auto& [m, k, n] : {std::array<std::size_t, 3>{5, 7, 3}, {120, 33, 50}, {17, 300, 65}}) {
    for (const bool ta : {false, true}) {
      for (const bool tb : {false, true}) {
        const std::size_t lda = (ta ? m : k) + 2;
        const std::size_t ldb = (tb ? k : n) + 1;
        check_options<float>(ex, m, k, n, {2.0F, -0.5F, ta, tb, lda, ldb, n + 3});
        check_options<double>(ex, m, k, n, {1.0, 0.0, ta, tb, lda, ldb, n});
        check_options<std::int32_t>(ex, m, k, n, {3, 2, ta, tb, lda, ldb, n + 1});
      }
    }
  }
}

TEST(gemm, edges_and_mistakes) {
  std::vector<float> c(6, std::nanf(""));
  ops::gemm(std::vector<float>{}, std::vector<float>{}, c, 2, 0, 3);
  EXPECT_EQ(c, std::vector<float>(6, 0.0F));
  const std::vector<float> a(6, 1.0F);
  ops::gemm(a, a, c, 2, 3, 2, {.alpha = 0.0F, .beta = 0.0F});
  EXPECT_EQ(c[0], 0.0F);
  EXPECT_EQ(ref::fault_of([&] { ops::gemm(a, a, c, 2, 3, 3, {.lda = 2}); }),
            "InvalidArgument: gemm: the leading dimension of A is below the length of a row");
  EXPECT_EQ(ref::fault_of([&] { ops::gemm(a, c, c, 2, 3, 2); }),
            "InvalidArgument: gemm: operand 1 and the output overlap");
  EXPECT_EQ(ref::fault_of([&] { ops::gemm(a, a, c, 2, 3, 4); }),
            "BufferTooSmall{gemm, index 1, len 6, need 12}");
  std::vector<std::int32_t> big(1);
  ops::gemm(std::vector<std::int32_t>{1 << 30, 1 << 30}, std::vector<std::int32_t>{2, 2}, big, 1, 2, 1);
  EXPECT_EQ(big[0], 0) << "i32 wraps";
}

TEST(matvec, each_element_is_a_dot_of_a_row) {
  executor ex({.threads = 2});
  for (const auto& [m, n] : {std::array<std::size_t, 2>{1, 1}, {3, 4001}, {257, 129}, {2, 20'001}, {4, 0}}) {
    const auto a = ref::ordinary<float>(m * n, 1);
    const auto x = ref::ordinary<float>(n, 2);
    std::vector<float> y(m, 9.0F);
    std::vector<float> z(m, 9.0F);
    ops::matvec(a, x, y, m, n);
    ops::matvec_par(ex, a, x, z, m, n);
    EXPECT_EQ(y, z);
    for (std::size_t i = 0; i < m; ++i) ASSERT_EQ(y[i], ops::dot(std::span(a).subspan(i * n, n), x)) << i;
  }
}

TEST(layers, normalisations_follow_their_formulas) {
  executor ex({.threads = 2});
  const std::size_t n = 200 * 60;
  const auto x = ref::ordinary<float>(n, 1);
  const auto gamma = ref::ordinary<float>(200, 2);
  const auto beta = ref::ordinary<float>(200, 3);
  std::vector<float> variance(200, 2.0F);
  std::vector<float> y(n);
  std::vector<float> z(n);
  const auto check = [&](std::size_t begin, std::size_t size, std::size_t i, std::size_t channel) {
    double mean = 0;
    double squares = 0;
    for (std::size_t k = 0; k < size; ++k) mean += static_cast<double>(x[begin + k]);
    mean /= static_cast<double>(size);
    for (std::size_t k = 0; k < size; ++k) squares += std::pow(static_cast<double>(x[begin + k]) - mean, 2);
    const double wanted = static_cast<double>(gamma[channel]) * (static_cast<double>(x[i]) - mean) /
                              std::sqrt(squares / static_cast<double>(size) + 1e-5) +
                          static_cast<double>(beta[channel]);
    ASSERT_NEAR(static_cast<double>(y[i]), wanted, 1e-5);
  };
  ops::layer_norm(x, gamma, beta, y, 60, 200, 1e-5);
  ops::layer_norm_par(ex, x, gamma, beta, z, 60, 200, 1e-5);
  EXPECT_EQ(y, z);
  for (const std::size_t i : {std::size_t{0}, std::size_t{199}, std::size_t{7'777}})
    check(i / 200 * 200, 200, i, i % 200);
  const ops::image_shape images{2, 200, 5, 6};
  ops::group_norm(x, gamma, beta, y, images, 4, 1e-5);
  ops::group_norm_par(ex, x, gamma, beta, z, images, 4, 1e-5);
  EXPECT_EQ(y, z);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1'500}, std::size_t{11'999}})
    check(i / 1500 * 1500, 1500, i, i / 30 % 200);
  ops::batch_norm(x, gamma, beta, gamma, variance, y, images, 0.25);
  ops::batch_norm_par(ex, x, gamma, beta, gamma, variance, z, images, 0.25);
  EXPECT_EQ(y, z);
  EXPECT_NEAR(y[7'000], gamma[33] * (x[7'000] - gamma[33]) / 1.5F + beta[33], 1e-5);
  EXPECT_EQ(ref::fault_of([&] { ops::group_norm(x, gamma, beta, y, images, 3, 0.0); }),
            "UnsupportedOperation{group_norm, type f32}");
  EXPECT_EQ(ref::fault_of([&] { ops::layer_norm(x, gamma, beta, y, 61, 200, 0.0); }),
            "BufferTooSmall{layer_norm, index 0, len 12000, need 12200}");
  EXPECT_EQ(ref::fault_of([&] { ops::layer_norm(y, gamma, beta, y, 60, 200, 0.0); }),
            "InvalidArgument: layer_norm: operand 0 and the output overlap");
}

TEST(layers, convolutions_slide_their_filters) {
  executor ex({.threads = 2});
  const ops::conv2d_shape s{.batch = 2,
                            .in_channels = 4,
                            .height = 9,
                            .width = 8,
                            .out_channels = 6,
                            .kernel_h = 3,
                            .kernel_w = 2,
                            .stride_h = 2,
                            .stride_w = 1,
                            .pad_top = 1,
                            .pad_left = 2,
                            .pad_bottom = 0,
                            .pad_right = 1,
                            .dilation_h = 1,
                            .dilation_w = 2,
                            .group = 2};
  ASSERT_EQ(s.out_height(), 4U);
  ASSERT_EQ(s.out_width(), 9U);
  const auto x = ref::ordinary<float>(2 * 4 * 9 * 8, 1);
  const auto w = ref::ordinary<float>(std::size_t{6} * 2 * 3 * 2, 2);
  const auto bias = ref::ordinary<float>(6, 3);
  std::vector<float> y(std::size_t{2} * 6 * 4 * 9);
  std::vector<float> z(y.size());
  ops::conv2d(x, w, bias, y, s);
  ops::conv2d_par(ex, x, w, bias, z, s);
  EXPECT_EQ(y, z);
  const auto pixel = [&](int image, int channel, int row, int column) {
    if (row < 0 || row >= 9 || column < 0 || column >= 8) return 0.0;
    return static_cast<double>(x[static_cast<std::size_t>(((image * 4 + channel) * 9 + row) * 8 + column)]);
  };
  std::size_t at = 0;
  for (int image = 0; image < 2; ++image) {
    for (int o = 0; o < 6; ++o) {
      for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 9; ++j, ++at) {
          double sum = static_cast<double>(bias[static_cast<std::size_t>(o)]);
          for (int c = 0; c < 2; ++c) {
            for (int p = 0; p < 3; ++p) {
              for (int q = 0; q < 2; ++q) {
                sum += pixel(image, o / 3 * 2 + c, i * 2 + p - 1, j + q * 2 - 2) *
                       static_cast<double>(w[static_cast<std::size_t>(((o * 2 + c) * 3 + p) * 2 + q)]);
              }
            }
          }
          ASSERT_NEAR(static_cast<double>(y[at]), sum, 1e-5);
        }
      }
    }
  }
  auto wrong = s;
  wrong.group = 5;
  EXPECT_EQ(ref::fault_of([&] { ops::conv2d(x, w, bias, y, wrong); }),
            "InvalidArgument: conv2d: a shape that makes no sense");
  ops::conv2d(x, w, {}, z, s);
  EXPECT_NEAR(y[0] - z[0], bias[0], 1e-5);
}

TEST(layers, pixels_are_repeated_in_both_directions) {
  executor ex({.threads = 2});
  const std::vector<float> x{1, 2, 3, 4, 5, 6};
  std::vector<float> y(24);
  ops::nearest_upsample2d(x, y, {1, 1, 2, 3}, 2);
  EXPECT_EQ(y, (std::vector<float>{1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6}));
  const auto big = ref::ordinary<float>(64 * 64, 1);
  std::vector<float> p(big.size() * 9);
  std::vector<float> q(p.size());
  ops::nearest_upsample2d(big, p, {2, 2, 32, 32}, 3);
  ops::nearest_upsample2d_par(ex, big, q, {2, 2, 32, 32}, 3);
  EXPECT_EQ(p, q);
}

// A shape of up to four dimensions, and the same with some dimensions 1 or, in front, missing.
struct shapes {
  tensor_shape whole;
  tensor_shape a;
  tensor_shape b;
};
shapes drawn(std::mt19937& random) {
  const auto below = [&](std::size_t n) { return random() % n; };
  shapes out;
  for (int d = 0; d < 4; ++d) out.whole.push_back(1 + below(5));
  for (tensor_shape* s : {&out.a, &out.b}) {
    *s = out.whole;
    for (std::size_t& d : *s) {
      if (below(3) == 0) d = 1;
    }
    s->erase(s->begin(), s->begin() + static_cast<std::ptrdiff_t>(below(5)));
  }
  return out;
}

TEST(broadcast_ops, random_shapes_agree_with_walking_over_all_places) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const shapes s = drawn(random);
    const tensor_shape to = broadcast_shapes(s.a, s.b);
    const auto a = ref::ordinary<std::int32_t>(numel_of(s.a), 1);
    const auto b = ref::ordinary<std::int32_t>(numel_of(s.b), 2);
    const auto x = tensor<const std::int32_t>::from_buffer(a, s.a).broadcast_to(to);
    const auto y = tensor<const std::int32_t>::from_buffer(b, s.b).broadcast_to(to);
    std::vector<std::int32_t> wanted;
    for (std::size_t i = 0; i < numel_of(to); ++i) {
      tensor_shape place(to.size());
      std::size_t rest = i;
      for (std::size_t d = to.size(); d-- > 0; rest /= to[d]) place[d] = rest % to[d];
      wanted.push_back(ref::sub(x.at(place), y.at(place)));
    }
    std::vector<std::int32_t> got(wanted.size());
    ops::broadcast_sub(a, s.a, b, s.b, got, to);
    ASSERT_EQ(got, wanted) << round;
    const auto owned = broadcast(x, y, [](std::int32_t p, std::int32_t q) { return ref::sub(p, q); });
    ASSERT_TRUE(std::ranges::equal(owned.view_1d(), wanted)) << round;
  }
}

TEST(broadcast_ops, chunks_give_the_same_bits_and_mistakes_are_refused) {
  executor ex({.threads = 2});
  const auto image = ref::ordinary<float>(3 * 7 * 40 * 40, 1);
  const auto bias = ref::ordinary<float>(7, 2);
  std::vector<float> c(image.size());
  std::vector<float> d(image.size());
  ops::broadcast_add_nchw(image, bias, c, 3, 7, 40, 40);
  ops::broadcast_add_nchw_par(ex, image, bias, d, 3, 7, 40, 40);
  EXPECT_EQ(c, d);
  EXPECT_EQ(c[20'000], image[20'000] + bias[20'000 / 1600 % 7]);
  ops::broadcast_div(bias, tensor_shape{7, 1, 1}, image, tensor_shape{3, 7, 40, 40}, c);
  ops::broadcast_div_par(ex, bias, tensor_shape{7, 1, 1}, image, tensor_shape{3, 7, 40, 40}, d);
  EXPECT_EQ(c, d);
  EXPECT_EQ(c[5], bias[0] / image[5]);
  const std::vector<int> p{6, 8};
  const std::vector<int> q{2, 0, 4};
  std::vector<int> r(6);
  EXPECT_EQ(ref::fault_of([&] { ops::broadcast_div(p, tensor_shape{2, 1}, q, tensor_shape{3}, r); }),
            "DivisionByZero{index 1}");
  EXPECT_EQ(ref::fault_of([&] {
              ops::broadcast_add(p, tensor_shape{2, 1}, q, tensor_shape{3}, r, tensor_shape{3, 2});
            }),
            "InvalidArgument: broadcast_add: the output has not the common shape of the operands");
  EXPECT_EQ(ref::fault_of([&] { ops::broadcast_mul(p, tensor_shape{2, 1}, q, tensor_shape{4}, r); }),
            "BufferTooSmall{broadcast_mul, index 1, len 3, need 4}");
  EXPECT_EQ(ref::fault_of([&] {
              ops::broadcast_mul(std::span(r).first(2), tensor_shape{2, 1}, q, tensor_shape{3}, r);
            }),
            "InvalidArgument: broadcast_mul: operand 0 and the output overlap");
}

TEST(dlpack, a_tensor_goes_out_and_comes_back_without_a_copy) {
  std::weak_ptr<void> watched;
  dl_managed_tensor* out = nullptr;
  {
    auto values = std::make_shared<std::vector<float>>(12);
    std::iota(values->begin(), values->end(), 0.0F);
    watched = values;
    const std::span<float> all(*values);
    const auto t = tensor<float>::from_buffer(all, {3, 4}).with_owner(std::move(values));
    out = to_dlpack(t.transpose());
  }
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(out->view.ndim, 2);
  EXPECT_EQ(out->view.dtype.code, 2);
  EXPECT_EQ(out->view.dtype.bits, 32);
  EXPECT_EQ(out->view.shape[0], 4);
  EXPECT_EQ(out->view.strides[1], 4);
  EXPECT_EQ(ref::fault_of([&] { static_cast<void>(from_dlpack<double>(out)); }),
            "InvalidArgument: elements of another type");
  {
    const auto back = from_dlpack<float>(out).select(0, 1);
    EXPECT_EQ(back.at(std::array<std::size_t, 1>{2}), 9.0F);
    back.at(std::array<std::size_t, 1>{2}) = 50.0F;
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
}

TEST(dlpack, what_is_no_array_of_this_machine_is_refused) {
  std::array<std::int32_t, 4> data{1, 2, 3, 4};
  std::array<std::int64_t, 2> shape{2, 2};
  std::array<std::int64_t, 2> strides{-2, 1};
  static int deleted = 0;
  dl_managed_tensor_versioned m;
  m.view = {.data = data.data(), .ndim = 2, .dtype = {0, 32, 1}, .shape = shape.data()};
  m.deleter = [](dl_managed_tensor_versioned*) { ++deleted; };
  const auto refused = [&] {
    return ref::fault_of([&] { static_cast<void>(from_dlpack<std::int32_t>(&m)); });
  };
  m.view.strides = strides.data();
  EXPECT_EQ(refused(), "InvalidArgument: negative strides");
  m.view.strides = nullptr;
  m.view.device.kind = 2;
  EXPECT_EQ(refused(), "InvalidArgument: elements that are not in the processor's memory");
  m.view.device.kind = 1;
  m.view.byte_offset = 2;
  EXPECT_EQ(refused(), "InvalidArgument: elements that are not aligned");
  m.view.byte_offset = 0;
  m.flags = 1;
  EXPECT_EQ(refused(), "InvalidArgument: elements that are read only");
  EXPECT_EQ(from_dlpack<const std::int32_t>(&m).at(std::array<std::size_t, 2>{1, 0}), 3);
  EXPECT_EQ(deleted, 1);
  m.flags = 0;
  m.major = 2;
  EXPECT_EQ(refused(), "InvalidArgument: DLPack of version 2, not 1");
  m.major = 1;
  shape[0] = -1;
  EXPECT_EQ(refused(), "InvalidArgument: a negative extent");
  m.view.data = nullptr;
  shape[0] = 2;
  EXPECT_EQ(refused(), "InvalidArgument: a tensor without elements");
  shape[0] = 0;
  EXPECT_EQ(from_dlpack<std::int32_t>(&m).numel(), 0U);
  EXPECT_EQ(deleted, 2);
}

TEST(tensor_views, strides_of_one_element_and_reaches_beyond_memory) {
  std::vector<int> x(6);
  const auto t = tensor<int>::from_buffer_with_strides(x, {1, 6}, {100, 1});
  EXPECT_TRUE(t.is_contiguous());
  EXPECT_EQ(t.view_1d().size(), 6U);
  EXPECT_EQ(ref::fault_of([&] {
              static_cast<void>(tensor<int>::from_buffer_with_strides(x, {3, 2}, {~std::size_t{0} / 2, 1}));
            }),
            "InvalidArgument: strides that reach beyond 2^56 elements");
  EXPECT_EQ(ref::fault_of([&] { static_cast<void>(t.broadcast_to({2, 5})); }),
            "InvalidArgument: shapes that do not go together: 6 and 5");
  EXPECT_EQ(t.broadcast_to({4, 6}).at(std::array<std::size_t, 2>{3, 5}), 0);
}

}  // namespace
}  // namespace twill::lanes
