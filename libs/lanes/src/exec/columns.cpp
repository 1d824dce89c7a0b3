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
    case shape::stepped:
      if (!c.filled) {
        ramp(c.data, width, c, lo_, hi_);
        c.filled = true;
        c.constant = false;
      }
      return c.data;
  }
  return c.data;
}

// The values of an even column in the lanes [from, to).
void batch::ramp(std::byte* lane_0, std::size_t width, const column& c, std::uint32_t from,
                 std::uint32_t to) const {
  while (from < to) {
    const std::uint32_t block = c.jump == 0 ? 0 : from / period_;
    const std::uint32_t end = c.jump == 0 ? to : std::min(to, (block + 1) * period_);
    const std::uint64_t first = c.base + c.stride * from + c.jump * block;
    kernels_->ramp[width](lane_0 + (std::size_t{from} << width), &first, &c.stride, nullptr, end - from);
    from = end;
  }
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

void batch::set_affine(const decoded& d, std::uint64_t base, std::uint64_t stride, std::uint64_t jump) {
  column& c = columns_[d.column];
  if (stride == 0 && jump == 0) {
    set_uniform(d, d.width == 3 ? base : base & ((std::uint64_t{1} << (8U << d.width)) - 1));
    return;
  }
  if (exclusive(d.dst)) {
    c.kind = jump == 0 ? shape::affine : shape::stepped;
    c.base = base;
    c.stride = stride;
    c.jump = jump;
    c.filled = false;
    set_tag(d);
    return;
  }
  std::byte* const out = begin_write(d);
  column even;
  even.base = base;
  even.stride = stride;
  even.jump = jump;
  ramp(out - (std::size_t{cur_->first} << d.width), d.width, even, cur_->first, cur_->last);
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
  if (c.kind == shape::stepped) bits += c.stride * lane + c.jump * (lane / period_);
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

// The lanes of the current group as a rectangle of blocks and lanes of each, or one that contains them.
batch::extent batch::extent_of_current() const noexcept {
  const std::uint32_t first = cur_->first / period_;
  const std::uint32_t last = (cur_->last - 1) / period_;
  if (first == last) return {first, cur_->first % period_, 0, cur_->last - 1 - cur_->first};
  return {first, 0, last - first, period_ - 1};
}

// The same for columns of which some are stepped: values over the rectangle of `extent_of_current`, when none
// of its corners wraps. Values are linear in both directions, so that nothing in between wraps either.
bool batch::spread_of(const column& c, type t, bool is_signed_order, spread& out) const noexcept {
  const unsigned unused = 64U - (8U << width_index(size_bytes(t)));
  const auto as_signed = [&](std::uint64_t bits) -> wide_int {
    return static_cast<std::int64_t>(bits << unused) >> unused;
  };
  const auto value = [&](std::uint64_t bits) -> wide_int {
    return is_signed_order ? as_signed(bits) : static_cast<wide_int>(bits << unused >> unused);
  };
  if (c.kind == shape::uniform) {
    out = {value(c.base), 0, 0};
    return true;
  }
  if (c.kind != shape::affine && c.kind != shape::stepped) return false;
  const std::uint64_t jump = c.kind == shape::stepped ? c.jump : 0;
  const extent over = extent_of_current();
  out.per_lane = as_signed(c.stride);
  out.per_block = as_signed(c.stride * period_ + jump);
  out.first =
      value(c.base + c.stride * (std::uint64_t{over.block} * period_ + over.lane) + jump * over.block);
  const wide_int low = is_signed_order ? -(wide_int{1} << (63 - unused)) : 0;
  const wide_int high = low + (wide_int{1} << (64 - unused));
  for (const wide_int block : {wide_int{0}, wide_int{over.blocks}}) {
    for (const wide_int lane : {wide_int{0}, wide_int{over.lanes}}) {
      const wide_int corner = out.first + block * out.per_block + lane * out.per_lane;
      if (corner < low || corner >= high) return false;
    }
  }
  return true;
}

}  // namespace twill::lanes::detail
