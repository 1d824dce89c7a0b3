// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/ops/layers.hpp"

#include "ops/chunks.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace twill::lanes::ops {
namespace detail {
namespace {

struct moments {
  double mean;
  double scale;  // 1 / sqrt(variance + eps)
};

// Two passes in f64: the variance of what is left after the mean, biased.
moments moments_of(const float* x, std::size_t n, double eps) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]);
  const double mean = sum / static_cast<double>(n);
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double d = static_cast<double>(x[i]) - mean;
    squares += d * d;
  }
  return {mean, 1.0 / std::sqrt(squares / static_cast<double>(n) + eps)};
}

float normal(float x, const moments& m, float gamma, float beta) {
  return static_cast<float>(static_cast<double>(gamma) * ((static_cast<double>(x) - m.mean) * m.scale) +
                            static_cast<double>(beta));
}

void check(std::string_view name, std::initializer_list<std::pair<std::span<const float>, std::size_t>> in,
           std::span<float> y, std::size_t need) {
  std::array<wanted, 5> operands{};
  std::size_t n = 0;
  for (const auto& [what, elements] : in)
    operands.at(n++) = {{what.data(), what.size()}, elements, sizeof(float)};
  check_operands(name, std::span(operands).first(n), {{y.data(), y.size()}, need, sizeof(float)}, false);
}

}  // namespace

void layer_norm(executor* par, std::span<const float> x, std::span<const float> gamma,
                std::span<const float> beta, std::span<float> y, std::size_t positions, std::size_t hidden,
                double eps) {
  const std::size_t n = size_of("layer_norm", {positions, hidden});
  check("layer_norm", {{x, n}, {gamma, hidden}, {beta, hidden}}, y, n);
  for_rows(par, positions, hidden, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p) {
      const float* const from = x.data() + p * hidden;
      const moments m = moments_of(from, hidden, eps);
      for (std::size_t i = 0; i < hidden; ++i) y[p * hidden + i] = normal(from[i], m, gamma[i], beta[i]);
    }
  });
}

void group_norm(executor* par, std::span<const float> x, std::span<const float> gamma,
                std::span<const float> beta, std::span<float> y, const image_shape& shape, std::size_t groups,
                double eps) {
  const std::size_t channels = shape.channels;
  if (groups == 0 || channels % groups != 0) {
    throw fault({.code = errc::unsupported_operation,
                 .numbers = {static_cast<std::uint64_t>(type::f32)},
                 .name = "group_norm"});
  }
  const std::size_t pixels = size_of("group_norm", {shape.height, shape.width});
  const std::size_t n = size_of("group_norm", {shape.batch, channels, pixels});
  check("group_norm", {{x, n}, {gamma, channels}, {beta, channels}}, y, n);
  if (n == 0) return;
  const std::size_t per_group = channels / groups;
  for_rows(par, shape.batch * groups, per_group * pixels, [&](std::size_t first, std::size_t last) {
    for (std::size_t g = first; g < last; ++g) {
      const std::size_t begin = g * per_group * pixels;
      const moments m = moments_of(x.data() + begin, per_group * pixels, eps);
      for (std::size_t c = 0; c < per_group; ++c) {
        const std::size_t channel = g % groups * per_group + c;
        for (std::size_t i = 0; i < pixels; ++i) {
          const std::size_t at = begin + c * pixels + i;
          y[at] = normal(x[at], m, gamma[channel], beta[channel]);
        }
      }
    }
  });
}

void batch_norm(executor* par, std::span<const float> x, std::span<const float> scale,
                std::span<const float> bias, std::span<const float> mean, std::span<const float> variance,
                std::span<float> y, const image_shape& shape, double eps) {
  const std::size_t channels = shape.channels;
  const std::size_t pixels = size_of("batch_norm", {shape.height, shape.width});
  const std::size_t n = size_of("batch_norm", {shape.batch, channels, pixels});
  check("batch_norm", {{x, n}, {scale, channels}, {bias, channels}, {mean, channels}, {variance, channels}},
        y, n);
  if (n == 0) return;
  for_rows(par, shape.batch * channels, pixels, [&](std::size_t begin, std::size_t end) {
    for (std::size_t plane = begin; plane < end; ++plane) {
      const std::size_t c = plane % channels;
      const moments m{static_cast<double>(mean[c]), 1.0 / std::sqrt(static_cast<double>(variance[c]) + eps)};
      for (std::size_t i = plane * pixels; i < (plane + 1) * pixels; ++i)
        y[i] = normal(x[i], m, scale[c], bias[c]);
    }
  });
}

