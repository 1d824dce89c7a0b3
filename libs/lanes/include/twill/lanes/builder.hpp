// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/program.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::lanes {

/// A register or predicate number that cannot be taken for anything else.
struct reg {
  std::uint16_t n = 0;  ///< its number
  friend bool operator==(reg, reg) = default;
};
/// As reg, of a predicate.
struct pred {
  std::uint16_t n = 0;  ///< its number
  friend bool operator==(pred, pred) = default;
};

/// Addresses of the four modes.
[[nodiscard]] address at_buffer(std::uint64_t handle, std::uint64_t offset = 0) noexcept;
[[nodiscard]] address at_phi(std::uint16_t phi_class, std::uint16_t page, std::uint16_t byte) noexcept;
[[nodiscard]] address at(reg base, std::int32_t offset = 0) noexcept;
[[nodiscard]] address at(reg handle, reg offset, std::int32_t displacement = 0) noexcept;

/// Writes programs: registers are handed out and taken back, labels are made, instructions appended.
///
/// Every member throws `fault` for what makes no program. Helpers return the builder, so that calls chain.
class builder {
 public:
  /// A freed register (the last freed first), or the next number; never a special one.
  [[nodiscard]] reg alloc_reg();
  /// The first of `n` neighbours.
  [[nodiscard]] reg alloc_reg_range(unsigned n);
  /// As alloc_reg, of a predicate.
  [[nodiscard]] pred alloc_pred();
  /// Takes a register back.
  builder& free_reg(reg r);
  /// Takes `n` neighbours back.
  builder& free_reg_range(reg first, unsigned n);
  /// Takes a predicate back.
  builder& free_pred(pred p);
  /// `prefix_0`, `prefix_1`, ...: never one that the program has.
  [[nodiscard]] std::string gen_label(std::string_view prefix);
  /// Gives the next instruction this label.
  builder& add_label(std::string name);
  /// Where the next instruction will stand.
  [[nodiscard]] std::size_t current_pc() const noexcept { return program_.len(); }

  /// Appends an instruction.
  builder& push(instruction i);
  /// Lets the last instruction write `to` where it writes `from` to a general register: false, and nothing is
  /// changed, where it does not, or where a label follows it.
  bool retarget_last(reg from, reg to);
  /// Appends instructions.
  builder& extend(std::span<const instruction> more);
  /// The program, validated; the builder is empty afterwards.
  [[nodiscard]] program build();

  /// @{
  /// Moves data: loads and stores of a type, copies, constants, conversions.
  builder& ldg(type t, reg d, const address& a) { return access(opcode::ldg, t, d, a); }
  builder& lds(type t, reg d, const address& a) { return access(opcode::lds, t, d, a); }
  builder& stg(type t, const address& a, reg s) { return access(opcode::stg, t, s, a); }
  builder& sts(type t, const address& a, reg s) { return access(opcode::sts, t, s, a); }
  builder& mov(type t, reg d, reg s) { return ops(opcode::mov, t, {d.n, s.n}); }
  /// `bits` are cut to the width of the type.
  builder& mov_imm(type t, reg d, std::uint64_t bits);
  builder& mov_imm_f32(reg d, float v) { return mov_imm(type::f32, d, std::bit_cast<std::uint32_t>(v)); }
  builder& mov_imm_f64(reg d, double v) { return mov_imm(type::f64, d, std::bit_cast<std::uint64_t>(v)); }
  builder& cvt(type to, type from, reg d, reg s);
  /// @}

