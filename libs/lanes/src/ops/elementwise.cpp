// SPDX-License-Identifier: Apache-2.0
// Element-wise operations: the executor's vector loops over whole arrays, in chunks.
#include "exec/kernels.hpp"
#include "ops/chunks.hpp"
#include "twill/lanes/ops.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

namespace twill::lanes::ops::detail {
namespace {

using lanes::detail::kernel_table;
using lanes::detail::kernels;
using lanes::detail::vector_fn;

// GELU by its tanh form; f32 through f64, so that the error stays far below 1e-6.
void gelu_f32(void* d, const void* a, const void*, const void*, std::size_t n) {
  const auto* const x = static_cast<const float*>(a);
  auto* const out = static_cast<float*>(d);
  constexpr std::size_t block = 256;
  std::array<float, block> inner{};
  const vector_fn tanh =
      kernels().alu[static_cast<std::size_t>(opcode::tanh)][static_cast<std::size_t>(type::f32)];
  for (std::size_t begin = 0; begin < n; begin += block) {
    const std::size_t m = std::min(block, n - begin);
    for (std::size_t i = 0; i < m; ++i) {
      const double v = static_cast<double>(x[begin + i]);
      inner[i] = static_cast<float>(0.7978845608 * (v + 0.044715 * v * v * v));
    }
    tanh(inner.data(), inner.data(), nullptr, nullptr, m);
    for (std::size_t i = 0; i < m; ++i) {
      out[begin + i] =
          static_cast<float>(0.5 * static_cast<double>(x[begin + i]) * (1.0 + static_cast<double>(inner[i])));
    }
  }
}

void gelu_f64(void* d, const void* a, const void*, const void*, std::size_t n) {
  const auto* const x = static_cast<const double*>(a);
  auto* const out = static_cast<double*>(d);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = 0.5 * x[i] * (1.0 + std::tanh(0.7978845608 * (x[i] + 0.044715 * x[i] * x[i] * x[i])));
  }
}

template <class T>
void relu_loop(void* d, const void* a, const void*, const void*, std::size_t n) {
  const auto* const x = static_cast<const T*>(a);
  auto* const out = static_cast<T*>(d);
  for (std::size_t i = 0; i < n; ++i) out[i] = x[i] < T{0} ? T{0} : x[i];
}

vector_fn relu_of(type t) {
  switch (t) {
    case type::i8: return &relu_loop<std::int8_t>;
    case type::i16: return &relu_loop<std::int16_t>;
    case type::i32: return &relu_loop<std::int32_t>;
    case type::i64: return &relu_loop<std::int64_t>;
    case type::u8: return &relu_loop<std::uint8_t>;
    case type::u16: return &relu_loop<std::uint16_t>;
    case type::u32: return &relu_loop<std::uint32_t>;
    case type::u64: return &relu_loop<std::uint64_t>;
    case type::f32: return kernels().map[15];
    default: return kernels().map_f64[15];
  }
}

vector_fn function_of(const operation& what, type t) {
  const kernel_table& k = kernels();
  const auto& map = t == type::f64 ? k.map_f64 : k.map;
  switch (what.more) {
    case extra::ceil: return map[8];
    case extra::floor: return map[9];
    case extra::round: return map[10];
    case extra::reciprocal: return map[11];
    case extra::erf: return map[12];
    case extra::relu: return relu_of(t);
    case extra::atan2: return t == type::f64 ? k.atan2_f64 : k.atan2_f32;
    case extra::gelu: return t == type::f64 ? &gelu_f64 : &gelu_f32;
    case extra::none: break;
  }
  return k.alu[static_cast<std::size_t>(what.op)][static_cast<std::size_t>(t)];
}

// The lowest element of zero, or n.
std::size_t first_zero(const void* data, std::size_t size, std::size_t n) {
  const auto* const bytes = static_cast<const std::byte*>(data);
  for (std::size_t i = 0; i < n; ++i) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes + i * size, size);
    if (bits == 0) return i;
  }
  return n;
}

}  // namespace

void check_operands(std::string_view name, std::span<const erased> in, std::span<const std::size_t> needs,
                    const void* out, std::size_t out_len, std::size_t need_out, std::size_t bytes_out,
                    bool in_place) {
  for (std::size_t k = 0; k < in.size(); ++k) {
    const std::size_t need = needs[k];
    if (in[k].len < need) {
      throw fault(
          {.code = errc::buffer_too_small, .numbers = {k, in[k].len, need}, .name = std::string(name)});
    }
  }
  if (out_len < need_out) {
    throw fault({.code = errc::buffer_too_small,
                 .numbers = {in.size(), out_len, need_out},
                 .name = std::string(name)});
  }
  const auto first = reinterpret_cast<std::uintptr_t>(out);
  for (std::size_t k = 0; k < in.size(); ++k) {
    const auto begin = reinterpret_cast<std::uintptr_t>(in[k].data);
    if (in_place && begin == first) continue;
    const std::size_t span = needs[k] == 0 ? 0 : bytes_out / std::max<std::size_t>(need_out, 1) * needs[k];
    if (span != 0 && bytes_out != 0 && begin < first + bytes_out && first < begin + span) {
      throw fault(errc::invalid_argument, fmt::format("{}: operand {} and the output overlap", name, k));
    }
  }
}

