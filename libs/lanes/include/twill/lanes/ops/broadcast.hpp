// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops/operand.hpp"
#include "twill/lanes/shape.hpp"

#include <array>
#include <optional>

namespace twill::lanes::ops {
namespace detail {

using extents = std::span<const std::size_t>;

/// One of add, sub, mul, div over two arrays that are stretched to their common shape.
struct broadcast_call {
  operation what;
  type ty;
  erased a;
  extents shape_a;
  erased b;
  extents shape_b;
  void* out;
  std::size_t out_len;
  std::optional<extents> shape_out{};
  executor* par = nullptr;
};
void broadcast(const broadcast_call& c);

template <bool Par>
struct broadcaster {
  operation what;

  template <operand_range A, operand_range B, operand_range C>
    requires(!Par && operand_of<A, std::ranges::range_value_t<C>> &&
             operand_of<B, std::ranges::range_value_t<C>>)
  void operator()(const A& a, extents shape_a, const B& b, extents shape_b, C&& c,
                  std::optional<extents> shape_c = {}) const {
    go(nullptr, a, shape_a, b, shape_b, c, shape_c);
  }
  template <operand_range A, operand_range B, operand_range C>
    requires(operand_of<A, std::ranges::range_value_t<C>> && operand_of<B, std::ranges::range_value_t<C>>)
  void operator()(executor& ex, const A& a, extents shape_a, const B& b, extents shape_b, C&& c,
                  std::optional<extents> shape_c = {}) const {
    go(Par ? &ex : nullptr, a, shape_a, b, shape_b, c, shape_c);
  }

 private:
  template <class A, class B, class C>
  void go(executor* ex, const A& a, extents shape_a, const B& b, extents shape_b, C&& c,
          std::optional<extents> shape_c) const {
    broadcast({.what = what,
               .ty = type_for<std::ranges::range_value_t<C>>,
               .a = erase(a),
               .shape_a = shape_a,
               .b = erase(b),
               .shape_b = shape_b,
               .out = std::ranges::data(c),
               .out_len = std::ranges::size(c),
               .shape_out = shape_c,
               .par = ex});
  }
};

}  // namespace detail

/// @{
/// c = a op b, both stretched to their common shape, which c has in row-major order: all element types.
/// Throws: InvalidArgument where the shapes do not fit, or where a given shape of c is another;
/// DivisionByZero with the lowest index of c.
inline constexpr detail::broadcaster<false> broadcast_add{{"broadcast_add", opcode::add}};
inline constexpr detail::broadcaster<false> broadcast_sub{{"broadcast_sub", opcode::sub}};
inline constexpr detail::broadcaster<false> broadcast_mul{{"broadcast_mul", opcode::mul}};
inline constexpr detail::broadcaster<false> broadcast_div{{"broadcast_div", opcode::div}};
inline constexpr detail::broadcaster<true> broadcast_add_par{{"broadcast_add_par", opcode::add}};
inline constexpr detail::broadcaster<true> broadcast_sub_par{{"broadcast_sub_par", opcode::sub}};
inline constexpr detail::broadcaster<true> broadcast_mul_par{{"broadcast_mul_par", opcode::mul}};
inline constexpr detail::broadcaster<true> broadcast_div_par{{"broadcast_div_par", opcode::div}};
/// @}

/// A bias a channel, added to images in the order batch, channel, row, column.
template <operand_range A, operand_range B, operand_range C>
void broadcast_add_nchw(const A& input, const B& bias, C&& out, std::size_t n, std::size_t channels,
                        std::size_t h, std::size_t w) {
  broadcast_add(input, std::array{n, channels, h, w}, bias,
                std::array{channels, std::size_t{1}, std::size_t{1}}, out);
}
template <operand_range A, operand_range B, operand_range C>
void broadcast_add_nchw_par(executor& ex, const A& input, const B& bias, C&& out, std::size_t n,
                            std::size_t channels, std::size_t h, std::size_t w) {
  broadcast_add_par(ex, input, std::array{n, channels, h, w}, bias,
                    std::array{channels, std::size_t{1}, std::size_t{1}}, out);
}

}  // namespace twill::lanes::ops
