// SPDX-License-Identifier: Apache-2.0
#include "exec/decode.hpp"

#include "twill/lanes/atlas.hpp"

#include <cstring>

namespace twill::lanes::detail {
namespace {

std::uint8_t tag_of(type t) { return static_cast<std::uint8_t>(t); }

std::uint8_t tag_of(operand_type as, const instruction& i) {
  switch (as) {
    case operand_type::operand:
    case operand_type::base_range: return tag_of(i.ty);
    case operand_type::source: return tag_of(i.src_ty);
    case operand_type::u8: return tag_of(type::u8);
    case operand_type::u32: return tag_of(type::u32);
    case operand_type::u64: return tag_of(type::u64);
    case operand_type::f64: return tag_of(type::f64);
  }
  return tag_nothing;
}

// The tables by class; entries from 96 on are never used, since such a lane has faulted.
template <class T, class F>
constexpr std::array<T, 256> table_of(F f) {
  std::array<T, 256> out{};
  for (unsigned c = 0; c < atlas::class_count; ++c) out[c] = static_cast<T>(f(static_cast<std::uint8_t>(c)));
  return out;
}
constexpr auto mirrors = table_of<std::uint8_t>([](std::uint8_t c) { return atlas::mirror(c); });
constexpr auto degrees = table_of<std::uint32_t>([](std::uint8_t c) { return atlas::degree(c); });
constexpr auto unities = table_of<std::uint8_t>([](std::uint8_t c) { return atlas::is_unity(c) ? 1 : 0; });
constexpr auto neighbor_lists = table_of<std::uint64_t>([](std::uint8_t c) {
  const atlas::neighbor_list list = atlas::neighbors(c);
  std::uint64_t packed = 0;
  for (std::size_t k = 0; k < list.count; ++k) packed |= std::uint64_t{list.ids[k]} << (8 * k);
  return packed;
});

template <auto Table, class D>
void look_up(void* d, const void* a, const void*, const void*, std::size_t n) {
  auto* const out = static_cast<D*>(d);
  const auto* const x = static_cast<const std::uint8_t*>(a);
  for (std::size_t i = 0; i < n; ++i) out[i] = (*Table)[x[i]];
}

// `c` is the instruction's immediate.
void neighbor_at(void* d, const void* a, const void*, const void* c, std::size_t n) {
  auto* const out = static_cast<std::uint8_t*>(d);
  const auto* const x = static_cast<const std::uint8_t*>(a);
  const std::uint64_t index = *static_cast<const std::uint64_t*>(c);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] =
        index < 6 ? static_cast<std::uint8_t>(neighbor_lists[x[i]] >> (8 * index) & 0xff) : std::uint8_t{0};
  }
}

void advance_phase(void* d, const void* a, const void*, const void* c, std::size_t n) {
  auto* const out = static_cast<std::uint32_t*>(d);
  const auto* const x = static_cast<const std::uint32_t*>(a);
  const auto delta = static_cast<std::uint32_t>(*static_cast<const std::uint64_t*>(c));
  for (std::size_t i = 0; i < n; ++i) out[i] = (x[i] + delta) % atlas::phase_modulus;
}

void boundary_index(void* d, const void* a, const void* b, const void* c, std::size_t n) {
  auto* const out = static_cast<std::uint64_t*>(d);
  const auto* const cls = static_cast<const std::uint8_t*>(a);
  const auto* const page = static_cast<const std::uint8_t*>(b);
  const auto* const byte = static_cast<const std::uint8_t*>(c);
  for (std::size_t i = 0; i < n; ++i)
    out[i] = cls[i] * std::uint64_t{class_bytes} + page[i] * std::uint64_t{256} + byte[i];
}

void write(decoded& d, slot reg, std::uint8_t tag) {
  d.writes = true;
  d.dst = reg;
  d.tag = tag;
  d.width = static_cast<std::uint8_t>(width_of_tag(tag));
}

void read(decoded& d, slot reg, std::uint8_t tag) {
  d.in[d.reads++] = {.reg = reg, .wanted = tag, .check = true};
  d.checked = true;
}

void decode_address(decoded& d, const address& a) {
  d.mode = a.mode;
  d.displacement = a.displacement;
  d.handle = a.handle;
  d.offset = a.offset;
  switch (a.mode) {
    case address_mode::buffer: return;
    case address_mode::phi:
      d.handle = class_handle(a.phi_class);
      d.offset =
          atlas::linear_index(static_cast<std::uint8_t>(a.phi_page), static_cast<std::uint8_t>(a.phi_byte));
      return;
    case address_mode::computed:
      read(d, a.base, tag_of(type::u64));
      read(d, a.offset_reg, tag_of(type::u64));
      return;
    case address_mode::indirect: read(d, a.base, tag_of(type::u64)); return;
  }
}

