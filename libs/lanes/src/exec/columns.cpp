// SPDX-License-Identifier: Apache-2.0
// Reading and writing registers in whichever shape they are.
#include "exec/batch.hpp"
#include "exec/decode.hpp"

#include <cstring>

namespace twill::lanes::detail {

std::uint32_t batch::first_active() const noexcept { return cur_->first; }

// Nobody but the current group will read the register before writing it.
bool batch::exclusive(slot reg) const noexcept {
  if (groups_.size() == 1) return true;
  for (const lane_group& g : groups_) {
    if (&g != cur_ && program_->live_at(g.pc, reg)) return false;
  }
  return true;
}

// The values as an array over the lanes; those outside of the window are of no meaning.
const std::byte* batch::array(column& c, std::size_t width) {
  switch (c.kind) {
    case shape::undefined:
    case shape::varying: return c.data;
    case shape::view:
      if (cur_->first >= c.view_first && cur_->last <= c.view_last) return c.view;
      materialise(c, width);
      return c.data;
    case shape::uniform:
      if (!c.constant || c.constant_bits != c.base) {
        kernels_->fill[width](c.data, &c.base, nullptr, nullptr, width_);
        c.constant = true;
        c.constant_bits = c.base;
      }
      return c.data;
    case shape::affine:
      if (!c.filled) {
        const std::uint64_t at_lo = c.base + c.stride * lo_;
        kernels_->ramp[width](c.data + (std::size_t{lo_} << width), &at_lo, &c.stride, nullptr, hi_ - lo_);
        c.filled = true;
        c.constant = false;
      }
      return c.data;
  }
  return c.data;
}

void batch::materialise(column& c, std::size_t width) {
  if (c.kind == shape::varying || c.kind == shape::undefined) return;
  if (c.kind == shape::view) {
    const std::size_t offset = std::size_t{c.view_first} << width;
    std::memcpy(c.data + offset, c.view + offset, std::size_t{c.view_last - c.view_first} << width);
    c.constant = false;
  } else {
    static_cast<void>(array(c, width));
  }
  c.kind = shape::varying;
}

// Before lanes of the current group alone are written, the others' values move into the column. Keeps (4).
void batch::keep_others(column& c, std::size_t width) {
  materialise(c, width);
  c.kind = shape::varying;
  c.constant = false;
  c.filled = false;
}

void batch::set_tag(const decoded& d) {
  if (!d.tagged) return;
  std::uint8_t& tag = tags_[d.dst];
  if (tag == d.tag) return;
  if (exclusive(d.dst)) {
    tag = d.tag;
    return;
  }
  std::uint8_t* const each = lane_tags_[d.dst];
  if (tag != tag_each_) std::memset(each + lo_, tag, hi_ - lo_);
  tag = tag_each_;
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask == nullptr || cur_->mask[i] != 0) each[i] = d.tag;
  }
}

void batch::set_uniform(const decoded& d, std::uint64_t bits) {
  column& c = columns_[d.column];
  if (exclusive(d.dst)) {
    c.kind = shape::uniform;
    c.base = bits;
    c.filled = false;
    set_tag(d);
    return;
  }
  std::byte* const out = begin_write(d);
  kernels_->fill[d.width](out, &bits, nullptr, nullptr, cur_->last - cur_->first);
  end_write(d, out);
}

void batch::set_affine(const decoded& d, std::uint64_t base, std::uint64_t stride) {
  column& c = columns_[d.column];
  if (stride == 0) {
    set_uniform(d, d.width == 3 ? base : base & ((std::uint64_t{1} << (8U << d.width)) - 1));
    return;
  }
  if (exclusive(d.dst)) {
    c.kind = shape::affine;
    c.base = base;
    c.stride = stride;
    c.filled = false;
    set_tag(d);
    return;
  }
  std::byte* const out = begin_write(d);
  const std::uint64_t first = base + stride * cur_->first;
  kernels_->ramp[d.width](out, &first, &stride, nullptr, cur_->last - cur_->first);
  end_write(d, out);
}

// Where the results of the lanes [first, last) go. Operands have been turned into arrays before: a column
// that is its own operand keeps its values until the function reads them.
std::byte* batch::begin_write(const decoded& d) {
  column& c = columns_[d.column];
  const std::size_t offset = std::size_t{cur_->first} << d.width;
  if (exclusive(d.dst)) return c.data + offset;
  if (cur_->mask == nullptr) {
    keep_others(c, d.width);
    return c.data + offset;
  }
  return scratch_[3] + offset;
}

void batch::end_write(const decoded& d, const std::byte* written) {
  column& c = columns_[d.column];
  const std::size_t offset = std::size_t{cur_->first} << d.width;
  if (written == scratch_[3] + offset) {
    keep_others(c, d.width);
    kernels_->blend[d.width](c.data + offset, written, cur_->mask + cur_->first, nullptr,
                             cur_->last - cur_->first);
  }
  c.kind = shape::varying;
  c.constant = false;
  c.filled = false;
  set_tag(d);
}

std::uint64_t batch::lane_bits(const column& c, std::size_t width, std::uint32_t lane) const noexcept {
  std::uint64_t bits = c.base;
  if (c.kind == shape::affine) bits += c.stride * lane;
  if (c.kind == shape::varying || c.kind == shape::view || c.kind == shape::undefined) {
    const std::byte* const at = (c.kind == shape::view ? c.view : c.data) + (std::size_t{lane} << width);
    bits = 0;
    std::memcpy(&bits, at, std::size_t{1} << width);
  }
  return width == 3 ? bits : bits & ((std::uint64_t{1} << (8U << width)) - 1);
}

// First and last value of an affine or uniform column over the current group, when they rise or fall evenly
// in between: no wrap of the type. `is_signed_order` says how bit patterns are ordered.
bool batch::range_of(const column& c, type t, bool is_signed_order, wide_int& first,
                     wide_int& last) const noexcept {
  const std::size_t width = width_index(size_bytes(t));
  const unsigned unused = 64U - (8U << width);
  const auto value = [&](std::uint64_t bits) -> wide_int {
    if (is_signed_order) return static_cast<std::int64_t>(bits << unused) >> unused;
    return static_cast<wide_int>(bits << unused >> unused);
  };
  if (c.kind == shape::uniform) {
    first = last = value(c.base);
    return true;
  }
  if (c.kind != shape::affine) return false;
  const auto slope = static_cast<std::int64_t>(c.stride << unused) >> unused;
  first = value(c.base + c.stride * cur_->first);
  last = value(c.base + c.stride * (cur_->last - 1));
  return last - first == static_cast<wide_int>(slope) * (cur_->last - 1 - cur_->first);
}

}  // namespace twill::lanes::detail