namespace {

// One pixel of the output: the filter's sum over the input pixels that it covers.
float convolved(const conv2d_shape& s, const float* image, const float* filter, double start, std::size_t i,
                std::size_t j) {
  double sum = start;
  for (std::size_t c = 0; c < s.in_channels / s.group; ++c) {
    const float* const from = image + c * s.height * s.width;
    const float* const w = filter + c * s.kernel_h * s.kernel_w;
    for (std::size_t p = 0; p < s.kernel_h; ++p) {
      const std::size_t row = i * s.stride_h + p * s.dilation_h;  // in the padded image
      if (row < s.pad_top || row - s.pad_top >= s.height) continue;
      for (std::size_t q = 0; q < s.kernel_w; ++q) {
        const std::size_t column = j * s.stride_w + q * s.dilation_w;
        if (column < s.pad_left || column - s.pad_left >= s.width) continue;
        sum += static_cast<double>(from[(row - s.pad_top) * s.width + column - s.pad_left]) *
               static_cast<double>(w[p * s.kernel_w + q]);
      }
    }
  }
  return static_cast<float>(sum);
}

}  // namespace

void conv2d(executor* par, std::span<const float> x, std::span<const float> weights,
            std::span<const float> bias, std::span<float> y, const conv2d_shape& s) {
  if (!s.valid()) throw fault(errc::invalid_argument, "conv2d: a shape that makes no sense");
  const std::size_t out_h = s.out_height();
  const std::size_t out_w = s.out_width();
  const std::size_t per_group_in = s.in_channels / s.group;
  const std::size_t per_group_out = s.out_channels / s.group;
  const std::size_t filter = size_of("conv2d", {per_group_in, s.kernel_h, s.kernel_w});
  const std::size_t image = size_of("conv2d", {s.height, s.width});
  const std::size_t pixels = size_of("conv2d", {out_h, out_w});
  const std::size_t n = size_of("conv2d", {s.batch, s.out_channels, pixels});
  check("conv2d",
        {{x, size_of("conv2d", {s.batch, s.in_channels, image})},
         {weights, size_of("conv2d", {s.out_channels, filter})},
         {bias, bias.empty() ? 0 : s.out_channels}},
        y, n);
  if (n == 0) return;
  for_rows(par, s.batch * s.out_channels, pixels, [&](std::size_t begin, std::size_t end) {
    for (std::size_t plane = begin; plane < end; ++plane) {
      const std::size_t o = plane % s.out_channels;
      const std::size_t first_in = plane / s.out_channels * s.in_channels + o / per_group_out * per_group_in;
      const double start = bias.empty() ? 0.0 : static_cast<double>(bias[o]);
      for (std::size_t i = 0; i < out_h; ++i) {
        for (std::size_t j = 0; j < out_w; ++j) {
          y[(plane * out_h + i) * out_w + j] =
              convolved(s, x.data() + first_in * image, weights.data() + o * filter, start, i, j);
        }
      }
    }
  });
}

void nearest_upsample2d(executor* par, std::span<const float> x, std::span<float> y, const image_shape& shape,
                        std::size_t scale) {
  const std::size_t planes = size_of("nearest_upsample2d", {shape.batch, shape.channels});
  const std::size_t n = size_of("nearest_upsample2d", {planes, shape.height, shape.width});
  const std::size_t all = size_of("nearest_upsample2d", {n, scale, scale});
  check("nearest_upsample2d", {{x, n}}, y, all);
  if (all == 0) return;
  const std::size_t height = shape.height;
  const std::size_t width = shape.width * scale;
  for_rows(par, planes * height, width * scale, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const float* const from = x.data() + row * shape.width;
      float* const to = y.data() + row * scale * width;
      for (std::size_t j = 0; j < width; ++j) to[j] = from[j / scale];
      for (std::size_t r = 1; r < scale; ++r) std::copy_n(to, width, to + r * width);
    }
  });
}

}  // namespace detail

bool conv2d_shape::valid() const noexcept {
  constexpr std::size_t most = std::size_t{1} << 31;  // sums and products of two stay far from overflow
  for (const std::size_t v :
       {batch, in_channels, height, width, out_channels, kernel_h, kernel_w, stride_h, stride_w, pad_top,
        pad_left, pad_bottom, pad_right, dilation_h, dilation_w, group}) {
    if (v > most) return false;
  }
  if (group == 0 || stride_h == 0 || stride_w == 0 || dilation_h == 0 || dilation_w == 0) return false;
  if (kernel_h == 0 || kernel_w == 0 || in_channels % group != 0 || out_channels % group != 0) return false;
  return height + pad_top + pad_bottom > dilation_h * (kernel_h - 1) &&
         width + pad_left + pad_right > dilation_w * (kernel_w - 1);
}
std::size_t conv2d_shape::out_height() const noexcept {
  return (height + pad_top + pad_bottom - dilation_h * (kernel_h - 1) - 1) / stride_h + 1;
}
std::size_t conv2d_shape::out_width() const noexcept {
  return (width + pad_left + pad_right - dilation_w * (kernel_w - 1) - 1) / stride_w + 1;
}

}  // namespace twill::lanes::ops
