// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// Kernels as data: programs of a small register machine, launched over grids of blocks of lanes.
namespace twill::lanes {

/// What a register, a buffer element or an operand holds. Little-endian in memory, at any byte address.
enum class type : std::uint8_t { i8, i16, i32, i64, u8, u16, u32, u64, f16, bf16, f32, f64 };
/// How many types there are.
inline constexpr std::size_t type_count = 12;

/// Bytes of an element.
[[nodiscard]] constexpr std::size_t size_bytes(type t) noexcept {
  constexpr std::uint8_t sizes[type_count] = {1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8};
  return sizes[static_cast<std::size_t>(t)];
}
/// Whether it is f16, bf16, f32 or f64.
[[nodiscard]] constexpr bool is_float(type t) noexcept { return t >= type::f16; }
/// Whether it is a whole number of either kind.
[[nodiscard]] constexpr bool is_integer(type t) noexcept { return t <= type::u64; }
/// Whether it is a whole number with a sign.
[[nodiscard]] constexpr bool is_signed(type t) noexcept { return t <= type::i64; }
/// Whether it is a whole number without a sign.
[[nodiscard]] constexpr bool is_unsigned(type t) noexcept { return t >= type::u8 && t <= type::u64; }
/// "i8", ..., "bf16", "f64".
[[nodiscard]] std::string_view name_of(type t) noexcept;
/// The type of that name.
[[nodiscard]] std::optional<type> parse_type(std::string_view name) noexcept;

/// The relation of a comparison. The last four compare bit patterns as unsigned numbers.
enum class condition : std::uint8_t { eq, ne, lt, le, gt, ge, ltu, leu, gtu, geu };
/// Its name in texts.
[[nodiscard]] std::string_view name_of(condition c) noexcept;
[[nodiscard]] std::optional<condition> parse_condition(std::string_view name) noexcept;

/// Whom a memory fence orders the lane's accesses for.
enum class memory_scope : std::uint8_t { thread, block, device, system };
/// Its name in texts.
[[nodiscard]] std::string_view name_of(memory_scope s) noexcept;
[[nodiscard]] std::optional<memory_scope> parse_scope(std::string_view name) noexcept;

/// What kind of work an instruction does.
enum class op_category : std::uint8_t {
  data_movement,
  arithmetic,
  logic,
  control_flow,
  synchronization,
  atlas_specific,
  reduction,
  transcendental,
  pool_storage,
  normalization,
  tensor
};
/// "data movement", "atlas-specific", ...
[[nodiscard]] std::string_view name_of(op_category c) noexcept;

/// Registers and predicates that a lane has.
inline constexpr unsigned register_count = 256;
/// Predicates that a lane has.
inline constexpr unsigned predicate_count = 16;
/// Registers that hold a lane's coordinates before the first instruction.
inline constexpr std::uint16_t lane_idx_x = 252;      ///< u32, lane x in the block
inline constexpr std::uint16_t block_idx_x = 253;     ///< u32, block x in the grid
inline constexpr std::uint16_t block_dim_x = 254;     ///< u32, lanes of a block along x
inline constexpr std::uint16_t global_lane_id = 255;  ///< u64, block_linear * lanes_per_block + lane_linear

/// Whether the register holds a coordinate of the lane.
[[nodiscard]] constexpr bool is_special_register(unsigned r) noexcept { return r >= 252 && r <= 255; }
/// "LANE_IDX_X", "BLOCK_IDX_X", "BLOCK_DIM_X", "GLOBAL_LANE_ID"; empty for all others.
[[nodiscard]] std::string_view special_register_name(unsigned r) noexcept;

/// The type enumerator of an arithmetic C++ type.
template <class T>
inline constexpr std::optional<type> type_of = std::nullopt;
template <>
inline constexpr std::optional<type> type_of<std::int8_t> = type::i8;
template <>
inline constexpr std::optional<type> type_of<std::int16_t> = type::i16;
template <>
inline constexpr std::optional<type> type_of<std::int32_t> = type::i32;
template <>
inline constexpr std::optional<type> type_of<std::int64_t> = type::i64;
template <>
inline constexpr std::optional<type> type_of<std::uint8_t> = type::u8;
template <>
inline constexpr std::optional<type> type_of<std::uint16_t> = type::u16;
template <>
inline constexpr std::optional<type> type_of<std::uint32_t> = type::u32;
template <>
inline constexpr std::optional<type> type_of<std::uint64_t> = type::u64;
/// f32.
template <>
inline constexpr std::optional<type> type_of<float> = type::f32;
/// f64.
template <>
inline constexpr std::optional<type> type_of<double> = type::f64;

}  // namespace twill::lanes
