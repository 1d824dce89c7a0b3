// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/ops/broadcast.hpp"

#include "exec/kernels.hpp"
#include "ops/chunks.hpp"
#include "ops/fold.hpp"

#include <algorithm>
#include <array>

namespace twill::lanes::ops::detail {
namespace {

using lanes::detail::kernels;
using lanes::detail::vector_fn;

// The common shape with the strides of both operands: dimensions of 1 left out, neighbours merged where both
// operands go on evenly.
struct walk {
  tensor_shape shape{};
  std::vector<std::size_t> a{};
  std::vector<std::size_t> b{};
};

walk merged(const tensor_shape& to, const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  walk w;
  for (std::size_t d = 0; d < to.size(); ++d) {
    if (to[d] == 1) continue;
    if (!w.shape.empty() && w.a.back() == a[d] * to[d] && w.b.back() == b[d] * to[d]) {
      w.shape.back() *= to[d];
      w.a.back() = a[d];
      w.b.back() = b[d];
    } else {
      w.shape.push_back(to[d]);
      w.a.push_back(a[d]);
      w.b.push_back(b[d]);
    }
  }
  if (w.shape.empty()) w = {{1}, {1}, {1}};
  return w;
}

// Writes elements that follow each other in the innermost dimension, where a stride is 1 or 0.
class row_writer {
 public:
  row_writer(opcode op, type t)
      : size_(size_bytes(t)),
        both_(kernels().alu[static_cast<std::size_t>(op)][static_cast<std::size_t>(t)]),
        one_(folds().scalar.at(static_cast<std::size_t>(op) -
                               static_cast<std::size_t>(opcode::add))[static_cast<std::size_t>(t)]),
        fill_(kernels().fill[lanes::detail::width_index(size_)]) {}

  void write(std::byte* out, const std::byte* a, bool fixed_a, const std::byte* b, bool fixed_b,
             std::size_t n) const {
    if (fixed_b && !fixed_a) return one_(out, a, b, nullptr, n);
    if (!fixed_a) return both_(out, a, b, nullptr, n);
    constexpr std::size_t block = 256;
    alignas(64) std::array<std::byte, block * 8> filled;
    fill_(filled.data(), a, nullptr, nullptr, std::min(n, block));
    for (std::size_t i = 0; i < n; i += block) {
      both_(out + i * size_, filled.data(), b + (fixed_b ? 0 : i * size_), nullptr, std::min(block, n - i));
    }
  }

 private:
  std::size_t size_;
  vector_fn both_;
  vector_fn one_;
  vector_fn fill_;
};

// The lowest index of the output that would be divided by zero.
template <class T>
void check_divisors(const T* b, std::size_t len, const tensor_shape& to,
                    const std::vector<std::size_t>& strides) {
  if constexpr (std::is_integral_v<T>) {
    if (std::find(b, b + len, T{0}) == b + len) return;
    std::size_t index = 0;
    lanes::detail::for_each_place(to, strides, strides, [&](std::size_t i, std::size_t) {
      if (b[i] == 0) throw fault({.code = errc::division_by_zero, .numbers = {index}});
      ++index;
    });
  }
}

}  // namespace

void broadcast(const broadcast_call& c) {
  const tensor_shape to = broadcast_shapes(c.shape_a, c.shape_b);
  if (c.shape_out && !std::ranges::equal(*c.shape_out, to)) {
    throw fault(errc::invalid_argument,
                std::string(c.what.name) + ": the output has not the common shape of the operands");
  }
  const std::size_t size = size_bytes(c.ty);
  const std::size_t n = numel_of(to);
  const std::array in{wanted{c.a, numel_of(c.shape_a), size}, wanted{c.b, numel_of(c.shape_b), size}};
  // An operand may be the output only where nothing of it is read again.
  const bool in_place = (c.a.data != c.out || in[0].need == n) && (c.b.data != c.out || in[1].need == n);
  check_operands(c.what.name, in, {{c.out, c.out_len}, n, size}, in_place);
  if (n == 0) return;
  const auto strides_a = lanes::detail::stretched(c.shape_a, contiguous_strides(c.shape_a), to);
  const auto strides_b = lanes::detail::stretched(c.shape_b, contiguous_strides(c.shape_b), to);
  if (c.what.op == opcode::div) {
    with_type(c.ty, [&]<class T>(std::type_identity<T>) {
      check_divisors(static_cast<const T*>(c.b.data), in[1].need, to, strides_b);
    });
  }
  const walk w = merged(to, strides_a, strides_b);
  const row_writer writer(c.what.op, c.ty);
  const std::size_t inner = w.shape.back();
  const bool fixed_a = w.a.back() == 0;
  const bool fixed_b = w.b.back() == 0;
  for_pieces(c.par, n, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end;) {
      const std::size_t j = p % inner;
      std::size_t a = fixed_a ? 0 : j;
      std::size_t b = fixed_b ? 0 : j;
      std::size_t rest = p / inner;
      for (std::size_t d = w.shape.size() - 1; d-- > 0; rest /= w.shape[d]) {
        a += rest % w.shape[d] * w.a[d];
        b += rest % w.shape[d] * w.b[d];
      }
      const std::size_t m = std::min(inner - j, end - p);
      writer.write(static_cast<std::byte*>(c.out) + p * size,
                   static_cast<const std::byte*>(c.a.data) + a * size, fixed_a,
                   static_cast<const std::byte*>(c.b.data) + b * size, fixed_b, m);
      p += m;
    }
  });
}

}  // namespace twill::lanes::ops::detail
