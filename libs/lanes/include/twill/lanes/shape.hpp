// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/error.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace twill::lanes {

/// Extents of an array's dimensions, the outermost first.
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
/// Elements from the first to the last place of a shape with these strides. Throws: as numel_of.
[[nodiscard]] std::size_t reach_of(std::span<const std::size_t> shape, std::span<const std::size_t> strides);
/// Whether the strides are those of a row-major array; where an extent is 1 any stride is.
[[nodiscard]] bool is_dense(std::span<const std::size_t> shape, std::span<const std::size_t> strides);
/// Walks over all places of a shape in row-major order, for up to two arrays at once.
void for_each_place(std::span<const std::size_t> shape, std::span<const std::size_t> strides_a,
                    std::span<const std::size_t> strides_b,
                    const std::function<void(std::size_t, std::size_t)>& visit);
/// Strides for a shape stretched to another: 0 along stretched dimensions.
[[nodiscard]] std::vector<std::size_t> stretched(std::span<const std::size_t> shape,
                                                 std::span<const std::size_t> strides,
                                                 std::span<const std::size_t> to);
}  // namespace detail
}  // namespace twill::lanes
