// SPDX-License-Identifier: Apache-2.0
// Element-wise operations: the executor's vector loops over whole arrays, in chunks.
#include "twill/lanes/ops/elementwise.hpp"

#include "exec/kernels.hpp"
#include "ops/chunks.hpp"
#include "ops/fold.hpp"

#include <algorithm>
#include <cmath>

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

// By the exact formula with erf; f32 has that of a value rounded to f32, far below 1e-6 from the truth.
template <class T>
void gelu_erf_loop(void* d, const void* a, const void*, const void*, std::size_t n) {
  const auto* const x = static_cast<const T*>(a);
  auto* const out = static_cast<T*>(d);
  constexpr std::size_t block = 256;
  constexpr double root_half = 0.70710678118654752440;
  const vector_fn erf = std::is_same_v<T, float> ? kernels().map[12] : kernels().map_f64[12];
  std::array<T, block> inner{};
  for (std::size_t begin = 0; begin < n; begin += block) {
    const std::size_t m = std::min(block, n - begin);
    for (std::size_t i = 0; i < m; ++i)
      inner[i] = static_cast<T>(static_cast<double>(x[begin + i]) * root_half);
    erf(inner.data(), inner.data(), nullptr, nullptr, m);
    for (std::size_t i = 0; i < m; ++i) {
      out[begin + i] =
          static_cast<T>(0.5 * static_cast<double>(x[begin + i]) * (1.0 + static_cast<double>(inner[i])));
    }
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
    case extra::relu: return folds().relu[static_cast<std::size_t>(t)];
    case extra::clip: return folds().clip[static_cast<std::size_t>(t)];
    case extra::saxpy: return folds().saxpy[static_cast<std::size_t>(t)];
    case extra::gelu_erf: return t == type::f64 ? &gelu_erf_loop<double> : &gelu_erf_loop<float>;
    case extra::scalar: {
      const auto which = static_cast<std::size_t>(what.op) - static_cast<std::size_t>(opcode::add);
      return folds().scalar.at(which)[static_cast<std::size_t>(t)];
    }
    case extra::atan2: return t == type::f64 ? k.atan2_f64 : k.atan2_f32;
    case extra::gelu: return t == type::f64 ? &gelu_f64 : &gelu_f32;
    case extra::none: break;
  }
  return k.alu[static_cast<std::size_t>(what.op)][static_cast<std::size_t>(t)];
}

// The lowest element of zero, or n. Most arrays have none, which a vector loop tells.
template <class T>
std::size_t first_zero(const T* x, std::size_t n) {
  unsigned found = 0;
  for (std::size_t i = 0; i < n; ++i) found |= static_cast<unsigned>(x[i] == T{0});
  return found == 0 ? n : static_cast<std::size_t>(std::find(x, x + n, T{0}) - x);
}

// Integers divided by zero are found before anything is written.
template <class T>
void check_divisors(const call& c) {
  if constexpr (std::is_integral_v<T>) {
    if (c.what.op != opcode::div) return;
    const bool one = c.what.more == extra::scalar;
    const auto* const x = static_cast<const T*>(one ? c.scalar[0] : c.in[1].data);
    const std::size_t zero = first_zero(x, one ? 1 : c.n);
    if (zero < (one ? 1 : c.n)) throw fault({.code = errc::division_by_zero, .numbers = {zero}});
  }
}

template <class T>
void run_on(const call& c, vector_fn fn) {
  const auto input = [&](std::size_t k) {
    return std::span<const T>(static_cast<const T*>(c.in[k].data), k < c.inputs ? c.n : 0);
  };
  const std::span<T> out(static_cast<T*>(c.out), c.n);
  const auto first = input(0);
  const auto second = input(1);
  const void* const s0 = c.scalar[0];
  const void* const s1 = c.scalar[1];
  if (c.inputs == 1) {
    map_over(c.par, first, out,
             [&](std::span<const T> x, std::span<T> y) { fn(y.data(), x.data(), s0, s1, y.size()); });
    return;
  }
  const auto both = [&](std::span<const T> x, std::span<const T> y, std::span<T> z) {
    const void* third = s0;
    if (c.inputs == 3) third = input(2).data() + (z.data() - out.data());
    fn(z.data(), x.data(), y.data(), third, z.size());
  };
  if (c.par != nullptr) {
    parallel_binary_op(*c.par, first, second, out, both);
  } else {
    both(first, second, out);
  }
}

}  // namespace

void run(const call& c) {
  const std::size_t size = size_bytes(c.ty);
  std::array<wanted, 3> in{};
  for (std::size_t k = 0; k < c.inputs; ++k) in[k] = {c.in[k], c.n, size};
  check_operands(c.what.name, std::span(in).first(c.inputs), {{c.out, c.out_len}, c.n, size}, true);
  if (c.n == 0) return;
  const vector_fn fn = function_of(c.what, c.ty);
  if (fn == nullptr) {
    throw fault({.code = errc::unsupported_operation,
                 .numbers = {static_cast<std::uint64_t>(c.ty)},
                 .name = std::string(c.what.name)});
  }
  with_type(c.ty, [&]<class T>(std::type_identity<T>) {
    check_divisors<T>(c);
    run_on<T>(c, fn);
  });
}

}  // namespace twill::lanes::ops::detail
