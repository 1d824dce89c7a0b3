// SPDX-License-Identifier: Apache-2.0
#include "simd/kernels.hpp"

// Compiled for AVX2 where the build found an x86-64 compiler; elsewhere the baseline stands in.
#if defined(__AVX2__)
#include "simd/normal_centre.hpp"

#include <immintrin.h>

namespace twill::detail {
namespace {

using vd [[gnu::vector_size(32)]] = double;
using vu [[gnu::vector_size(32)]] = std::uint64_t;
using vf [[gnu::vector_size(32)]] = float;

[[gnu::always_inline]] inline vu multiply_low_words(vu a, vu b) {
  return reinterpret_cast<vu>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
}

template <class Vector>
[[gnu::always_inline]] inline Vector interleave_low(Vector a, Vector b) {
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}

template <class Vector>
[[gnu::always_inline]] inline Vector interleave_high(Vector a, Vector b) {
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

}  // namespace
}  // namespace twill::detail

#include "simd/kernels.inc"

namespace twill::detail {

const kernels avx2_kernels = these_kernels;

}  // namespace twill::detail

#else

namespace twill::detail {

const kernels avx2_kernels = baseline_kernels;

}  // namespace twill::detail

#endif
