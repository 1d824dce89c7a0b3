// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/program.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace twill::lanes {
namespace {

[[noreturn]] void fail(errc code, std::size_t pc, std::uint64_t number, std::string name = {},
                       std::string text = {}) {
  throw fault(
      {.code = code, .numbers = {number}, .name = std::move(name), .text = std::move(text), .pc = pc});
}

[[noreturn]] void unsupported(std::size_t pc, opcode op, type t, std::string text = {}) {
  fail(errc::unsupported_operation, pc, static_cast<std::uint64_t>(t), std::string(name_of(op)),
       std::move(text));
}

bool is_half(type t) { return t == type::f16 || t == type::bf16; }

void check_type(const instruction& i, std::size_t pc) {
  if (static_cast<std::size_t>(i.ty) >= type_count || static_cast<std::size_t>(i.src_ty) >= type_count) {
    unsupported(pc, i.op, type::i8, "a type that does not exist");
  }
  if (!supports(i.op, i.ty)) unsupported(pc, i.op, i.ty);
  if (i.op == opcode::cvt && i.ty != i.src_ty) {
    if (is_half(i.ty) && i.src_ty != type::f32)
      unsupported(pc, i.op, i.ty, "f16 and bf16 convert from and to f32");
    if (is_half(i.src_ty) && i.ty != type::f32)
      unsupported(pc, i.op, i.src_ty, "f16 and bf16 convert from and to f32");
  }
  if (i.op == opcode::setcc && is_float(i.ty) && i.cond >= condition::ltu) {
    unsupported(pc, i.op, i.ty, "an unsigned condition on floating-point numbers");
  }
}

void check_register(std::uint64_t r, std::size_t pc) {
  if (r >= register_count) fail(errc::invalid_register, pc, r);
}

void check_address(const instruction& i, std::size_t pc) {
  const bool shared = i.op == opcode::lds || i.op == opcode::sts;
  const address& a = i.addr;
  switch (a.mode) {
    case address_mode::buffer:
      if (shared && a.handle != 0) {
        fail(errc::invalid_address, pc, 0, {}, "shared memory has no buffers: the handle must be 0");
      }
      return;
    case address_mode::phi:
      if (shared) fail(errc::invalid_address, pc, 0, {}, "shared memory has no classes");
      if (a.phi_class >= 96 || a.phi_page >= 48 || a.phi_byte >= 256) {
        throw fault({.code = errc::invalid_boundary_coordinates,
                     .numbers = {a.phi_class, a.phi_page, a.phi_byte},
                     .pc = pc});
      }
      return;
    case address_mode::indirect: check_register(a.base, pc); return;
    case address_mode::computed:
      check_register(a.base, pc);
      check_register(a.offset_reg, pc);
      return;
  }
  fail(errc::invalid_address, pc, 0, {}, "an address mode that does not exist");
}

void check_field(const program& p, const instruction& i, const field_info& f, std::size_t pc) {
  const auto number = [&] { return f.slot == 0 ? i.value : i.params.at(f.slot - 1U); };
  switch (f.kind) {
    case field_kind::ty:
    case field_kind::src_ty:
    case field_kind::bits:
    case field_kind::real: return;
    case field_kind::cond:
      if (i.cond > condition::geu) fail(errc::invalid_program, pc, 0, {}, "a condition that does not exist");
      return;
    case field_kind::dst:
    case field_kind::src: check_register(i.regs.at(f.slot), pc); return;
    case field_kind::pred_opt:
      if (!i.predicated) return;
      [[fallthrough]];
    case field_kind::pred_dst:
    case field_kind::pred_src:
      if (i.regs.at(f.slot) >= predicate_count) fail(errc::invalid_predicate, pc, i.regs.at(f.slot));
      return;
    case field_kind::number:
      if (number() > f.max) {
        fail(errc::invalid_program, pc, 0, {},
             std::string(f.name) + " of " + std::string(name_of(i.op)) + " is too large");
      }
      return;
    case field_kind::flag:
      if (number() > 1) fail(errc::invalid_program, pc, 0, {}, "a truth value is neither 0 nor 1");
      return;
    case field_kind::scope:
      if (i.value > 3) fail(errc::invalid_program, pc, 0, {}, "a memory scope that does not exist");
      return;
    case field_kind::operation:
      if (i.value >= operations_of(i.op).size()) {
        fail(errc::invalid_program, pc, 0, {}, "an operation that does not exist");
      }
      return;
    case field_kind::addr: check_address(i, pc); return;
    case field_kind::label:
      if (!p.has_label(i.target)) fail(errc::undefined_label, pc, pc, i.target);
      return;
  }
}

void check_instruction(const program& p, const instruction& i, std::size_t pc) {
  if (static_cast<std::size_t>(i.op) >= opcode_count) {
    fail(errc::invalid_program, pc, 0, {}, "an instruction that does not exist");
  }
  const auto fields = fields_of(i.op);
  std::size_t params = 0;
  for (const field_info& f : fields) {
    const bool number =
        f.kind == field_kind::number || f.kind == field_kind::real || f.kind == field_kind::flag;
    if (number) params = std::max<std::size_t>(params, f.slot);
  }
  if (i.params.size() != params) {
    fail(errc::invalid_program, pc, 0, {},
         std::string(name_of(i.op)) + " has the wrong number of parameters");
  }
  if (std::ranges::any_of(fields, [](const field_info& f) { return f.kind == field_kind::ty; }))
    check_type(i, pc);
  for (const field_info& f : fields) check_field(p, i, f, pc);
  if (category_of(i.op) == op_category::reduction && i.regs[1] + i.value > register_count) {
    fail(errc::invalid_register, pc, i.regs[1] + i.value - 1);
  }
}

}  // namespace

void program::validate() const {
  for (const auto& [name, index] : labels_) {
    if (index > code_.size()) {
      throw fault({.code = errc::invalid_label_target, .numbers = {index, code_.size()}, .name = name});
    }
  }
  for (std::size_t pc = 0; pc < code_.size(); ++pc) check_instruction(*this, code_[pc], pc);
}

}  // namespace twill::lanes
