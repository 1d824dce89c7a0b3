// SPDX-License-Identifier: Apache-2.0
// Arithmetic: once where all lanes agree, symbolically where lanes differ by a stride, else by a vector loop.
#include "exec/batch.hpp"
#include "exec/decode.hpp"

#include <algorithm>
#include <cstring>

namespace twill::lanes::detail {
namespace {

std::uint64_t cut(std::uint64_t bits, std::size_t width) {
  return width == 3 ? bits : bits & ((std::uint64_t{1} << (8U << width)) - 1);
}

}  // namespace

bool batch::compute_uniform(const decoded& d) {
  std::array<const void*, 3> in{nullptr, nullptr, &d.value};
  for (std::size_t k = 0; k < d.reads; ++k) {
    const column& c = columns_[d.in[k].column];
    if (c.kind != shape::uniform) return false;
    in[k] = &c.base;
  }
  std::uint64_t out = 0;
  d.fn(&out, in[0], in[1], in[2], 1);
  set_uniform(d, out);
  return true;
}

bool batch::compute_affine(const decoded& d) {
  const column& a = columns_[d.in[0].column];
  const auto even = [](const column& c) {
    return c.kind == shape::uniform || c.kind == shape::affine || c.kind == shape::stepped;
  };
  const auto stride_of = [](const column& c) { return c.kind == shape::uniform ? 0 : c.stride; };
  const auto jump_of = [](const column& c) { return c.kind == shape::stepped ? c.jump : 0; };
  if (!even(a)) return false;
  const std::uint64_t a_stride = stride_of(a);
  const std::uint64_t a_jump = jump_of(a);
  if (d.affine == affine_rule::convert) {
    wide_int first = 0;
    wide_int last = 0;
    const bool narrower = size_bytes(d.ty) <= size_bytes(d.src_ty);
    if (narrower) {
      set_affine(d, cut(a.base, d.width), a_stride, a_jump);
      return true;
    }
    if (a.kind == shape::stepped) {
      spread over;
      if (!spread_of(a, d.src_ty, is_signed(d.src_ty), over)) return false;
      const extent at = extent_of_current();
      const auto stride = static_cast<std::uint64_t>(over.per_lane);
      const std::uint64_t jump = static_cast<std::uint64_t>(over.per_block) - stride * period_;
      const std::uint64_t lane = std::uint64_t{at.block} * period_ + at.lane;
      set_affine(d, static_cast<std::uint64_t>(over.first) - stride * lane - jump * at.block, stride, jump);
      return true;
    }
    if (!range_of(a, d.src_ty, is_signed(d.src_ty), first, last)) return false;
    const unsigned unused = 64U - (8U << width_index(size_bytes(d.src_ty)));
    const auto stride = static_cast<std::uint64_t>(static_cast<std::int64_t>(a_stride << unused) >> unused);
    const auto at_first = static_cast<std::uint64_t>(first);
    set_affine(d, at_first - stride * cur_->first, stride);
    return true;
  }
  const column& b = columns_[d.in[1].column];
  if (!even(b)) return false;
  const std::uint64_t b_stride = stride_of(b);
  const std::uint64_t b_jump = jump_of(b);
  switch (d.affine) {
    case affine_rule::add: set_affine(d, a.base + b.base, a_stride + b_stride, a_jump + b_jump); return true;
    case affine_rule::sub: set_affine(d, a.base - b.base, a_stride - b_stride, a_jump - b_jump); return true;
    case affine_rule::mul:
      if (a.kind != shape::uniform && b.kind != shape::uniform) return false;
      set_affine(d, a.base * b.base, a_stride * b.base + b_stride * a.base,
                 a_jump * b.base + b_jump * a.base);
      return true;
    case affine_rule::shl: {
      if (b.kind != shape::uniform) return false;
      const std::uint64_t amount = b.base & ((8U << d.width) - 1);
      set_affine(d, a.base << amount, a_stride << amount, a_jump << amount);
      return true;
    }
    default: return false;
  }
}

// A comparison of evenly rising values is decided by its ends: true everywhere or false everywhere.
bool batch::compare_affine(const decoded& d) {
  const column& a = columns_[d.in[0].column];
  const column& b = columns_[d.in[1].column];
  const bool bits = d.cond >= condition::ltu;
  const bool is_signed_order = is_signed(d.ty) && !bits;
  wide_int low = 0;
  wide_int high = 0;
  if (a.kind == shape::stepped || b.kind == shape::stepped) {
    spread x;
    spread y;
    if (!spread_of(a, d.ty, is_signed_order, x) || !spread_of(b, d.ty, is_signed_order, y)) return false;
    const extent over = extent_of_current();
    const wide_int lanes = (x.per_lane - y.per_lane) * wide_int{over.lanes};
    const wide_int blocks = (x.per_block - y.per_block) * wide_int{over.blocks};
    low = x.first - y.first + std::min(lanes, wide_int{0}) + std::min(blocks, wide_int{0});
    high = x.first - y.first + std::max(lanes, wide_int{0}) + std::max(blocks, wide_int{0});
  } else {
    wide_int a_first = 0;
    wide_int a_last = 0;
    wide_int b_first = 0;
    wide_int b_last = 0;
    if (!range_of(a, d.ty, is_signed_order, a_first, a_last) ||
        !range_of(b, d.ty, is_signed_order, b_first, b_last)) {
      return false;
    }
    low = std::min(a_first - b_first, a_last - b_last);
    high = std::max(a_first - b_first, a_last - b_last);
  }
  int answer = -1;
  switch (d.cond) {
    case condition::lt:
    case condition::ltu: answer = high < 0 ? 1 : low >= 0 ? 0 : -1; break;
    case condition::le:
    case condition::leu: answer = high <= 0 ? 1 : low > 0 ? 0 : -1; break;
    case condition::gt:
    case condition::gtu: answer = low > 0 ? 1 : high <= 0 ? 0 : -1; break;
    case condition::ge:
    case condition::geu: answer = low >= 0 ? 1 : high < 0 ? 0 : -1; break;
    case condition::eq: answer = low == 0 && high == 0 ? 1 : low > 0 || high < 0 ? 0 : -1; break;
    case condition::ne: answer = low == 0 && high == 0 ? 0 : low > 0 || high < 0 ? 1 : -1; break;
  }
  if (answer < 0) return false;
  set_uniform(d, static_cast<std::uint64_t>(answer));
  return true;
}

// Few lanes far apart: their operands are packed, so that the cost is that of the lanes that run.
bool batch::compute_sparse(const decoded& d) {
  const std::uint32_t span = cur_->last - cur_->first;
  if (!d.costly || cur_->mask == nullptr || cur_->active * sparse_part_ > span) return false;
  std::uint32_t n = 0;
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    indices_[n] = i;
    n += cur_->mask[i];
  }
  std::array<const void*, 3> in{nullptr, nullptr, &d.value};
  for (std::size_t k = 0; k < d.reads; ++k) {
    const std::size_t width = width_of_tag(d.in[k].wanted);
    kernels_->take[width](scratch_[k], array(columns_[d.in[k].column], width), indices_, nullptr, n);
    in[k] = scratch_[k];
  }
  d.fn(scratch_[3], in[0], in[1], in[2], n);
  column& c = columns_[d.column];
  if (!exclusive(d.dst)) keep_others(c, d.width);
  c.kind = shape::varying;
  c.constant = false;
  c.filled = false;
  kernels_->put[d.width](c.data, scratch_[3], indices_, nullptr, n);
  set_tag(d);
  return true;
}