void run(const call& c) {
  std::array<std::size_t, 3> needs{};
  for (std::size_t k = 0; k < c.inputs; ++k) needs[k] = c.scalar[k] ? 1 : c.n;
  const std::size_t size = size_bytes(c.ty);
  check_operands(c.what.name, std::span(c.in).first(c.inputs), needs, c.out, c.out_len, c.n, c.n * size,
                 true);
  if (c.n == 0) return;
  const vector_fn fn = function_of(c.what, c.ty);
  if (fn == nullptr) {
    throw fault({.code = errc::unsupported_operation,
                 .numbers = {static_cast<std::uint64_t>(c.ty)},
                 .name = std::string(c.what.name)});
  }
  if (c.what.op == opcode::div && is_integer(c.ty)) {
    const std::size_t zero = first_zero(c.in[1].data, size, c.scalar[1] ? 1 : c.n);
    if (zero < (c.scalar[1] ? 1 : c.n)) throw fault({.code = errc::division_by_zero, .numbers = {zero}});
  }
  // A scalar stands in an array of one chunk, filled once.
  std::array<std::vector<std::byte>, 3> filled;
  std::array<const std::byte*, 3> in{};
  for (std::size_t k = 0; k < c.inputs; ++k) {
    in[k] = static_cast<const std::byte*>(c.in[k].data);
    if (!c.scalar[k]) continue;
    filled[k].resize(parallel_chunk_size * size);
    kernels().fill[lanes::detail::width_index(size)](filled[k].data(), c.in[k].data, nullptr, nullptr,
                                                     parallel_chunk_size);
    in[k] = filled[k].data();
  }
  const bool any_scalar = c.scalar[0] || c.scalar[1] || c.scalar[2];
  auto* const out = static_cast<std::byte*>(c.out);
  const auto piece = [&](std::size_t begin, std::size_t end) {
    std::array<const void*, 3> at{};
    for (std::size_t k = 0; k < c.inputs; ++k) at[k] = in[k] + (c.scalar[k] ? 0 : begin * size);
    fn(out + begin * size, at[0], at[1], at[2], end - begin);
  };
  if (c.par == nullptr && !any_scalar) {
    piece(0, c.n);
    return;
  }
  for_chunks(c.par, c.n, piece);
}

void convert(type from, type to, erased a, void* out, std::size_t out_len, std::size_t n, executor* par) {
  const std::array<std::size_t, 1> needs{n};
  check_operands("cast", std::span(&a, 1), needs, out, out_len, n,
                 n * std::max(size_bytes(to), size_bytes(from)), from == to);
  const vector_fn fn = kernels().convert[static_cast<std::size_t>(to)][static_cast<std::size_t>(from)];
  for_chunks(par, n, [&](std::size_t begin, std::size_t end) {
    fn(static_cast<std::byte*>(out) + begin * size_bytes(to),
       static_cast<const std::byte*>(a.data) + begin * size_bytes(from), nullptr, nullptr, end - begin);
  });
}

void clip(type t, erased a, void* out, std::size_t out_len, double lo, double hi, std::size_t n,
          executor* par) {
  if (!(lo <= hi)) throw fault(errc::invalid_argument, "clip: the bounds are no interval");
  const std::array<std::size_t, 1> needs{n};
  check_operands("clip", std::span(&a, 1), needs, out, out_len, n, n * size_bytes(t), true);
  const auto each = [&]<class T>(T) {
    const auto* const x = static_cast<const T*>(a.data);
    auto* const y = static_cast<T*>(out);
    const T low = static_cast<T>(lo);
    const T high = static_cast<T>(hi);
    for_chunks(par, n, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const T raised = low > x[i] || x[i] != x[i] ? low : x[i];
        y[i] = high < raised ? high : raised;
      }
    });
  };
  if (t == type::f32) {
    each(float{});
  } else {
    each(double{});
  }
}

void gather(std::size_t size, erased a, erased index, void* out, std::size_t out_len, std::size_t n,
            bool scatter) {
  const std::string_view name = scatter ? "scatter" : "gather";
  const std::array in{a, index};
  const std::array<std::size_t, 2> needs{scatter ? n : 0, n};
  check_operands(name, in, needs, out, out_len, scatter ? 0 : n, 0, false);
  const auto* const at = static_cast<const std::uint32_t*>(index.data);
  const std::size_t limit = scatter ? out_len : a.len;
  for (std::size_t i = 0; i < n; ++i) {
    if (at[i] >= limit) {
      throw fault({.code = errc::buffer_out_of_bounds, .numbers = {at[i] * size, size, limit * size}});
    }
  }
  const auto* const from = static_cast<const std::byte*>(a.data);
  auto* const to = static_cast<std::byte*>(out);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t far = at[i] * size;
    std::memcpy(to + (scatter ? far : i * size), from + (scatter ? i * size : far), size);
  }
}

}  // namespace twill::lanes::ops::detail
