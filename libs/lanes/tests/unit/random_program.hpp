// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/builder.hpp"

#include <cstdint>
#include <random>
#include <string>

namespace twill::lanes::test {

/// Writes valid programs without races: every lane stores in 64 bytes of its own, of a buffer in r1 and of
/// shared memory. They branch, loop, call and wait at barriers; many end in a fault.
class random_program {
 public:
  explicit random_program(std::uint64_t seed) : random_(seed) {}

  /// `barriers`: with BarSync and shared memory.
  program make(bool barriers) {
    barriers_ = barriers;
    calls_ = true;
    b_ = builder();
    // r2: byte offset of the lane's own slot; r3, r4: constants.
    b_.mov_imm(type::u32, reg{250}, 6).shl(type::u64, reg{2}, reg{global_lane_id}, reg{250});
    b_.cvt(type::u64, type::u32, reg{3}, reg{lane_idx_x}).shl(type::u64, reg{3}, reg{3}, reg{250});
    b_.mov_imm(type::u32, reg{251}, 3);
    for (std::uint16_t r = 10; r < 10 + registers_; ++r) {
      if (chance(70)) constant(reg{r});
    }
    body(3, 12);
    b_.exit();
    if (calls_) {
      b_.add_label("function");
      barriers_ = false;
      calls_ = false;
      body(1, 4);
      b_.ret();
    }
    calls_ = false;
    return b_.build();
  }

  /// Loops of registers alone, of known types, whose lanes leave at different times; then all is stored.
  program make_loops() {
    b_ = builder();
    b_.mov_imm(type::u32, reg{250}, 6).shl(type::u64, reg{2}, reg{global_lane_id}, reg{250});
    b_.ldg(type::u32, reg{9}, at(reg{1}, reg{2}, 0));
    for (std::uint16_t r = 10; r < 10 + registers_; ++r) {
      b_.mov_imm(type::i32, reg{r}, below(20) - 10);
      if (chance(50)) b_.cvt(type::i32, type::u32, reg{r}, reg{chance(50) ? lane_idx_x : std::uint16_t{9}});
      b_.cvt(type::f64, type::i32, wide(r), reg{r});
    }
    b_.mov_imm(type::u32, reg{45}, below(2) * 8 + 7).mov_imm(type::u32, reg{251}, 3);
    for (std::uint16_t p = 0; p < 3; ++p) {
      b_.set(static_cast<condition>(below(6)), type::i32, pred{p}, any(), any());
    }
    if (chance(30)) {  // some lanes are somewhere else
      b_.branch_if(any_pred(), "apart");
      for (std::uint64_t n = below(4); n > 0; --n) pure_statement();
      b_.add_label("apart");
    }
    for (std::uint64_t n = 1 + below(3); n > 0; --n) pure_loop();
    for (std::uint16_t k = 0; k < registers_; ++k) {
      b_.stg(type::i32, at(reg{1}, reg{2}, 4 * k), reg{static_cast<std::uint16_t>(10 + k)});
      if (k < 3) b_.stg(type::f64, at(reg{1}, reg{2}, 32 + 8 * k), wide(static_cast<std::uint16_t>(10 + k)));
    }
    return b_.build();
  }

 private:
  static constexpr std::uint16_t registers_ = 8;

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }
  reg any() { return reg{static_cast<std::uint16_t>(10 + below(registers_))}; }
  pred any_pred() { return pred{static_cast<std::uint16_t>(below(3))}; }
  type any_type() {
    // Mostly one type, so that not every program ends in a mismatch at once.
    static constexpr type some[] = {type::i8,  type::i16, type::i64, type::u8, type::u16,
                                    type::u32, type::u64, type::f32, type::f64};
    return chance(85) ? type::i32 : some[below(9)];
  }
  void constant(reg r) {
    const type t = any_type();
    b_.mov_imm(t, r,
               is_float(t) ? (t == type::f32 ? 0x3f800000U + (below(64) << 17)
                                             : 0x3ff0000000000000U + (below(64) << 45))
                           : below(20) - (chance(20) ? 10 : 0));
  }
  std::int32_t own_offset(type t) {
    return static_cast<std::int32_t>(below(64 / size_bytes(t)) * size_bytes(t));
  }

  void statement(int depth) {
    switch (below(16)) {
      case 0: constant(any()); return;
      case 1: {
        const type t = any_type();
        b_.ldg(t, any(), at(reg{1}, reg{2}, own_offset(t)));
        return;
      }
      case 2: {
        const type t = any_type();
        b_.stg(t, at(reg{1}, reg{2}, own_offset(t)), any());
        return;
      }
      case 3: b_.cvt(any_type(), any_type(), any(), any()); return;
      case 4: b_.cvt(type::i32, type::u32, any(), reg{lane_idx_x}); return;
      case 5: b_.set(static_cast<condition>(below(6)), any_type(), any_pred(), any(), any()); return;
      case 6: b_.sel(any_type(), any(), any_pred(), any(), any()); return;
      case 7: b_.mov(any_type(), any(), any()); return;
      case 8: {
        static constexpr opcode bits[] = {opcode::bit_and, opcode::bit_or, opcode::bit_xor};
        b_.binary(bits[below(3)], type::i32, any(), any(), any());
        return;
      }
      case 9: b_.shl(type::i32, any(), any(), reg{251}); return;
      case 10:
        if (depth > 0) branch(depth);
        return;
      case 11:
        if (depth > 0) loop(depth);
        return;
      case 12:
        if (calls_ && chance(50)) b_.call("function");
        return;
      case 13:
        if (barriers_ && chance(30)) {
          const type t = any_type();
          b_.sts(t, at(reg{3}, own_offset(t)), any());
          return;
        }
        [[fallthrough]];
      default: {
        static constexpr opcode some[] = {opcode::add, opcode::sub, opcode::mul,
                                          opcode::min, opcode::max, opcode::div};
        const opcode op = some[below(chance(10) ? 6 : 5)];
        b_.binary(op, any_type(), any(), any(), any());
        return;
      }
    }
  }

