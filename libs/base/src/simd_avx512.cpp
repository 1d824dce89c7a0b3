// SPDX-License-Identifier: Apache-2.0
#include "simd/kernels.hpp"

// Compiled for AVX512 where the build found an x86-64 compiler; elsewhere the baseline stands in.
#if defined(__AVX512F__)
#include "simd/normal_centre.hpp"

#include <immintrin.h>

namespace twill::detail {
namespace {

using vd [[gnu::vector_size(64)]] = double;
using vu [[gnu::vector_size(64)]] = std::uint64_t;
using vf [[gnu::vector_size(64)]] = float;

[[gnu::always_inline]] inline vu multiply_low_words(vu a, vu b) {
  // The form with a mask of ones: g++ 12 takes the undefined source operand of the plain one for a mistake of
  // ours.
  return reinterpret_cast<vu>(
      _mm512_maskz_mul_epu32(0xff, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
}

template <class Vector>
[[gnu::always_inline]] inline Vector interleave_low(Vector a, Vector b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

template <class Vector>
[[gnu::always_inline]] inline Vector interleave_high(Vector a, Vector b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

}  // namespace
}  // namespace twill::detail

#include "simd/kernels.inc"

namespace twill::detail {

const kernels avx512_kernels = these_kernels;

}  // namespace twill::detail

#else

namespace twill::detail {

const kernels avx512_kernels = baseline_kernels;

}  // namespace twill::detail

#endif
