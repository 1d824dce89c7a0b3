// SPDX-License-Identifier: Apache-2.0
#include "simd/kernels.hpp"
#include "simd/normal_centre.hpp"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace twill::detail {
namespace {

using vd [[gnu::vector_size(16)]] = double;
using vu [[gnu::vector_size(16)]] = std::uint64_t;
using vf [[gnu::vector_size(16)]] = float;

[[gnu::always_inline]] inline vu multiply_low_words(vu a, vu b) {
#if defined(__SSE2__)
  return reinterpret_cast<vu>(_mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  return (a & 0xffff'ffffU) * (b & 0xffff'ffffU);
#endif
}

template <class Vector>
[[gnu::always_inline]] inline Vector interleave_low(Vector a, Vector b) {
  return __builtin_shufflevector(a, b, 0, 2);
}

template <class Vector>
[[gnu::always_inline]] inline Vector interleave_high(Vector a, Vector b) {
  return __builtin_shufflevector(a, b, 1, 3);
}

}  // namespace
}  // namespace twill::detail

#include "simd/kernels.inc"

namespace twill::detail {

const kernels baseline_kernels = these_kernels;

}  // namespace twill::detail
