// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/kernels.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

// Lanes are independent: the destination may be an operand itself and overlaps no other. Sanitizers do not go
// with vector loops, and clang says so of each loop that asks for them.
#if !defined(__clang__)
#define TWILL_LANES_INDEPENDENT _Pragma("GCC ivdep")
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer)
#define TWILL_LANES_INDEPENDENT
#else
#define TWILL_LANES_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#endif

// Every file that includes this is compiled for one level of vector instructions, so that everything here has
// internal linkage: the linker must never take one level's copy for another's.
namespace twill::lanes::detail {
namespace {

template <class D, class A, class F>
void map1(void* d, const void* a, std::size_t n, F f) {
  auto* const out = static_cast<D*>(d);
  const auto* const x = static_cast<const A*>(a);
  TWILL_LANES_INDEPENDENT
  for (std::size_t i = 0; i < n; ++i) out[i] = f(x[i]);
}

template <class D, class A, class B, class F>
void map2(void* d, const void* a, const void* b, std::size_t n, F f) {
  auto* const out = static_cast<D*>(d);
  const auto* const x = static_cast<const A*>(a);
  const auto* const y = static_cast<const B*>(b);
  TWILL_LANES_INDEPENDENT
  for (std::size_t i = 0; i < n; ++i) out[i] = f(x[i], y[i]);
}

template <class D, class A, class B, class C, class F>
void map3(void* d, const void* a, const void* b, const void* c, std::size_t n, F f) {
  auto* const out = static_cast<D*>(d);
  const auto* const x = static_cast<const A*>(a);
  const auto* const y = static_cast<const B*>(b);
  const auto* const z = static_cast<const C*>(c);
  TWILL_LANES_INDEPENDENT
  for (std::size_t i = 0; i < n; ++i) out[i] = f(x[i], y[i], z[i]);
}

/// A function object without state as a vector function.
template <class D, class A, class F>
void unary_loop(void* d, const void* a, const void*, const void*, std::size_t n) {
  map1<D, A>(d, a, n, F{});
}
template <class D, class A, class B, class F>
void binary_loop(void* d, const void* a, const void* b, const void*, std::size_t n) {
  map2<D, A, B>(d, a, b, n, F{});
}
template <class D, class A, class B, class C, class F>
void ternary_loop(void* d, const void* a, const void* b, const void* c, std::size_t n) {
  map3<D, A, B, C>(d, a, b, c, n, F{});
}

/// Functions that are called one lane after the other: of the C library, or with branches that vectors have
/// not.
template <auto F, class T>
void library1(void* d, const void* a, const void*, const void*, std::size_t n) {
  auto* const out = static_cast<T*>(d);
  const auto* const x = static_cast<const T*>(a);
  for (std::size_t i = 0; i < n; ++i) out[i] = F(x[i]);
}
template <class T, class F>
void library2(void* d, const void* a, const void* b, const void*, std::size_t n) {
  auto* const out = static_cast<T*>(d);
  const auto* const x = static_cast<const T*>(a);
  const auto* const y = static_cast<const T*>(b);
  for (std::size_t i = 0; i < n; ++i) out[i] = F{}(x[i], y[i]);
}

[[nodiscard]] constexpr std::size_t at(opcode op) noexcept { return static_cast<std::size_t>(op); }
[[nodiscard]] constexpr std::size_t at(type t) noexcept { return static_cast<std::size_t>(t); }
[[nodiscard]] constexpr std::size_t at(condition c) noexcept { return static_cast<std::size_t>(c); }

/// Integer arithmetic modulo 2^width happens in an unsigned type of at least 32 bits: no overflow, no
/// promotion to a signed type.
template <class T>
using wide_unsigned = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;

}  // namespace
}  // namespace twill::lanes::detail