  /// @{
  /// Appends the arithmetic or logic instruction of this name: `d` gets the result.
  builder& add(type t, reg d, reg a, reg b) { return ops(opcode::add, t, {d.n, a.n, b.n}); }
  builder& sub(type t, reg d, reg a, reg b) { return ops(opcode::sub, t, {d.n, a.n, b.n}); }
  builder& mul(type t, reg d, reg a, reg b) { return ops(opcode::mul, t, {d.n, a.n, b.n}); }
  builder& div(type t, reg d, reg a, reg b) { return ops(opcode::div, t, {d.n, a.n, b.n}); }
  builder& min(type t, reg d, reg a, reg b) { return ops(opcode::min, t, {d.n, a.n, b.n}); }
  builder& max(type t, reg d, reg a, reg b) { return ops(opcode::max, t, {d.n, a.n, b.n}); }
  builder& pow(type t, reg d, reg a, reg b) { return ops(opcode::pow, t, {d.n, a.n, b.n}); }
  builder& mad(type t, reg d, reg a, reg b, reg c) { return ops(opcode::mad, t, {d.n, a.n, b.n, c.n}); }
  builder& fma(type t, reg d, reg a, reg b, reg c) { return ops(opcode::fma, t, {d.n, a.n, b.n, c.n}); }
  builder& abs(type t, reg d, reg s) { return ops(opcode::abs, t, {d.n, s.n}); }
  builder& neg(type t, reg d, reg s) { return ops(opcode::neg, t, {d.n, s.n}); }
  builder& bit_and(type t, reg d, reg a, reg b) { return ops(opcode::bit_and, t, {d.n, a.n, b.n}); }
  builder& bit_or(type t, reg d, reg a, reg b) { return ops(opcode::bit_or, t, {d.n, a.n, b.n}); }
  builder& bit_xor(type t, reg d, reg a, reg b) { return ops(opcode::bit_xor, t, {d.n, a.n, b.n}); }
  builder& bit_not(type t, reg d, reg s) { return ops(opcode::bit_not, t, {d.n, s.n}); }
  builder& shl(type t, reg d, reg s, reg amount) { return ops(opcode::shl, t, {d.n, s.n, amount.n}); }
  builder& shr(type t, reg d, reg s, reg amount) { return ops(opcode::shr, t, {d.n, s.n, amount.n}); }
  builder& set(condition c, type t, pred d, reg a, reg b);
  builder& sel(type t, reg d, pred p, reg if_true, reg if_false) {
    return ops(opcode::sel, t, {d.n, p.n, if_true.n, if_false.n});
  }
  /// EXP LOG LOG2 LOG10 SQRT RSQRT SIN COS TAN TANH SIGMOID, and every other instruction `op.ty d, s`.
  builder& unary(opcode op, type t, reg d, reg s) { return ops(op, t, {d.n, s.n}); }
  /// Every instruction `op.ty d, a, b`.
  builder& binary(opcode op, type t, reg d, reg a, reg b) { return ops(op, t, {d.n, a.n, b.n}); }
  /// @}

  /// @{
  /// As the one above, of this type.
  builder& add_i32(reg d, reg a, reg b) { return add(type::i32, d, a, b); }
  builder& add_u32(reg d, reg a, reg b) { return add(type::u32, d, a, b); }
  builder& add_u64(reg d, reg a, reg b) { return add(type::u64, d, a, b); }
  builder& add_f32(reg d, reg a, reg b) { return add(type::f32, d, a, b); }
  builder& add_f64(reg d, reg a, reg b) { return add(type::f64, d, a, b); }
  builder& sub_f32(reg d, reg a, reg b) { return sub(type::f32, d, a, b); }
  builder& mul_f32(reg d, reg a, reg b) { return mul(type::f32, d, a, b); }
  builder& div_f32(reg d, reg a, reg b) { return div(type::f32, d, a, b); }
  /// @}

  /// @{
  /// Changes where lanes go on, or what they wait for.
  builder& branch(std::string label);
  builder& branch_if(pred p, std::string label);
  builder& call(std::string label);
  builder& ret() { return ops(opcode::ret, type::u32, {}); }
  builder& loop(reg count, std::string label);
  builder& exit() { return ops(opcode::exit, type::u32, {}); }
  builder& bar_sync(std::uint8_t id = 0) { return ops(opcode::bar_sync, type::u32, {}, id); }
  builder& mem_fence(memory_scope s);
  /// ReduceAdd, ReduceMin, ReduceMax, ReduceMul over r[base .. base + count).
  builder& reduce(opcode op, type t, reg d, reg base, std::uint16_t count) {
    return ops(op, t, {d.n, base.n}, count);
  }
  /// @}

