// SPDX-License-Identifier: Apache-2.0
// The loops that a fit spends its time in, in versions for several vector levels. Every arithmetic operation
// of an element is the same in all of them, and none is contracted, so the bits are the same too.
#pragma once

#include "twill/base/cpu.hpp"

#include <cstddef>
#include <cstdint>

namespace twill::dmm::detail {

// From this argument on Stirling's series is used; below, recurrences. Also the number of terms that the
// difference form sums one by one.
inline constexpr int stirling_from = 16;

// Terms of a gamma difference beyond stirling_from: x = a + 16, v = 1 / x, l = ln x, d = count - 16, so that
// the difference is between x + d and x.
struct far_terms {
  const double* x;
  const double* v;
  const double* l;
  const double* d;
};

struct kernels {
  // out = ln x, for normal positive x.
  void (*logs)(std::size_t n, const double* x, double* out);
  // out = exp x for -700 < x < 700, 0 below.
  void (*exps)(std::size_t n, const double* x, double* out);
  // Weighted terms of the recurrences: w ln x, w / x, w / x^2.
  void (*near)(std::size_t n, const double* x, const double* w, double* f, double* g, double* h);
  // Weighted differences of ln Gamma, psi, and -psi' between x + d and x, x >= 16.
  void (*far)(std::size_t n, const far_terms& t, const double* w, double* f, double* g, double* h);
  // The difference of ln Gamma alone, without weights.
  void (*far_log)(std::size_t n, const far_terms& t, double* f);
  // For each row: out[row][k] += sum over its buckets b of table[b][k].
  void (*gather_rows)(const std::uint32_t* bucket, const std::uint64_t* row_ptr, std::size_t first,
                      std::size_t last, const double* table, std::size_t k, double* out);
  // For each bucket b: out[b][k] = sum over its rows of z[row][k], over the fixed tree of row blocks of
  // 2^shift rows. Rows lie in [0, n).
  void (*gather_buckets)(const std::uint32_t* row, const std::uint64_t* bucket_ptr, std::size_t first,
                         std::size_t last, const double* z, std::size_t k, unsigned shift, double* out);
  // z_k = p_k exp(e_k - max e + ...) normalised: `e` holds ln p_k + evidence on entry and z on return, row by
  // row; norm[row] = ln sum_k exp(e_k).
  void (*softmax)(std::size_t rows, std::size_t k, double* e, double* norm);
};

extern const kernels baseline_kernels;
extern const kernels avx2_kernels;
extern const kernels avx512_kernels;

[[nodiscard]] inline const kernels& active_kernels() noexcept {
  switch (active_simd_level()) {
    case simd_level::avx512: return avx512_kernels;
    case simd_level::avx2: return avx2_kernels;
    case simd_level::baseline: break;
  }
  return baseline_kernels;
}

}  // namespace twill::dmm::detail