void decode_fields(const instruction& i, decoded& d, std::vector<operand>& ranges) {
  for (const field_info& f : fields_of(i.op)) {
    const auto reg = [&] { return i.regs.at(f.slot); };
    const auto predicate = [&] { return static_cast<slot>(first_predicate + reg()); };
    switch (f.kind) {
      case field_kind::dst: write(d, reg(), tag_of(f.as, i)); break;
      case field_kind::pred_dst: write(d, predicate(), tag_predicate); break;
      case field_kind::pred_src: read(d, predicate(), tag_predicate); break;
      case field_kind::pred_opt:
        if (i.predicated) read(d, predicate(), tag_predicate);
        break;
      case field_kind::addr: decode_address(d, i.addr); break;
      case field_kind::src:
        // Whole-array instructions read up to six handles themselves, in the one lane that there is.
        if (f.as == operand_type::base_range || is_whole_array(i.op)) {
          const std::uint64_t count = f.as == operand_type::base_range ? i.value : 1;
          if (d.range_size == 0) d.range = static_cast<std::uint32_t>(ranges.size());
          for (std::uint64_t k = 0; k < count; ++k) {
            ranges.push_back({.reg = static_cast<slot>(reg() + k), .wanted = tag_of(f.as, i), .check = true});
            ++d.range_size;
          }
          d.checked = true;
        } else {
          read(d, reg(), tag_of(f.as, i));
        }
        break;
      default: break;
    }
  }
}

void compute(decoded& d, vector_fn fn) {
  d.what = action::compute;
  d.fn = fn;
}

affine_rule rule_of(opcode op, type t) {
  if (!is_integer(t)) return affine_rule::none;
  switch (op) {
    case opcode::add: return affine_rule::add;
    case opcode::sub: return affine_rule::sub;
    case opcode::mul: return affine_rule::mul;
    case opcode::shl: return affine_rule::shl;
    default: return affine_rule::none;
  }
}

void decode_atlas(decoded& d) {
  switch (d.op) {
    case opcode::cls_get:
      d.what = action::copy;
      read(d, class_slot, tag_of(type::u8));
      return;
    case opcode::phase_get:
      d.what = action::copy;
      read(d, phase_slot, tag_of(type::u32));
      return;
    case opcode::phase_adv:
      compute(d, &advance_phase);
      read(d, phase_slot, tag_of(type::u32));
      write(d, phase_slot, tag_of(type::u32));
      return;
    case opcode::unity_test:
      compute(d, &look_up<&unities, std::uint8_t>);
      read(d, class_slot, tag_of(type::u8));
      return;
    case opcode::mirror:
      compute(d, &look_up<&mirrors, std::uint8_t>);
      d.values = value_check::class_index;
      return;
    case opcode::nbr_count:
      compute(d, &look_up<&degrees, std::uint32_t>);
      d.values = value_check::class_index;
      return;
    case opcode::nbr_get:
      compute(d, &neighbor_at);
      d.values = value_check::class_index;
      return;
    case opcode::bound_map:
      compute(d, &boundary_index);
      d.values = value_check::boundary;
      return;
    default:
      d.what = action::res_accum;
      d.values = value_check::class_index;
      return;
  }
}

action control_action(const instruction& i) {
  switch (i.op) {
    case opcode::bra: return i.predicated ? action::branch_if : action::branch;
    case opcode::call: return action::call;
    case opcode::ret: return action::ret;
    case opcode::loop: return action::loop;
    default: return action::exit;
  }
}

}  // namespace

decoded decode_instruction(const instruction& i, std::vector<operand>& ranges) {
  const kernel_table& k = kernels();
  decoded d;
  d.op = i.op;
  d.ty = i.ty;
  d.src_ty = i.src_ty;
  d.cond = i.cond;
  d.value = i.value;
  decode_fields(i, d, ranges);
  const auto ty = static_cast<std::size_t>(i.ty);
  switch (category_of(i.op)) {
    case op_category::control_flow:
      d.what = control_action(i);
      if (d.what == action::loop) write(d, i.regs[0], tag_of(type::u32));
      return d;
    case op_category::atlas_specific: decode_atlas(d); return d;
    case op_category::reduction: d.what = action::reduce; return d;
    case op_category::tensor:
    case op_category::normalization: d.what = action::whole_array; return d;
    default: break;
  }
  switch (i.op) {
    case opcode::ldg:
    case opcode::lds: d.what = action::load; break;
    case opcode::stg:
    case opcode::sts:
      d.what = action::store;
      d.width = static_cast<std::uint8_t>(width_index(size_bytes(i.ty)));
      break;
    case opcode::mov: d.what = action::copy; break;
    case opcode::mov_imm: d.what = action::constant; break;
    case opcode::setcc: compute(d, k.compare[static_cast<std::size_t>(i.cond)][ty]); break;
    case opcode::sel: d.what = action::select; break;
    case opcode::bar_sync: d.what = action::barrier; break;
    case opcode::mem_fence: d.what = action::fence; break;
    case opcode::pool_alloc: d.what = action::pool_alloc; break;
    case opcode::pool_free: d.what = action::pool_free; break;
    case opcode::pool_load: d.what = action::pool_load; break;
    case opcode::pool_store:
      d.what = action::pool_store;
      d.width = static_cast<std::uint8_t>(width_index(size_bytes(i.ty)));
      break;
    case opcode::cvt:
      compute(d, k.convert[ty][static_cast<std::size_t>(i.src_ty)]);
      if (is_integer(i.ty) && is_integer(i.src_ty)) d.affine = affine_rule::convert;
      break;
    default:
      compute(d, k.alu[static_cast<std::size_t>(i.op)][ty]);
      d.affine = rule_of(i.op, i.ty);
      if (i.op == opcode::div && is_integer(i.ty)) d.values = value_check::divisor;
      d.costly = i.op == opcode::div || category_of(i.op) == op_category::transcendental;
      break;
  }
  d.shared = i.op == opcode::lds || i.op == opcode::sts;
  return d;
}

}  // namespace twill::lanes::detail
