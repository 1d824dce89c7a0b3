// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/executor.hpp"

#include <cstddef>
#include <span>

namespace twill::lanes::ops {

/// Images in the order batch, channel, row, column.
struct image_shape {
  std::size_t batch = 1;     ///< images
  std::size_t channels = 1;  ///< of an image
  std::size_t height = 1;    ///< rows of an image
  std::size_t width = 1;     ///< columns of an image
};

/// A convolution as in ONNX Conv, with pads of zeros and filters of
/// out_channels x in_channels / group x kernel_h x kernel_w.
struct conv2d_shape {
  std::size_t batch = 1;         ///< images
  std::size_t in_channels = 1;   ///< of an image
  std::size_t height = 1;        ///< rows of an image
  std::size_t width = 1;         ///< columns of an image
  std::size_t out_channels = 1;  ///< of a result
  std::size_t kernel_h = 1;      ///< rows of a filter
  std::size_t kernel_w = 1;      ///< columns of a filter
  std::size_t stride_h = 1;      ///< rows between results
  std::size_t stride_w = 1;      ///< columns between results
  std::size_t pad_top = 0;       ///< rows of zeros above
  std::size_t pad_left = 0;      ///< columns of zeros before
  std::size_t pad_bottom = 0;    ///< rows of zeros below
  std::size_t pad_right = 0;     ///< columns of zeros behind
  std::size_t dilation_h = 1;    ///< rows between taps
  std::size_t dilation_w = 1;    ///< columns between taps
  std::size_t group = 1;         ///< independent groups of channels

  /// Whether no number is absurd (above 2^31), the kernel fits into the padded image and the groups divide
  /// the channels.
  [[nodiscard]] bool valid() const noexcept;
  /// Requires: valid().
  [[nodiscard]] std::size_t out_height() const noexcept;
  [[nodiscard]] std::size_t out_width() const noexcept;
};

namespace detail {
void layer_norm(executor* par, std::span<const float> x, std::span<const float> gamma,
                std::span<const float> beta, std::span<float> y, std::size_t positions, std::size_t hidden,
                double eps);
void group_norm(executor* par, std::span<const float> x, std::span<const float> gamma,
                std::span<const float> beta, std::span<float> y, const image_shape& shape, std::size_t groups,
                double eps);
void batch_norm(executor* par, std::span<const float> x, std::span<const float> scale,
                std::span<const float> bias, std::span<const float> mean, std::span<const float> variance,
                std::span<float> y, const image_shape& shape, double eps);
void conv2d(executor* par, std::span<const float> x, std::span<const float> weights,
            std::span<const float> bias, std::span<float> y, const conv2d_shape& shape);
void nearest_upsample2d(executor* par, std::span<const float> x, std::span<float> y, const image_shape& shape,
                        std::size_t scale);
}  // namespace detail

/// Layers of networks over f32. Every one throws BufferTooSmall where an operand is shorter than the shape
/// says, and InvalidArgument where the output overlaps an input.
///
/// Each position of `hidden` elements: gamma (x - mean) / sqrt(variance + eps) + beta with its own mean and
/// biased variance, taken in f64.
inline void layer_norm(std::span<const float> x, std::span<const float> gamma, std::span<const float> beta,
                       std::span<float> y, std::size_t positions, std::size_t hidden, double eps) {
  detail::layer_norm(nullptr, x, gamma, beta, y, positions, hidden, eps);
}
inline void layer_norm_par(executor& ex, std::span<const float> x, std::span<const float> gamma,
                           std::span<const float> beta, std::span<float> y, std::size_t positions,
                           std::size_t hidden, double eps) {
  detail::layer_norm(&ex, x, gamma, beta, y, positions, hidden, eps);
}

/// The same over the channels of a group of one image; gamma and beta by channel. Throws:
/// UnsupportedOperation where the groups do not divide the channels.
inline void group_norm(std::span<const float> x, std::span<const float> gamma, std::span<const float> beta,
                       std::span<float> y, const image_shape& shape, std::size_t groups, double eps) {
  detail::group_norm(nullptr, x, gamma, beta, y, shape, groups, eps);
}
inline void group_norm_par(executor& ex, std::span<const float> x, std::span<const float> gamma,
                           std::span<const float> beta, std::span<float> y, const image_shape& shape,
                           std::size_t groups, double eps) {
  detail::group_norm(&ex, x, gamma, beta, y, shape, groups, eps);
}

/// By channel, with statistics that are given: scale (x - mean) / sqrt(variance + eps) + bias.
inline void batch_norm(std::span<const float> x, std::span<const float> scale, std::span<const float> bias,
                       std::span<const float> mean, std::span<const float> variance, std::span<float> y,
                       const image_shape& shape, double eps) {
  detail::batch_norm(nullptr, x, scale, bias, mean, variance, y, shape, eps);
}
inline void batch_norm_par(executor& ex, std::span<const float> x, std::span<const float> scale,
                           std::span<const float> bias, std::span<const float> mean,
                           std::span<const float> variance, std::span<float> y, const image_shape& shape,
                           double eps) {
  detail::batch_norm(&ex, x, scale, bias, mean, variance, y, shape, eps);
}

/// y of batch x out_channels x out_height x out_width; sums in f64. An empty `bias` is none. Throws:
/// InvalidArgument where the shape is not valid.
inline void conv2d(std::span<const float> x, std::span<const float> weights, std::span<const float> bias,
                   std::span<float> y, const conv2d_shape& shape) {
  detail::conv2d(nullptr, x, weights, bias, y, shape);
}
inline void conv2d_par(executor& ex, std::span<const float> x, std::span<const float> weights,
                       std::span<const float> bias, std::span<float> y, const conv2d_shape& shape) {
  detail::conv2d(&ex, x, weights, bias, y, shape);
}

/// Every pixel `scale` times in both directions.
inline void nearest_upsample2d(std::span<const float> x, std::span<float> y, const image_shape& shape,
                               std::size_t scale) {
  detail::nearest_upsample2d(nullptr, x, y, shape, scale);
}
inline void nearest_upsample2d_par(executor& ex, std::span<const float> x, std::span<float> y,
                                   const image_shape& shape, std::size_t scale) {
  detail::nearest_upsample2d(&ex, x, y, shape, scale);
}

}  // namespace twill::lanes::ops