// The result goes straight to where the next instruction stores it.
bool batch::compute_into_store(const decoded& d) {
  const decoded& s = program_->code[pc_ + 1];
  if (cur_->mask != nullptr || stop_ <= pc_ + 1 || cur_->run >= run_limit_ || !exclusive(d.dst)) return false;
  const place p = locate(s);
  const std::size_t size = std::size_t{1} << d.width;
  if (!p.uniform_handle || p.kind != shape::affine || p.stride != size || !in_bounds(p, size)) return false;
  std::byte* const out =
      p.where.data + (p.base + static_cast<std::uint64_t>(p.displacement) + p.stride * cur_->first);
  if (reinterpret_cast<std::uintptr_t>(out) % size != 0) return false;
  const std::byte* const end = out + (std::size_t{cur_->last - cur_->first} << d.width);
  std::array<const void*, 3> in{nullptr, nullptr, &d.value};
  for (std::size_t k = 0; k < d.reads; ++k) {
    const std::size_t width = width_of_tag(d.in[k].wanted);
    column& c = columns_[d.in[k].column];
    const std::size_t offset = std::size_t{cur_->first} << width;
    if (c.kind != shape::view) continue;
    const std::byte* const begin = c.view + offset;
    const bool same = begin == out && width == d.width;
    const bool apart = begin >= end || begin + (std::size_t{cur_->last - cur_->first} << width) <= out;
    if (!same && !apart) return false;
  }
  protect_views(out, end, pc_ + 2);
  for (std::size_t k = 0; k < d.reads; ++k) {
    const std::size_t width = width_of_tag(d.in[k].wanted);
    in[k] = array(columns_[d.in[k].column], width) + (std::size_t{cur_->first} << width);
  }
  d.fn(out, in[0], in[1], in[2], cur_->last - cur_->first);
  columns_[d.column].kind = shape::undefined;
  ++cur_->run;
  return true;
}