  void body(int depth, std::uint64_t most) {
    for (std::uint64_t n = 1 + below(most); n > 0; --n) statement(depth);
    if (barriers_ && depth == 3) {
      b_.bar_sync(static_cast<std::uint8_t>(below(3)));
      b_.lds(type::i32, any(), at(reg{3}, own_offset(type::i32)));
    }
  }

  // if (p) { ... } else { ... }, p from a comparison that differs by lane.
  void branch(int depth) {
    const pred p = any_pred();
    const reg r = any();
    b_.cvt(type::i32, type::u32, r, reg{lane_idx_x})
        .set(static_cast<condition>(below(6)), type::i32, p, r, any());
    const std::string other = b_.gen_label("else");
    const std::string end = b_.gen_label("end");
    b_.branch_if(p, other);
    const bool outer = barriers_;
    barriers_ = false;
    body(depth - 1, 4);
    if (chance(10)) b_.exit();
    b_.branch(end).add_label(other);
    if (chance(60)) body(depth - 1, 4);
    barriers_ = outer;
    b_.add_label(end);
  }

  // A loop whose trips differ by lane.
  void loop(int depth) {
    const reg count{static_cast<std::uint16_t>(40 + depth)};
    b_.mov(type::u32, count, reg{lane_idx_x})
        .mov_imm(type::u32, reg{45}, 3)
        .bit_and(type::u32, count, count, reg{45});
    const std::string top = b_.gen_label("top");
    b_.add_label(top);
    const bool outer = barriers_;
    barriers_ = false;
    body(depth - 1, 4);
    barriers_ = outer;
    b_.loop(count, top);
  }

  static reg wide(std::uint16_t r) { return reg{static_cast<std::uint16_t>(20 + r)}; }
  reg any_wide() { return wide(any().n); }

  void pure_statement() {
    static constexpr opcode some[] = {opcode::add, opcode::sub,     opcode::mul,    opcode::min,
                                      opcode::max, opcode::bit_and, opcode::bit_xor};
    switch (below(12)) {
      case 0: b_.mov_imm(type::i32, any(), below(9)); return;
      case 1: b_.mov(type::i32, any(), any()); return;
      case 2: b_.sel(type::i32, any(), any_pred(), any(), any()); return;
      case 3: b_.set(static_cast<condition>(below(6)), type::i32, any_pred(), any(), any()); return;
      case 4: b_.set(static_cast<condition>(below(6)), type::f64, any_pred(), any_wide(), any_wide()); return;
      case 5: b_.cvt(type::f64, type::i32, any_wide(), any()); return;
      case 6: b_.binary(some[below(5)], type::f64, any_wide(), any_wide(), any_wide()); return;
      case 7: b_.unary(opcode::sqrt, type::f64, any_wide(), any_wide()); return;
      case 8: b_.cvt(type::i32, type::f64, any(), any_wide()); return;
      default: b_.binary(some[below(7)], type::i32, any(), any(), any()); return;
    }
  }

  void pure_body(const std::string& end) {
    for (std::uint64_t n = 1 + below(5); n > 0; --n) {
      if (chance(15)) {
        b_.branch_if(any_pred(), end);
      } else if (chance(25)) {
        const std::string other = b_.gen_label("else");
        const std::string join = b_.gen_label("join");
        b_.set(static_cast<condition>(below(6)), type::i32, any_pred(), any(), any());
        b_.branch_if(any_pred(), other);
        pure_statement();
        if (chance(20)) b_.branch_if(any_pred(), end);
        if (chance(70)) b_.branch(chance(20) ? end : join);
        b_.add_label(other);
        pure_statement();
        b_.add_label(join);
      } else {
        pure_statement();
      }
    }
  }

  // By LOOP, by a branch at the bottom or one at the top; trips from the lane or from data.
  void pure_loop() {
    const reg count{41};
    const reg zero{42};
    const reg one{43};
    const pred more{3};
    b_.bit_and(type::u32, count, reg{chance(50) ? lane_idx_x : std::uint16_t{9}}, reg{45});
    b_.mov_imm(type::u32, zero, 0).mov_imm(type::u32, one, 1);
    b_.add(type::u32, count, count, one);
    const std::string top = b_.gen_label("top");
    const std::string end = b_.gen_label("end");
    b_.add_label(top);
    switch (below(3)) {
      case 0:
        pure_body(end);
        b_.loop(count, top);
        break;
      case 1:
        pure_body(end);
        b_.sub(type::u32, count, count, one).set(condition::gt, type::i32, any_pred(), any(), any());
        b_.set(condition::ne, type::u32, more, count, zero);
        b_.branch_if(more, top);
        break;
      default:
        b_.set(condition::eq, type::u32, more, count, zero).branch_if(more, end);
        b_.sub(type::u32, count, count, one);
        pure_body(end);
        b_.branch(top);
        break;
    }
    b_.add_label(end);
  }

  std::mt19937_64 random_;
  builder b_;
  bool barriers_ = false;
  bool calls_ = true;
};

}  // namespace twill::lanes::test
