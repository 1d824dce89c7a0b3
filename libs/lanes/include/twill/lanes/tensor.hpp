// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops.hpp"
#include "twill/lanes/ops/broadcast.hpp"
#include "twill/lanes/shape.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace twill::lanes {

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
    const std::size_t need = detail::reach_of(shape, strides);
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
  [[nodiscard]] bool is_contiguous() const { return detail::is_dense(shape_, strides_); }
  /// The first element; row-major only where the tensor is contiguous.
  [[nodiscard]] T* data() const noexcept { return elements_.data() + offset_; }
  /// Keeps `owner` as long as this tensor or a view of it is there.
  [[nodiscard]] tensor with_owner(std::shared_ptr<void> owner) const {
    tensor out = *this;
    out.owner_ = std::move(owner);
    return out;
  }
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
    const std::span<T> all(*copy);
    return from_buffer(all, shape_).with_owner(std::move(copy));
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
  /// A view of a larger shape: dimensions of 1, and missing ones in front, repeat their element. Several
  /// places are one element then.
  [[nodiscard]] tensor broadcast_to(tensor_shape shape) const {
    if (broadcast_shapes(shape_, shape) != shape)
      detail::bad_tensor("a shape that this one does not stretch to");
    tensor out = *this;
    out.strides_ = detail::stretched(shape_, strides_, shape);
    out.shape_ = std::move(shape);
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
    const std::span<T> all(*product);
    return from_buffer(all, {shape_[0], right.shape_[1]}).with_owner(std::move(product));
  }

 private:
  std::span<T> elements_{};
  tensor_shape shape_{};
  std::vector<std::size_t> strides_{};
  std::size_t offset_ = 0;
  std::shared_ptr<void> owner_{};
};

/// f(x, y) of two tensors of any strides, both stretched to their common shape; the result owns its elements.
template <class T, class F>
[[nodiscard]] auto broadcast(const tensor<T>& a, const tensor<T>& b, const F& f) {
  using R = std::remove_cvref_t<decltype(f(*a.data(), *b.data()))>;
  const tensor_shape to = broadcast_shapes(a.shape(), b.shape());
  const auto left = a.broadcast_to(to);
  const auto right = b.broadcast_to(to);
  auto values = std::make_shared<std::vector<R>>();
  values->reserve(numel_of(to));
  detail::for_each_place(to, left.strides(), right.strides(), [&](std::size_t i, std::size_t j) {
    values->push_back(f(left.data()[i], right.data()[j]));
  });
  const std::span<R> all(*values);
  return tensor<R>::from_buffer(all, to).with_owner(std::move(values));
}

}  // namespace twill::lanes