batch::step batch::compute(const decoded& d) {
  if (compute_uniform(d)) return step::next;
  if (d.affine != affine_rule::none && compute_affine(d)) return step::next;
  if (d.op == opcode::setcc && is_integer(d.ty) && compare_affine(d)) return step::next;
  if (d.store_next && compute_into_store(d)) return step::skip;
  if (compute_sparse(d)) return step::next;
  std::array<const void*, 3> in{nullptr, nullptr, &d.value};
  for (std::size_t k = 0; k < d.reads; ++k) {
    const std::size_t width = width_of_tag(d.in[k].wanted);
    in[k] = array(columns_[d.in[k].column], width) + (std::size_t{cur_->first} << width);
  }
  std::byte* const out = begin_write(d);
  d.fn(out, in[0], in[1], in[2], cur_->last - cur_->first);
  end_write(d, out);
  return step::next;
}

void batch::copy(const decoded& d) {
  column& from = columns_[d.in[0].column];
  if (from.kind == shape::uniform) {
    set_uniform(d, from.base);
    return;
  }
  if (from.kind == shape::affine || from.kind == shape::stepped) {
    set_affine(d, from.base, from.stride, from.kind == shape::stepped ? from.jump : 0);
    return;
  }
  if (d.in[0].column == d.column) {
    set_tag(d);
    return;
  }
  const std::byte* const in = array(from, d.width) + (std::size_t{cur_->first} << d.width);
  std::byte* const out = begin_write(d);
  std::memcpy(out, in, std::size_t{cur_->last - cur_->first} << d.width);
  end_write(d, out);
}

void batch::select(const decoded& d) {
  column& p = columns_[d.in[0].column];
  if (p.kind == shape::uniform) {
    decoded chosen = d;
    chosen.in[0] = (p.base & 0xff) != 0 ? d.in[1] : d.in[2];
    copy(chosen);
    return;
  }
  const std::byte* const bytes = array(p, 0) + cur_->first;
  const std::size_t offset = std::size_t{cur_->first} << d.width;
  const std::byte* const a = array(columns_[d.in[1].column], d.width) + offset;
  const std::byte* const b = array(columns_[d.in[2].column], d.width) + offset;
  std::byte* const out = begin_write(d);
  kernels_->select[d.width](out, bytes, a, b, cur_->last - cur_->first);
  end_write(d, out);
}

namespace {

std::uint64_t identity_of(opcode op, type t) {
  switch (op) {
    case opcode::reduce_add: return 0;
    case opcode::reduce_mul: return t == type::f32 ? 0x3f800000U : t == type::f64 ? 0x3ff0000000000000U : 1U;
    case opcode::reduce_min:
      return t == type::f32   ? 0x7f800000U
             : t == type::f64 ? 0x7ff0000000000000U
             : t == type::i32 ? 0x7fffffffU
                              : 0x7fffffffffffffffU;
    default:
      return t == type::f32   ? 0xff800000U
             : t == type::f64 ? 0xfff0000000000000U
             : t == type::i32 ? 0x80000000U
                              : 0x8000000000000000U;
  }
}

opcode step_of(opcode op) {
  switch (op) {
    case opcode::reduce_add: return opcode::add;
    case opcode::reduce_mul: return opcode::mul;
    case opcode::reduce_min: return opcode::min;
    default: return opcode::max;
  }
}

}  // namespace

// Over the registers of each lane, from the identity on.
void batch::reduce(const decoded& d) {
  const vector_fn fn = kernels_->alu[static_cast<std::size_t>(step_of(d.op))][static_cast<std::size_t>(d.ty)];
  const std::uint64_t identity = identity_of(d.op, d.ty);
  const std::uint32_t n = cur_->last - cur_->first;
  const std::size_t offset = std::size_t{cur_->first} << d.width;
  std::byte* const sum = scratch_[0] + offset;
  kernels_->fill[d.width](sum, &identity, nullptr, nullptr, n);
  for (std::uint32_t k = 0; k < d.range_size; ++k) {
    column& c = columns_[program_->ranges[d.range + k].column];
    fn(sum, sum, array(c, d.width) + offset, nullptr, n);
  }
  std::byte* const out = begin_write(d);
  std::memcpy(out, sum, std::size_t{n} << d.width);
  end_write(d, out);
}

void batch::accumulate(const decoded& d, resonance& sums) {
  const auto* const cls = reinterpret_cast<const std::uint8_t*>(array(columns_[d.in[0].column], 0));
  const auto* const value = array(columns_[d.in[1].column], 3);
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask != nullptr && cur_->mask[i] == 0) continue;
    double v = 0;
    std::memcpy(&v, value + std::size_t{i} * 8, 8);
    sums.add(cls[i], v);
  }
}

}  // namespace twill::lanes::detail
