// SPDX-License-Identifier: Apache-2.0
#include "ops/layers.hpp"

#include <cmath>
#include <functional>

namespace twill::lanes::ops::detail {
namespace {

void for_each(executor* par, std::size_t n, const std::function<void(std::size_t)>& body) {
  if (par != nullptr && n > 1) {
    par->for_each_chunk(n, body);
  } else {
    for (std::size_t i = 0; i < n; ++i) body(i);
  }
}

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

}  // namespace

void layer_norm(executor* par, const float* x, const float* gamma, const float* beta, float* y,
                std::size_t positions, std::size_t hidden, double eps) {
  for_each(par, positions, [=](std::size_t p) {
    const float* const from = x + p * hidden;
    const moments m = moments_of(from, hidden, eps);
    for (std::size_t i = 0; i < hidden; ++i) y[p * hidden + i] = normal(from[i], m, gamma[i], beta[i]);
  });
}

void group_norm(executor* par, const float* x, const float* gamma, const float* beta, float* y,
                std::size_t batch, std::size_t channels, std::size_t pixels, std::size_t groups, double eps) {
  const std::size_t per_group = channels / groups;
  for_each(par, batch * groups, [=](std::size_t g) {
    const std::size_t begin = g * per_group * pixels;
    const moments m = moments_of(x + begin, per_group * pixels, eps);
    for (std::size_t c = 0; c < per_group; ++c) {
      const std::size_t channel = g % groups * per_group + c;
      for (std::size_t i = 0; i < pixels; ++i) {
        const std::size_t at = begin + c * pixels + i;
        y[at] = normal(x[at], m, gamma[channel], beta[channel]);
      }
    }
  });
}

void batch_norm(executor* par, const float* x, const batch_norm_parts& p, float* y, std::size_t batch,
                std::size_t channels, std::size_t pixels, double eps) {
  for_each(par, batch * channels, [=](std::size_t plane) {
    const std::size_t c = plane % channels;
    const moments m{static_cast<double>(p.mean[c]),
                    1.0 / std::sqrt(static_cast<double>(p.variance[c]) + eps)};
    for (std::size_t i = plane * pixels; i < (plane + 1) * pixels; ++i)
      y[i] = normal(x[i], m, p.scale[c], p.bias[c]);
  });
}

void conv2d(executor* par, const float* x, const float* weights, const float* bias, float* y,
            const conv_shape& s) {
  const std::size_t per_group_in = s.in_channels / s.group;
  const std::size_t per_group_out = s.out_channels / s.group;
  const std::size_t out_h = s.out_height();
  const std::size_t out_w = s.out_width();
  for_each(par, s.batch * s.out_channels, [&](std::size_t plane) {
    const std::size_t image = plane / s.out_channels;
    const std::size_t o = plane % s.out_channels;
    const std::size_t first_in = o / per_group_out * per_group_in;
    for (std::size_t i = 0; i < out_h; ++i) {
      for (std::size_t j = 0; j < out_w; ++j) {
        double sum = bias == nullptr ? 0.0 : static_cast<double>(bias[o]);
        for (std::size_t c = 0; c < per_group_in; ++c) {
          const float* const from = x + (image * s.in_channels + first_in + c) * s.height * s.width;
          const float* const w = weights + (o * per_group_in + c) * s.kernel_h * s.kernel_w;
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
        y[(plane * out_h + i) * out_w + j] = static_cast<float>(sum);
      }
    }
  });
}

void upsample(executor* par, const float* x, float* y, std::size_t planes, std::size_t height,
              std::size_t width, std::size_t scale) {
  for_each(par, planes, [=](std::size_t p) {
    for (std::size_t i = 0; i < height * scale; ++i) {
      for (std::size_t j = 0; j < width * scale; ++j) {
        y[(p * height * scale + i) * width * scale + j] = x[(p * height + i / scale) * width + j / scale];
      }
    }
  });
}

}  // namespace twill::lanes::ops::detail
