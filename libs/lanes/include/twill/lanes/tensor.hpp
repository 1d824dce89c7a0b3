// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace twill::lanes {

using tensor_shape = std::vector<std::size_t>;

/// Elements that a shape has. Throws: `fault` (InvalidArgument) beyond 2^56.
[[nodiscard]] std::size_t numel_of(std::span<const std::size_t> shape);
/// Strides, in elements, of a row-major array.
[[nodiscard]] std::vector<std::size_t> contiguous_strides(std::span<const std::size_t> shape);
/// The shape that both stretch to: aligned at the end, 1 stretches. Throws: `fault` (InvalidArgument) where
/// they do not fit.
[[nodiscard]] tensor_shape broadcast_shapes(std::span<const std::size_t> a, std::span<const std::size_t> b);

namespace detail {
[[noreturn]] void bad_tensor(std::string what);
/// Walks over all places of a shape in row-major order, for up to two arrays at once.
void for_each_place(std::span<const std::size_t> shape, std::span<const std::size_t> strides_a,
                    std::span<const std::size_t> strides_b,
                    const std::function<void(std::size_t, std::size_t)>& visit);
/// Strides for a shape stretched to another: 0 along stretched dimensions.
[[nodiscard]] std::vector<std::size_t> stretched(std::span<const std::size_t> shape,
                                                 std::span<const std::size_t> strides,
                                                 std::span<const std::size_t> to);
}  // namespace detail

/// A view of elements by shape, strides and offset. Views share elements and never copy; those of a buffer
/// must not outlive it.
template <class T>
class tensor {
 public:
  /// Throws (all that make or change a shape): `fault` (InvalidArgument, BufferTooSmall).
  [[nodiscard]] static tensor from_buffer(std::span<T> elements, tensor_shape shape) {
    std::vector<std::size_t> strides = contiguous_strides(shape);
    return from_buffer_with_strides(elements, std::move(shape), std::move(strides));
  }
  [[nodiscard]] static tensor from_buffer_with_strides(std::span<T> elements, tensor_shape shape,
                                                       std::vector<std::size_t> strides) {
    if (shape.size() != strides.size()) detail::bad_tensor("as many strides as dimensions are needed");
    std::size_t need = numel_of(shape) == 0 ? 0 : 1;
    for (std::size_t d = 0; d < shape.size() && need != 0; ++d) need += (shape[d] - 1) * strides[d];
    if (need > elements.size()) {
      throw fault({.code = errc::buffer_too_small, .numbers = {0, elements.size(), need}, .name = "tensor"});
    }
    tensor out;
    out.elements_ = elements;
    out.shape_ = std::move(shape);
    out.strides_ = std::move(strides);
    return out;
  }

  [[nodiscard]] const tensor_shape& shape() const noexcept { return shape_; }
  [[nodiscard]] const std::vector<std::size_t>& strides() const noexcept { return strides_; }
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::size_t ndim() const noexcept { return shape_.size(); }
  [[nodiscard]] std::size_t numel() const { return numel_of(shape_); }
  [[nodiscard]] bool is_contiguous() const { return numel() == 0 || strides_ == contiguous_strides(shape_); }
  [[nodiscard]] T& at(std::span<const std::size_t> place) const {
    if (place.size() != shape_.size())
      detail::bad_tensor("a place needs as many indices as there are dimensions");
    std::size_t i = offset_;
    for (std::size_t d = 0; d < place.size(); ++d) {
      if (place[d] >= shape_[d]) detail::bad_tensor("an index is outside of its dimension");
      i += place[d] * strides_[d];
    }
    return elements_[i];
  }
  /// Requires: contiguous. Throws otherwise.
  [[nodiscard]] std::span<T> view_1d() const {
    if (!is_contiguous()) detail::bad_tensor("view_1d of a tensor that is not contiguous");
    return elements_.subspan(offset_, numel());
  }
  /// This tensor, or a copy in row-major order that owns its elements.
  [[nodiscard]] tensor contiguous() const {
    if (is_contiguous()) return *this;
    auto copy = std::make_shared<std::vector<std::remove_const_t<T>>>();
    copy->reserve(numel());
    detail::for_each_place(shape_, strides_, strides_,
                           [&](std::size_t i, std::size_t) { copy->push_back(elements_[offset_ + i]); });
    tensor out = from_buffer(std::span<T>(*copy), shape_);
    out.owner_ = std::move(copy);
    return out;
  }
  /// The same elements in another shape; a copy where the view is not contiguous.
  [[nodiscard]] tensor reshape(tensor_shape shape) const {
    if (numel_of(shape) != numel()) detail::bad_tensor("reshape to another number of elements");
    tensor out = contiguous();
    out.strides_ = contiguous_strides(shape);
    out.shape_ = std::move(shape);
    return out;
  }
  [[nodiscard]] tensor transpose() const {
    if (ndim() != 2) detail::bad_tensor("transpose of a tensor that has not two dimensions");
    return permute(std::array<std::size_t, 2>{1, 0});
  }
  [[nodiscard]] tensor permute(std::span<const std::size_t> order) const {
    std::vector<bool> seen(ndim());
    if (order.size() != ndim()) detail::bad_tensor("permute needs every dimension once");
    tensor out = *this;
    for (std::size_t d = 0; d < order.size(); ++d) {
      if (order[d] >= ndim() || seen[order[d]]) detail::bad_tensor("permute needs every dimension once");
      seen[order[d]] = true;
      out.shape_[d] = shape_[order[d]];
      out.strides_[d] = strides_[order[d]];
    }
    return out;
  }
  /// One index of a dimension; the dimension goes.
  [[nodiscard]] tensor select(std::size_t dim, std::size_t index) const {
    tensor out = narrow(dim, index, 1);
    out.shape_.erase(out.shape_.begin() + static_cast<std::ptrdiff_t>(dim));
    out.strides_.erase(out.strides_.begin() + static_cast<std::ptrdiff_t>(dim));
    return out;
  }
  [[nodiscard]] tensor narrow(std::size_t dim, std::size_t start, std::size_t len) const {
    if (dim >= ndim()) detail::bad_tensor("no such dimension");
    if (start > shape_[dim] || shape_[dim] - start < len)
      detail::bad_tensor("a range outside of its dimension");
    tensor out = *this;
    out.offset_ += start * strides_[dim];
    out.shape_[dim] = len;
    return out;
  }
  /// Every `step`-th index from `start` below `end`, which is clamped.
  [[nodiscard]] tensor slice(std::size_t dim, std::size_t start = 0,
                             std::optional<std::size_t> end = std::nullopt, std::size_t step = 1) const {
    if (dim >= ndim()) detail::bad_tensor("no such dimension");
    if (step == 0) detail::bad_tensor("a slice of step 0");
    if (start >= shape_[dim]) detail::bad_tensor("a slice that starts outside of its dimension");
    const std::size_t stop = std::min(end.value_or(shape_[dim]), shape_[dim]);
    tensor out = *this;
    out.offset_ += start * strides_[dim];
    out.shape_[dim] = stop <= start ? 0 : (stop - start + step - 1) / step;
    out.strides_[dim] *= step;
    return out;
  }
  /// The matrix product of two tensors of two dimensions; owns its elements.
  [[nodiscard]] tensor matmul(const tensor& right) const
    requires ops::real_element<T> && (!std::is_const_v<T>)
  {
    if (ndim() != 2 || right.ndim() != 2)
      detail::bad_tensor("matmul of tensors that have not two dimensions");
    if (shape_[1] != right.shape_[0]) detail::bad_tensor("matmul: the inner dimensions differ");
    auto product = std::make_shared<std::vector<T>>(shape_[0] * right.shape_[1]);
    const tensor a = contiguous();
    const tensor b = right.contiguous();
    ops::gemm(a.view_1d(), b.view_1d(), *product, shape_[0], shape_[1], right.shape_[1]);
    tensor out = from_buffer(std::span<T>(*product), {shape_[0], right.shape_[1]});
    out.owner_ = std::move(product);
    return out;
  }

