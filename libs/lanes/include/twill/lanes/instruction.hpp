// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/types.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::lanes {

/// Every instruction of the machine. docs/reference/lanes-isa.md is generated from the same table.
enum class opcode : std::uint8_t {
  ldg,
  lds,
  stg,
  sts,
  mov,
  mov_imm,
  cvt,
  add,
  sub,
  mul,
  div,
  mad,
  fma,
  min,
  max,
  abs,
  neg,
  bit_and,
  bit_or,
  bit_xor,
  bit_not,
  shl,
  shr,
  pow,
  setcc,
  sel,
  bra,
  call,
  ret,
  loop,
  exit,
  bar_sync,
  mem_fence,
  reduce_add,
  reduce_min,
  reduce_max,
  reduce_mul,
  exp,
  log,
  log2,
  log10,
  sqrt,
  rsqrt,
  sin,
  cos,
  tan,
  tanh,
  sigmoid,
  cls_get,
  mirror,
  unity_test,
  nbr_count,
  nbr_get,
  res_accum,
  phase_get,
  phase_adv,
  bound_map,
  pool_alloc,
  pool_free,
  pool_load,
  pool_store,
  parallel_map,
  parallel_map_binary,
  parallel_reduce,
  layer_norm,
  group_norm,
  batch_norm,
  conv2d,
  nearest_upsample2d,
  gemm
};
/// How many opcodes there are.
inline constexpr std::size_t opcode_count = static_cast<std::size_t>(opcode::gemm) + 1;

/// "LDG", "BarSync", "ParallelMap": the name in JSON.
[[nodiscard]] std::string_view name_of(opcode op) noexcept;
/// "ldg", "bar.sync": what the text form begins with.
[[nodiscard]] std::string_view mnemonic_of(opcode op) noexcept;
/// What kind of work the instruction does.
[[nodiscard]] op_category category_of(opcode op) noexcept;
/// Whether the instruction has this type.
[[nodiscard]] bool supports(opcode op, type t) noexcept;
/// BRA CALL RET LOOP EXIT.
[[nodiscard]] bool is_control_flow(opcode op) noexcept;
/// LDG STG LDS STS PoolLoad PoolStore.
[[nodiscard]] bool is_memory_access(opcode op) noexcept;
/// PoolAlloc PoolFree PoolLoad PoolStore.
[[nodiscard]] bool is_pool_operation(opcode op) noexcept;
/// Executed as a whole by the operations library; needs a launch of exactly one lane.
[[nodiscard]] bool is_whole_array(opcode op) noexcept;

/// How an address is written.
enum class address_mode : std::uint8_t {
  buffer,    ///< `[buf42 + 128]`: a handle and a byte offset
  phi,       ///< `[phi(5, 12, 200)]`: class, page, byte of the boundary pool
  indirect,  ///< `[r10 + 64]`: the handle in a register (LDG, STG), or the byte (LDS, STS)
  computed   ///< `[r1 + r0 - 4]`: handle and byte offset in registers, and a displacement
};

/// Where a load or a store goes.
struct address {
  address_mode mode = address_mode::buffer;  ///< which of the members below count
  std::uint64_t handle = 0;                  ///< buffer
  std::uint64_t offset = 0;                  ///< buffer
  std::int32_t displacement = 0;             ///< indirect, computed
  std::uint16_t base = 0;                    ///< indirect: base register; computed: handle register
  std::uint16_t offset_reg = 0;              ///< computed
  std::uint16_t phi_class = 0;               ///< phi
  std::uint16_t phi_page = 0;                ///< phi
  std::uint16_t phi_byte = 0;                ///< phi
  friend bool operator==(const address&, const address&) = default;
};

/// One instruction. Which members count is told by the opcode's fields (`fields_of`); the rest stay zero.
struct instruction {
  opcode op = opcode::exit;             ///< what it does
  type ty = type::u32;                  ///< operand type; of CVT the destination's
  type src_ty = type::u32;              ///< CVT
  condition cond = condition::eq;       ///< SETcc
  std::array<std::uint16_t, 6> regs{};  ///< registers and predicates, in the order of the fields
  bool predicated = false;              ///< BRA with a predicate
  std::uint64_t value = 0;              ///< the immediate: bits, count, id, scope, size, operation
  lanes::address addr{};                ///< loads and stores
  std::string target{};                 ///< BRA, CALL, LOOP
  std::vector<std::uint64_t> params{};  ///< whole-array instructions: sizes, and reals as f64 bits

  friend bool operator==(const instruction&, const instruction&) = default;
};

/// What a field of an instruction is.
enum class field_kind : std::uint8_t {
  ty,         ///< operand type
  src_ty,     ///< second type of CVT
  cond,       ///< condition
  dst,        ///< register that is written
  src,        ///< register that is read
  pred_dst,   ///< predicate that is written
  pred_src,   ///< predicate that is read
  pred_opt,   ///< predicate that may be absent
  bits,       ///< immediate bit pattern of the operand type
  number,     ///< immediate number up to `max`
  real,       ///< immediate f64
  scope,      ///< memory scope
  operation,  ///< name of a map, binary map or reduction
  flag,       ///< true or false
  addr,       ///< address
  label       ///< label
};

/// The type a register field is read or written as.
enum class operand_type : std::uint8_t { operand, source, u8, u32, u64, f64, base_range };

/// One field of an opcode. The order of the fields is that of the text form; registers are read in it too.
struct field_info {
  std::string_view name;                    ///< in JSON
  field_kind kind;                          ///< what it holds
  std::uint8_t slot = 0;                    ///< in `regs`; for numbers 0 is `value`, k is `params[k - 1]`
  operand_type as = operand_type::operand;  ///< registers
  std::uint64_t max = ~std::uint64_t{0};    ///< numbers
};
/// The fields of an opcode, in the order of the text form.
[[nodiscard]] std::span<const field_info> fields_of(opcode op) noexcept;

/// Names of the operations of ParallelMap, ParallelMapBinary and ParallelReduce, indexed by `value`.
[[nodiscard]] std::span<const std::string_view> operations_of(opcode op) noexcept;

/// The opcode whose JSON name this is.
[[nodiscard]] std::optional<opcode> parse_opcode(std::string_view name) noexcept;

/// The instruction in the text form, without its label: `add.f32 r0, r1, r2`.
[[nodiscard]] std::string to_string(const instruction& i);
/// `[r1 + r0 - 4]`.
[[nodiscard]] std::string to_string(const address& a);

}  // namespace twill::lanes
