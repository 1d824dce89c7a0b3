// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace twill::lanes::ops::detail {

/// Block sizes of a matrix product: a packed piece of B stays in the second-level cache, one of A in the
/// first.
inline constexpr std::size_t gemm_depth = 256;

/// C[rows, cols] (+)= A B for packed panels: `a` holds `depth` columns of `rows` values, `b` `depth` rows of
/// `cols` values. `c` has `stride` elements a row.
template <class T>
using micro_kernel = void (*)(const T* a, const T* b, T* c, std::size_t depth, std::size_t stride, bool add);

template <class T>
struct gemm_kernel {
  std::size_t rows = 0;
  std::size_t cols = 0;
  micro_kernel<T> run = nullptr;
};
struct gemm_kernels {
  gemm_kernel<float> f32;
  gemm_kernel<double> f64;
  gemm_kernel<std::uint32_t> i32;  // modulo 2^32, as signed numbers wrap
};
[[nodiscard]] gemm_kernels gemm_baseline();
[[nodiscard]] gemm_kernels gemm_avx2();
[[nodiscard]] gemm_kernels gemm_avx512();

}  // namespace twill::lanes::ops::detail
