// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/builder.hpp"

#include <algorithm>
#include <utility>

namespace twill::lanes {

address at_buffer(std::uint64_t handle, std::uint64_t offset) noexcept {
  return {.mode = address_mode::buffer, .handle = handle, .offset = offset};
}
address at_phi(std::uint16_t phi_class, std::uint16_t page, std::uint16_t byte) noexcept {
  return {.mode = address_mode::phi, .phi_class = phi_class, .phi_page = page, .phi_byte = byte};
}
address at(reg base, std::int32_t offset) noexcept {
  return {.mode = address_mode::indirect, .displacement = offset, .base = base.n};
}
address at(reg handle, reg offset, std::int32_t displacement) noexcept {
  return {
      .mode = address_mode::computed, .displacement = displacement, .base = handle.n, .offset_reg = offset.n};
}

reg builder::alloc_reg() {
  if (!free_regs_.empty()) {
    const reg r{free_regs_.back()};
    free_regs_.pop_back();
    return r;
  }
  return alloc_reg_range(1);
}

reg builder::alloc_reg_range(unsigned n) {
  if (n > lane_idx_x || next_reg_ + n > lane_idx_x) {
    throw fault({.code = errc::invalid_register,
                 .numbers = {next_reg_ + std::uint64_t{n} - 1},
                 .text = "no register is left"});
  }
  const reg first{next_reg_};
  next_reg_ = static_cast<std::uint16_t>(next_reg_ + n);
  return first;
}

pred builder::alloc_pred() {
  if (!free_preds_.empty()) {
    const pred p{free_preds_.back()};
    free_preds_.pop_back();
    return p;
  }
  if (next_pred_ == predicate_count) {
    throw fault(
        {.code = errc::invalid_predicate, .numbers = {predicate_count}, .text = "no predicate is left"});
  }
  return pred{next_pred_++};
}

builder& builder::free_reg(reg r) {
  if (r.n >= next_reg_ || std::ranges::find(free_regs_, r.n) != free_regs_.end()) {
    throw fault({.code = errc::invalid_register, .numbers = {r.n}, .text = "the register is not allocated"});
  }
  free_regs_.push_back(r.n);
  return *this;
}

builder& builder::free_reg_range(reg first, unsigned n) {
  for (unsigned i = 0; i < n; ++i) free_reg(reg{static_cast<std::uint16_t>(first.n + i)});
  return *this;
}

builder& builder::free_pred(pred p) {
  if (p.n >= next_pred_ || std::ranges::find(free_preds_, p.n) != free_preds_.end()) {
    throw fault(
        {.code = errc::invalid_predicate, .numbers = {p.n}, .text = "the predicate is not allocated"});
  }
  free_preds_.push_back(p.n);
  return *this;
}

std::string builder::gen_label(std::string_view prefix) {
  std::string name;
  do {
    name = std::string(prefix) + "_" + std::to_string(next_label_++);
  } while (program_.has_label(name));
  return name;
}

builder& builder::add_label(std::string name) {
  program_.add_label(std::move(name));
  return *this;
}

builder& builder::push(instruction i) {
  program_.push(std::move(i));
  return *this;
}

bool builder::retarget_last(reg from, reg to) {
  if (program_.empty()) return false;
  for (const auto& [name, index] : program_.labels()) {
    if (index == program_.len()) return false;
  }
  instruction last = program_.code().back();
  const auto fields = fields_of(last.op);
  const auto dst = std::ranges::find(fields, field_kind::dst, &field_info::kind);
  if (dst == fields.end() || last.regs.at(dst->slot) != from.n) return false;
  last.regs.at(dst->slot) = to.n;
  program_.replace_last(std::move(last));
  return true;
}

builder& builder::extend(std::span<const instruction> more) {
  program_.extend(more);
  return *this;
}

program builder::build() {
  program_.validate();
  program done = std::move(program_);
  *this = builder();
  return done;
}

builder& builder::ops(opcode op, type t, std::initializer_list<std::uint16_t> regs, std::uint64_t value) {
  instruction i;
  i.op = op;
  // An instruction without a type keeps the member's default, so that equality means equality of the fields.
  const auto fields = fields_of(op);
  if (std::ranges::any_of(fields, [](const field_info& f) { return f.kind == field_kind::ty; })) i.ty = t;
  std::ranges::copy(regs, i.regs.begin());
  i.value = value;
  return push(std::move(i));
}

builder& builder::access(opcode op, type t, reg r, const address& a) {
  instruction i;
  i.op = op;
  i.ty = t;
  i.regs[0] = r.n;
  i.addr = a;
  return push(std::move(i));
}

builder& builder::mov_imm(type t, reg d, std::uint64_t bits) {
  const std::size_t size = size_bytes(t);
  return ops(opcode::mov_imm, t, {d.n}, size == 8 ? bits : bits & ((std::uint64_t{1} << (8 * size)) - 1));
}

builder& builder::cvt(type to, type from, reg d, reg s) {
  instruction i;
  i.op = opcode::cvt;
  i.ty = to;
  i.src_ty = from;
  i.regs[0] = d.n;
  i.regs[1] = s.n;
  return push(std::move(i));
}

builder& builder::set(condition c, type t, pred d, reg a, reg b) {
  instruction i;
  i.op = opcode::setcc;
  i.ty = t;
  i.cond = c;
  i.regs = {d.n, a.n, b.n};
  return push(std::move(i));
}

builder& builder::branch(std::string label) {
  instruction i;
  i.op = opcode::bra;
  i.target = std::move(label);
  return push(std::move(i));
}

builder& builder::branch_if(pred p, std::string label) {
  instruction i;
  i.op = opcode::bra;
  i.predicated = true;
  i.regs[0] = p.n;
  i.target = std::move(label);
  return push(std::move(i));
}

builder& builder::call(std::string label) {
  instruction i;
  i.op = opcode::call;
  i.target = std::move(label);
  return push(std::move(i));
}

builder& builder::loop(reg count, std::string label) {
  instruction i;
  i.op = opcode::loop;
  i.regs[0] = count.n;
  i.target = std::move(label);
  return push(std::move(i));
}

builder& builder::mem_fence(memory_scope s) {
  return ops(opcode::mem_fence, type::u32, {}, static_cast<std::uint64_t>(s));
}

}  // namespace twill::lanes
