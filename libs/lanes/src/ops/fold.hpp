// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/kernels.hpp"

namespace twill::lanes::ops::detail {

/// What becomes of a chunk: 16 partial results, element i to i mod 16, folded by a tree. The last three are
/// sums: of x y, x x and (x - y) (x - y).
enum class fold_kind : std::uint8_t { sum, product, min, max, any, all, dot, squares, differences };
inline constexpr std::size_t fold_kinds = 9;
inline constexpr std::size_t fold_chunk = 3072;  // elements

/// Writes one element to `out`; of `any` and `all` one byte. Sums wrap where they are of integers; a minimum
/// or maximum passes over NaN and is NaN where there is nothing else.
using fold_fn = void (*)(const void* a, const void* b, std::size_t n, void* out);

/// The same of four whole chunks that follow each other, at once: one chain of additions waits while the
/// others go on. Writes four elements. Pays where the elements lie in a cache.
using fold_four_fn = void (*)(const void* a, void* out);
inline constexpr std::size_t fold_four_bytes = std::size_t{4} << 20;  // more come from memory: one stream

/// One set for each level of vector instructions. All give the same bits.
struct fold_table {
  std::array<std::array<fold_fn, type_count>, fold_kinds> fold{};
  std::array<std::array<fold_four_fn, type_count>, fold_kinds> four{};  ///< where it pays, else null
  /// d[i] = a[i] op b[0]: add, sub, mul, div. A divisor is never an integer of 0.
  std::array<std::array<lanes::detail::vector_fn, type_count>, 4> scalar{};
  std::array<lanes::detail::vector_fn, type_count> saxpy{};  ///< d[i] = c[0] * a[i] + b[i]
  std::array<lanes::detail::vector_fn, type_count> clip{};   ///< a[i] between b[0] and c[0]
  std::array<lanes::detail::vector_fn, type_count> relu{};
};
[[nodiscard]] const fold_table& folds() noexcept;

void install_folds_baseline(fold_table& t);
void install_folds_avx2(fold_table& t);
void install_folds_avx512(fold_table& t);

}  // namespace twill::lanes::ops::detail
