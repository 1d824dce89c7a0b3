// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/cpu.hpp"

#include <cstddef>
#include <cstdint>

namespace twill::detail {

/// Key and upper counter words of one stream of Philox blocks; the block's number fills the lower counter
/// words.
struct philox_stream {
  std::uint32_t key[2];
  std::uint32_t upper[2];
};

/// What `split` found in its elements. Types here are plain aggregates: an implicit function of theirs,
/// compiled in a file with wider instructions, could be the copy that the linker keeps for all.
struct split_sums {
  double upper;       ///< exact sum of the parts that are multiples of the first unit
  double lower;       ///< exact sum of the parts that are multiples of the second unit
  bool rest_is_zero;  ///< nothing is left over
};

/// The inner loops that vector instructions speed up. Every version gives the same bits: all are made of
/// single IEEE operations in the same order for each element, compiled without contraction.
struct kernels {
  /// 16 interleaved partial sums folded by halves; any n.
  double (*leaf_sum_f64)(const double* x, std::size_t n);
  float (*leaf_sum_f32)(const float* x, std::size_t n);
  /// The largest magnitude; NaNs are passed over.
  double (*max_magnitude)(const double* x, std::size_t n);
  /// Splits each element at two units 2^b, given as the constants 1.5 * 2^(52+b), and sums the parts apart.
  split_sums (*split)(const double* x, double* rest, std::size_t n, double first, double second);
  /// Outputs 2*block, 2*block+1 of each block from `first_block` on.
  void (*philox_bits)(const philox_stream& stream, std::uint64_t first_block, std::size_t blocks,
                      std::uint64_t* out);
  void (*philox_uniform)(const philox_stream& stream, std::uint64_t first_block, std::size_t blocks,
                         double* out);
  /// The central rational function of the inverse normal, wherever it applies or not.
  void (*normal_centre)(const double* u, double* z, std::size_t n);
};

extern const kernels baseline_kernels;
extern const kernels avx2_kernels;
extern const kernels avx512_kernels;

/// The kernels of the active level.
[[nodiscard]] const kernels& active_kernels() noexcept;

}  // namespace twill::detail
