// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/builder.hpp"

#include <algorithm>
#include <bit>

namespace twill::lanes::templates {
namespace {

constexpr reg offset{0};
constexpr reg n{4};
constexpr reg amount{250};
constexpr reg lane{global_lane_id};
constexpr auto exit_label = "bounds_exit";

// Lanes from n on leave; r0 becomes the byte offset of the others' element.
builder begin(type t) {
  builder b;
  b.set(condition::geu, type::u64, pred{0}, lane, n).branch_if(pred{0}, exit_label);
  b.mov_imm(type::u32, amount, static_cast<std::uint64_t>(std::countr_zero(size_bytes(t))));
  b.shl(type::u64, offset, lane, amount);
  return b;
}

program finish(builder& b) {
  b.add_label(exit_label).exit();
  return b.build();
}

}  // namespace

program binary(opcode op, type t) {
  builder b = begin(t);
  b.ldg(t, reg{10}, at(reg{1}, offset)).ldg(t, reg{11}, at(reg{2}, offset));
  b.binary(op, t, reg{12}, reg{10}, reg{11}).stg(t, at(reg{3}, offset), reg{12});
  return finish(b);
}

program unary(opcode op, type t) {
  builder b = begin(t);
  b.ldg(t, reg{10}, at(reg{1}, offset)).unary(op, t, reg{12}, reg{10}).stg(t, at(reg{2}, offset), reg{12});
  return finish(b);
}

program copy(type t) {
  builder b = begin(t);
  b.ldg(t, reg{10}, at(reg{1}, offset)).stg(t, at(reg{2}, offset), reg{10});
  return finish(b);
}

program fill(type t) {
  builder b = begin(t);
  b.stg(t, at(reg{1}, offset), reg{5});
  return finish(b);
}

program gather(type t) {
  builder b = begin(t);
  b.mov_imm(type::u32, reg{249}, 2).shl(type::u64, reg{6}, lane, reg{249});
  b.ldg(type::u32, reg{7}, at(reg{2}, reg{6})).cvt(type::u64, type::u32, reg{8}, reg{7});
  b.shl(type::u64, reg{8}, reg{8}, amount).ldg(t, reg{10}, at(reg{1}, reg{8}));
  b.stg(t, at(reg{3}, offset), reg{10});
  return finish(b);
}

program reduction(opcode op, type t, unsigned count) {
  if (count > 64) throw fault(errc::invalid_argument, "a lane reduces at most 64 elements");
  builder b = begin(t);
  b.mov_imm(type::u64, reg{6}, count).mul(type::u64, reg{7}, offset, reg{6});
  for (unsigned i = 0; i < count; ++i) {
    b.ldg(t, reg{static_cast<std::uint16_t>(16 + i)},
          at(reg{1}, reg{7}, static_cast<std::int32_t>(i * size_bytes(t))));
  }
  b.reduce(op, t, reg{12}, reg{16}, static_cast<std::uint16_t>(count)).stg(t, at(reg{2}, offset), reg{12});
  return finish(b);
}

program phi_binary(opcode op, type t, std::uint16_t a, std::uint16_t b_class, std::uint16_t c) {
  if (std::max({a, b_class, c}) >= 96) {
    throw fault({.code = errc::invalid_class_index, .numbers = {std::max({a, b_class, c})}});
  }
  builder b = begin(t);
  // The handles of single classes are the last 96 of the 64-bit numbers.
  const auto handle = [](std::uint16_t cls) { return ~std::uint64_t{0} - 95 + cls; };
  b.mov_imm(type::u64, reg{1}, handle(a))
      .mov_imm(type::u64, reg{2}, handle(b_class))
      .mov_imm(type::u64, reg{3}, handle(c));
  b.ldg(t, reg{10}, at(reg{1}, offset)).ldg(t, reg{11}, at(reg{2}, offset));
  b.binary(op, t, reg{12}, reg{10}, reg{11}).stg(t, at(reg{3}, offset), reg{12});
  return finish(b);
}

}  // namespace twill::lanes::templates
