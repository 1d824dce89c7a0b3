// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/executor.hpp"

#include <cstddef>

namespace twill::lanes::ops::detail {

/// Shapes are checked by the callers; each runs its outermost independent pieces on the executor's threads.
void layer_norm(executor* par, const float* x, const float* gamma, const float* beta, float* y,
                std::size_t positions, std::size_t hidden, double eps);
void group_norm(executor* par, const float* x, const float* gamma, const float* beta, float* y,
                std::size_t batch, std::size_t channels, std::size_t pixels, std::size_t groups, double eps);
struct batch_norm_parts {
  const float* scale;
  const float* bias;
  const float* mean;
  const float* variance;
};
void batch_norm(executor* par, const float* x, const batch_norm_parts& p, float* y, std::size_t batch,
                std::size_t channels, std::size_t pixels, double eps);

/// ONNX Conv, NCHW.
struct conv_shape {
  std::size_t batch, in_channels, height, width, out_channels, kernel_h, kernel_w, stride_h, stride_w;
  std::size_t pad_top, pad_left, pad_bottom, pad_right, dilation_h, dilation_w, group;
  [[nodiscard]] std::size_t out_height() const noexcept {
    return (height + pad_top + pad_bottom - dilation_h * (kernel_h - 1) - 1) / stride_h + 1;
  }
  [[nodiscard]] std::size_t out_width() const noexcept {
    return (width + pad_left + pad_right - dilation_w * (kernel_w - 1) - 1) / stride_w + 1;
  }
  /// Whether the kernel fits into the padded image and the groups divide the channels.
  [[nodiscard]] bool valid() const noexcept {
    if (group == 0 || stride_h == 0 || stride_w == 0 || dilation_h == 0 || dilation_w == 0) return false;
    if (kernel_h == 0 || kernel_w == 0 || in_channels % group != 0 || out_channels % group != 0) return false;
    return height + pad_top + pad_bottom > dilation_h * (kernel_h - 1) &&
           width + pad_left + pad_right > dilation_w * (kernel_w - 1);
  }
};
void conv2d(executor* par, const float* x, const float* weights, const float* bias, float* y,
            const conv_shape& s);
void upsample(executor* par, const float* x, float* y, std::size_t planes, std::size_t height,
              std::size_t width, std::size_t scale);

}  // namespace twill::lanes::ops::detail