 private:
  std::span<T> elements_{};
  tensor_shape shape_{};
  std::vector<std::size_t> strides_{};
  std::size_t offset_ = 0;
  std::shared_ptr<void> owner_{};
};

namespace ops {

/// c = a op b, both stretched to their common shape, which c has in row-major order.
template <operand_range A, operand_range B, operand_range C, class F>
void broadcast(const A& a, std::span<const std::size_t> shape_a, const B& b,
               std::span<const std::size_t> shape_b, C&& c, const F& f) {
  const tensor_shape to = broadcast_shapes(shape_a, shape_b);
  const auto need = [](std::string_view, std::size_t index, std::size_t len, std::size_t n) {
    if (len < n)
      throw fault({.code = errc::buffer_too_small, .numbers = {index, len, n}, .name = "broadcast"});
  };
  need("broadcast", 0, std::ranges::size(a), numel_of(shape_a));
  need("broadcast", 1, std::ranges::size(b), numel_of(shape_b));
  need("broadcast", 2, std::ranges::size(c), numel_of(to));
  const auto strides_a = lanes::detail::stretched(shape_a, contiguous_strides(shape_a), to);
  const auto strides_b = lanes::detail::stretched(shape_b, contiguous_strides(shape_b), to);
  const auto* const x = std::ranges::data(a);
  const auto* const y = std::ranges::data(b);
  auto* out = std::ranges::data(c);
  lanes::detail::for_each_place(to, strides_a, strides_b,
                                [&](std::size_t i, std::size_t j) { *out++ = f(x[i], y[j]); });
}
template <operand_range A, operand_range B, operand_range C>
void broadcast_add(const A& a, std::span<const std::size_t> sa, const B& b, std::span<const std::size_t> sb,
                   C&& c) {
  broadcast(a, sa, b, sb, c, [](auto x, auto y) { return static_cast<decltype(x)>(x + y); });
}
template <operand_range A, operand_range B, operand_range C>
void broadcast_sub(const A& a, std::span<const std::size_t> sa, const B& b, std::span<const std::size_t> sb,
                   C&& c) {
  broadcast(a, sa, b, sb, c, [](auto x, auto y) { return static_cast<decltype(x)>(x - y); });
}
template <operand_range A, operand_range B, operand_range C>
void broadcast_mul(const A& a, std::span<const std::size_t> sa, const B& b, std::span<const std::size_t> sb,
                   C&& c) {
  broadcast(a, sa, b, sb, c, [](auto x, auto y) { return static_cast<decltype(x)>(x * y); });
}
template <operand_range A, operand_range B, operand_range C>
  requires real_element<std::ranges::range_value_t<C>>
void broadcast_div(const A& a, std::span<const std::size_t> sa, const B& b, std::span<const std::size_t> sb,
                   C&& c) {
  broadcast(a, sa, b, sb, c, [](auto x, auto y) { return x / y; });
}
/// A bias a channel, added to images in the order batch, channel, row, column.
template <operand_range A, operand_range B, operand_range C>
void broadcast_add_nchw(const A& input, const B& bias, C&& out, std::size_t n, std::size_t channels,
                        std::size_t h, std::size_t w) {
  broadcast_add(input, std::array{n, channels, h, w}, bias,
                std::array{channels, std::size_t{1}, std::size_t{1}}, out);
}

}  // namespace ops
}  // namespace twill::lanes
