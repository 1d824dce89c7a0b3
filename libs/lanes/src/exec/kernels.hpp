// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/instruction.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace twill::lanes::detail {

/// d[i] = f(a[i], b[i], c[i]) for i < n. `d` may be one of the operands; it overlaps none of them otherwise.
/// Operands that a function has not are ignored.
using vector_fn = void (*)(void* d, const void* a, const void* b, const void* c, std::size_t n);

/// Loads and stores by one offset a lane: `offsets[i]` bytes from `base`; with `mask`, lanes whose byte is
/// not 0.
using gather_fn = void (*)(void* d, const std::byte* base, const std::uint64_t* offsets,
                           const std::uint8_t* mask, std::size_t n);
using scatter_fn = void (*)(std::byte* base, const std::uint64_t* offsets, const void* s,
                            const std::uint8_t* mask, std::size_t n);

/// One index by width: 0 for one byte, 3 for eight.
[[nodiscard]] constexpr std::size_t width_index(std::size_t bytes) noexcept {
  return bytes == 1 ? 0 : bytes == 2 ? 1 : bytes == 4 ? 2 : 3;
}

/// Loops over lanes, one set for each level of vector instructions. Predicates and masks are bytes of 0 or 1.
struct kernel_table {
  std::array<std::array<vector_fn, type_count>, opcode_count> alu{};    ///< by opcode and type
  std::array<std::array<vector_fn, type_count>, 10> compare{};          ///< by condition and type; d: bytes
  std::array<std::array<vector_fn, type_count>, type_count> convert{};  ///< by destination and source
  std::array<vector_fn, 16> map{};  ///< f32, by the operation of ParallelMap beyond the opcodes; may be null
  std::array<vector_fn, 16> map_f64{};  ///< the same for f64
  vector_fn atan2_f32 = nullptr;
  vector_fn atan2_f64 = nullptr;
  std::array<vector_fn, 4> select{};  ///< a: bytes; d = a ? b : c
  std::array<vector_fn, 4> fill{};    ///< d[i] = a[0]
  std::array<vector_fn, 4> ramp{};    ///< d[i] = a[0] + i * b[0], modulo 2^width
  std::array<vector_fn, 4> blend{};   ///< b: bytes; d[i] = a[i] where b[i]
  std::array<vector_fn, 4> take{};    ///< b: u32 indices; d[i] = a[b[i]]
  std::array<vector_fn, 4> put{};     ///< b: u32 indices; d[b[i]] = a[i]
  std::array<gather_fn, 4> gather{};
  std::array<scatter_fn, 4> scatter{};
  /// d[i] = what stands `i * stride` bytes from `from`, and the other way round.
  std::array<void (*)(void* d, const std::byte* from, std::int64_t stride, std::size_t n), 4> take_strided{};
  std::array<void (*)(std::byte* to, std::int64_t stride, const void* s, std::size_t n), 4> put_strided{};
  /// Whether one of the values is 0.
  std::array<bool (*)(const void* v, std::size_t n), 4> any_zero{};
  /// The largest offset among the lanes of the mask (of all where it is null), 0 when there are none.
  std::uint64_t (*largest)(const std::uint64_t* v, const std::uint8_t* mask, std::size_t n) = nullptr;
  /// How many bytes are not 0.
  std::size_t (*count)(const std::uint8_t* bytes, std::size_t n) = nullptr;
  /// d[i] = a[i] where mask (all where it is null), else 0: how many are 1.
  std::size_t (*within)(std::uint8_t* d, const std::uint8_t* a, const std::uint8_t* mask,
                        std::size_t n) = nullptr;
  /// d[i] = 1 in the lanes of the mask (all where it is null) where a[i] is 0, else 0.
  void (*without)(std::uint8_t* d, const std::uint8_t* a, const std::uint8_t* mask, std::size_t n) = nullptr;
  /// v[i] += by in the lanes of the mask (all where it is null).
  void (*bump)(std::uint64_t* v, std::uint64_t by, const std::uint8_t* mask, std::size_t n) = nullptr;
  /// v[i] += by in the lanes of the mask (all where it is null); and wide[i] += v[i].
  void (*tally)(std::uint16_t* v, std::uint16_t by, const std::uint8_t* mask, std::size_t n) = nullptr;
  void (*add_tally)(std::uint64_t* wide, const std::uint16_t* v, std::size_t n) = nullptr;
  /// taken[i] = whether counts[i] is not 0; d[i] = one less where it is.
  void (*countdown)(std::uint32_t* d, std::uint8_t* taken, const std::uint32_t* counts,
                    std::size_t n) = nullptr;
  /// d[i] = 1 in the lanes of the mask (all where it is null); others stay.
  void (*mark)(std::uint8_t* d, const std::uint8_t* mask, std::size_t n) = nullptr;
};

/// The set for the processor's level, chosen once.
[[nodiscard]] const kernel_table& kernels() noexcept;

void install_alu_baseline(kernel_table& t);
void install_alu_avx2(kernel_table& t);
void install_alu_avx512(kernel_table& t);
void install_math_baseline(kernel_table& t);
void install_math_avx2(kernel_table& t);
void install_math_avx512(kernel_table& t);
void install_move_baseline(kernel_table& t);
void install_move_avx2(kernel_table& t);
void install_move_avx512(kernel_table& t);

}  // namespace twill::lanes::detail