  /// @{
  /// Appends the instruction of this name over classes, phases, the boundary and pools.
  builder& cls_get(reg d) { return ops(opcode::cls_get, type::u8, {d.n}); }
  builder& mirror(reg d, reg s) { return ops(opcode::mirror, type::u8, {d.n, s.n}); }
  builder& unity_test(pred d, double epsilon) {
    return ops(opcode::unity_test, type::u8, {d.n}, std::bit_cast<std::uint64_t>(epsilon));
  }
  builder& nbr_count(reg d, reg cls) { return ops(opcode::nbr_count, type::u8, {d.n, cls.n}); }
  builder& nbr_get(reg d, reg cls, std::uint8_t index) {
    return ops(opcode::nbr_get, type::u8, {d.n, cls.n}, index);
  }
  builder& res_accum(reg cls, reg value) { return ops(opcode::res_accum, type::u8, {cls.n, value.n}); }
  builder& phase_get(reg d) { return ops(opcode::phase_get, type::u8, {d.n}); }
  builder& phase_adv(std::uint16_t delta) { return ops(opcode::phase_adv, type::u8, {}, delta); }
  builder& bound_map(reg d, reg cls, reg page, reg byte) {
    return ops(opcode::bound_map, type::u8, {d.n, cls.n, page.n, byte.n});
  }
  builder& pool_alloc(reg d, std::uint64_t bytes) { return ops(opcode::pool_alloc, type::u64, {d.n}, bytes); }
  builder& pool_free(reg handle) { return ops(opcode::pool_free, type::u64, {handle.n}); }
  builder& pool_load(type t, reg d, reg pool, reg offset) {
    return ops(opcode::pool_load, t, {d.n, pool.n, offset.n});
  }
  builder& pool_store(type t, reg pool, reg offset, reg s) {
    return ops(opcode::pool_store, t, {pool.n, offset.n, s.n});
  }
  /// @}

 private:
  builder& access(opcode op, type t, reg r, const address& a);
  builder& ops(opcode op, type t, std::initializer_list<std::uint16_t> regs, std::uint64_t value = 0);

  program program_;
  std::vector<std::uint16_t> free_regs_;
  std::vector<std::uint16_t> free_preds_;
  std::uint16_t next_reg_ = 0;
  std::uint16_t next_pred_ = 0;
  std::uint64_t next_label_ = 0;
};

/// Programs for common work on arrays of `t`: r1, r2, ... hold the handles and r4 (u64) the number of
/// elements, passed as initial registers; one lane an element.
namespace templates {
/// c[i] = op(a[i], b[i]): r1 = a, r2 = b, r3 = c.
[[nodiscard]] program binary(opcode op, type t);
/// c[i] = op(a[i]): r1 = a, r2 = c.
[[nodiscard]] program unary(opcode op, type t);
/// c[i] = a[i]: r1 = a, r2 = c.
[[nodiscard]] program copy(type t);
/// c[i] = value: r1 = c, r5 (of type t) = value.
[[nodiscard]] program fill(type t);
/// c[i] = a[index[i]], index of u32: r1 = a, r2 = index, r3 = c.
[[nodiscard]] program gather(type t);
/// c[i] = op over a[i * count .. (i + 1) * count): r1 = a, r2 = c. At most 64 elements each.
[[nodiscard]] program reduction(opcode op, type t, unsigned count);
/// c[i] = op(a[i], b[i]) on the first elements of three classes of the boundary pool.
[[nodiscard]] program phi_binary(opcode op, type t, std::uint16_t a, std::uint16_t b, std::uint16_t c);
}  // namespace templates

}  // namespace twill::lanes
