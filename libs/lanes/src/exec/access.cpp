// SPDX-License-Identifier: Apache-2.0
// Loads and stores: one test for a batch whose addresses rise evenly, a gather with one test for others, lane
// by lane where a lane faults or lanes use different buffers.
#include "exec/batch.hpp"
#include "exec/decode.hpp"

#include <algorithm>
#include <cstring>

namespace twill::lanes::detail {
namespace {

// A byte offset before it is known to be one: below zero, or beyond 64 bits.
bool fits(wide_int offset, std::size_t bytes, std::size_t size) {
  return offset >= 0 && offset <= static_cast<wide_int>(size) &&
         size - static_cast<std::uint64_t>(offset) >= bytes;
}

}  // namespace

// Where the instruction goes, as far as all lanes have it in common.
batch::place batch::locate(const decoded& d) {
  place p;
  const auto of_column = [&](std::size_t k) {
    column& c = columns_[d.in[k].column];
    p.kind = c.kind;
    p.base = c.base;
    p.stride = c.stride;
    p.displacement = d.displacement;
    if (p.kind == shape::stepped) p.jump = c.jump;
    if (p.kind == shape::uniform) p.stride = 0;
    if (p.kind == shape::uniform || p.kind == shape::affine || p.kind == shape::stepped) return;
    p.kind = shape::varying;
    p.offsets = reinterpret_cast<const std::uint64_t*>(array(c, 3));
  };
  const auto of_handle = [&](std::size_t k) {
    const column& c = columns_[d.in[k].column];
    p.uniform_handle = c.kind == shape::uniform;
    if (p.uniform_handle) p.where = launch_->buffers->find(c.base);
  };
  if (d.shared) {
    p.where = {shared_.data(), shared_.size(), true};
    p.between = shared_stride_;
  }
  switch (d.mode) {
    case address_mode::buffer:
    case address_mode::phi:
      if (!d.shared) p.where = launch_->buffers->find(d.handle);
      p.base = d.offset;
      break;
    case address_mode::indirect:
      if (d.shared) {
        of_column(0);
      } else {
        of_handle(0);
        p.displacement = d.displacement;
      }
      break;
    case address_mode::computed:
      if (!d.shared) of_handle(0);
      of_column(1);
      break;
  }
  return p;
}

// Whether every lane of the current group is inside; false may also mean "not known".
bool batch::in_bounds(const place& p, std::size_t bytes) const noexcept {
  if (!p.uniform_handle || !p.where.valid || p.where.size < bytes) return false;
  const wide_int displacement = p.displacement;
  switch (p.kind) {
    case shape::uniform: return fits(static_cast<wide_int>(p.base) + displacement, bytes, p.where.size);
    case shape::affine: {
      column c;
      c.kind = shape::affine;
      c.base = p.base;
      c.stride = p.stride;
      wide_int first = 0;
      wide_int last = 0;
      return range_of(c, type::u64, false, first, last) && fits(first + displacement, bytes, p.where.size) &&
             fits(last + displacement, bytes, p.where.size);
    }
    case shape::stepped: {
      column c;
      c.kind = shape::stepped;
      c.base = p.base;
      c.stride = p.stride;
      c.jump = p.jump;
      spread s;
      if (!spread_of(c, type::u64, false, s)) return false;
      const extent over = extent_of_current();
      const wide_int lanes = s.per_lane * wide_int{over.lanes};
      const wide_int blocks = s.per_block * wide_int{over.blocks};
      const wide_int low = s.first + std::min(lanes, wide_int{0}) + std::min(blocks, wide_int{0});
      const wide_int high = s.first + std::max(lanes, wide_int{0}) + std::max(blocks, wide_int{0});
      return fits(low + displacement, bytes, p.where.size) && fits(high + displacement, bytes, p.where.size);
    }
    default: {
      if (p.displacement < 0) return false;
      const std::uint8_t* const mask = cur_->mask == nullptr ? nullptr : cur_->mask + cur_->first;
      const std::uint64_t most = kernels_->largest(p.offsets + cur_->first, mask, cur_->last - cur_->first);
      return fits(static_cast<wide_int>(most) + displacement, bytes, p.where.size);
    }
  }
}

// Lane by lane, in the order of the lanes; the first one that fails ends itself and all above. False when
// none is left.
bool batch::check_places(const decoded& d, std::size_t bytes, bool underflow_only) {
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask != nullptr && cur_->mask[i] == 0) continue;
    const auto bits = [&](std::size_t k) { return lane_bits(columns_[d.in[k].column], 3, i); };
    std::uint64_t handle = d.handle;
    wide_int offset = static_cast<wide_int>(d.offset);
    if (d.mode == address_mode::indirect) {
      handle = bits(0);
      offset = d.displacement;
      if (d.shared) offset += static_cast<wide_int>(bits(0));
    } else if (d.mode == address_mode::computed) {
      handle = bits(0);
      offset = static_cast<wide_int>(bits(1)) + d.displacement;
    }
    if (offset < 0) {
      const auto below = static_cast<std::uint64_t>(static_cast<std::int64_t>(offset));
      return fault_at(i, errc::address_underflow, {below});
    }
    if (underflow_only) continue;
    region where{shared_.data(), shared_.size(), true};
    if (!d.shared) where = launch_->buffers->find(handle);
    if (!where.valid) return fault_at(i, errc::invalid_buffer_handle, {handle});
    if (!fits(offset, bytes, where.size)) {
      const wide_int most = static_cast<wide_int>(~std::uint64_t{0});
      const auto shown = static_cast<std::uint64_t>(std::min(offset, most));
      return fault_at(i, d.shared ? errc::shared_out_of_bounds : errc::buffer_out_of_bounds,
                      {shown, bytes, where.size});
    }
  }
  return true;
}

// One offset a lane, displacement not included, from the shared memory of the first block on.
const std::uint64_t* batch::offsets_of(const place& p) {
  if (p.kind == shape::varying && p.between == 0) return p.offsets;
  auto* const out = reinterpret_cast<std::uint64_t*>(scratch_[2]);
  if (p.kind != shape::varying) {
    column c;
    c.base = p.base;
    c.stride = p.stride;
    c.jump = p.jump + p.between;
    ramp(scratch_[2], 3, c, cur_->first, cur_->last);
    return out;
  }
  std::memcpy(out + cur_->first, p.offsets + cur_->first, (cur_->last - cur_->first) * sizeof(std::uint64_t));
  by_block([&](std::uint32_t from, std::uint32_t to, std::uint32_t block) {
    if (block != 0) kernels_->bump(out + from, p.between * block, nullptr, to - from);
  });
  return out;
}

// Views in [begin, end) that are still wanted keep what they showed before a store there.
void batch::protect_views(const std::byte* begin, const std::byte* end, std::uint32_t next_pc) {
  for (std::size_t v = 0; v < views_.size();) {
    column& c = columns_[views_[v]];
    const column_info& info = program_->columns[views_[v]];
    if (c.kind != shape::view) {
      views_[v] = views_.back();
      views_.pop_back();
      continue;
    }
    const std::byte* const from = c.view + (std::size_t{c.view_first} << info.width);
    const std::byte* const to = c.view + (std::size_t{c.view_last} << info.width);
    const bool wanted = groups_.size() > 1 || program_->live_at(next_pc, info.reg);
    if (from < end && begin < to && wanted) materialise(c, info.width);
    ++v;
  }
}

// Before a barrier all views become values: other lanes may write their buffers in the next phase.
void batch::keep_views() {
  for (const std::uint16_t v : views_) {
    const column_info& info = program_->columns[v];
    const bool wanted = groups_.size() > 1 || program_->live_at(pc_ + 1, info.reg);
    if (columns_[v].kind == shape::view && wanted) materialise(columns_[v], info.width);
    if (columns_[v].kind == shape::view) columns_[v].kind = shape::undefined;
  }
  views_.clear();
}

void batch::load_each(const decoded& d) {
  std::byte* const out = begin_write(d);
  const std::size_t size = std::size_t{1} << d.width;
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask != nullptr && cur_->mask[i] == 0) continue;
    const region where = launch_->buffers->find(lane_bits(columns_[d.in[0].column], 3, i));
    const std::uint64_t offset =
        d.mode == address_mode::computed ? lane_bits(columns_[d.in[1].column], 3, i) : 0;
    std::memcpy(out + ((i - cur_->first) * size),
                where.data + (offset + static_cast<std::uint64_t>(d.displacement)), size);
  }
  end_write(d, out);
}

void batch::store_each(const decoded& d) {
  const std::size_t size = std::size_t{1} << d.width;
  const operand& source = d.in[d.reads - 1U];
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask != nullptr && cur_->mask[i] == 0) continue;
    const region where = launch_->buffers->find(lane_bits(columns_[d.in[0].column], 3, i));
    const std::uint64_t offset =
        d.mode == address_mode::computed ? lane_bits(columns_[d.in[1].column], 3, i) : 0;
    const std::uint64_t bits = lane_bits(columns_[source.column], d.width, i);
    std::memcpy(where.data + (offset + static_cast<std::uint64_t>(d.displacement)), &bits, size);
  }
}

batch::step batch::load(const decoded& d) {
  const std::size_t size = std::size_t{1} << d.width;
  place p = locate(d);
  if (!in_bounds(p, size)) {
    if (!check_places(d, size, false)) return step::left;
    p = locate(d);
  }
  if (!p.uniform_handle) {
    // The offsets may stand in the destination's own column: lane i is read before it is written.
    load_each(d);
    return step::next;
  }
  const std::byte* const base = p.where.data + p.displacement;
  if (p.kind == shape::uniform && p.between == 0) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, base + p.base, size);
    set_uniform(d, bits);
    return step::next;
  }
  const std::uint32_t n = cur_->last - cur_->first;
  if (p.kind == shape::affine && p.stride == size && p.between == 0) {
    const std::byte* const from = base + (p.base + p.stride * cur_->first);
    const bool aligned = reinterpret_cast<std::uintptr_t>(from) % size == 0;
    if (aligned && !d.shared && exclusive(d.dst)) {
      column& c = columns_[d.column];
      c.kind = shape::view;
      c.view = from - (std::size_t{cur_->first} << d.width);
      c.view_first = cur_->first;
      c.view_last = cur_->last;
      if (std::find(views_.begin(), views_.end(), d.column) == views_.end()) views_.push_back(d.column);
      set_tag(d);
      return step::next;
    }
    std::byte* const out = begin_write(d);
    std::memcpy(out, from, n * size);
    end_write(d, out);
    return step::next;
  }
  if (p.kind != shape::varying && cur_->mask == nullptr) {
    std::byte* const out = begin_write(d);
    pieces(p, [&](std::uint32_t first, std::uint32_t last, const std::byte* from) {
      std::byte* const to = out + (std::size_t{first - cur_->first} << d.width);
      if (p.stride == size) {
        std::memcpy(to, from, (last - first) * size);
      } else {
        kernels_->take_strided[d.width](to, from, static_cast<std::int64_t>(p.stride), last - first);
      }
    });
    end_write(d, out);
    return step::next;
  }
  const std::uint64_t* const offsets = offsets_of(p) + cur_->first;
  const std::uint8_t* const mask = mask_of_current();
  std::byte* const out = begin_write(d);
  kernels_->gather[d.width](out, base, offsets, mask, n);
  end_write(d, out);
  return step::next;
}

batch::step batch::store(const decoded& d) {
  const std::size_t size = std::size_t{1} << d.width;
  const operand& source = d.in[d.reads - 1U];
  if (d.checked) {
    for (std::size_t k = 0; k + 1 < d.reads; ++k) {
      if (!check_operand(d.in[k])) return step::left;
    }
    if (d.displacement < 0 && !check_places(d, size, true)) return step::left;
    if (!check_operand(source)) return step::left;
  }
  place p = locate(d);
  if (!in_bounds(p, size)) {
    if (!check_places(d, size, false)) return step::left;
    p = locate(d);
  }
  if (!p.uniform_handle) {
    protect_views(nullptr, reinterpret_cast<const std::byte*>(~std::uintptr_t{0}), pc_);
    store_each(d);
    return step::next;
  }
  std::byte* const base = p.where.data + p.displacement;
  const std::uint32_t n = cur_->last - cur_->first;
  const bool contiguous = p.kind == shape::affine && p.stride == size && p.between == 0;
  if (!d.shared) {
    std::byte* const from = contiguous ? base + (p.base + p.stride * cur_->first) : p.where.data;
    const std::byte* const to = contiguous ? from + n * size : p.where.data + p.where.size;
    column& s = columns_[source.column];
    // The source itself, where it is a view of the very bytes that are stored, needs no copy.
    const bool self =
        s.kind == shape::view && contiguous && s.view + (std::size_t{cur_->first} << d.width) == from;
    if (!self || groups_.size() > 1) protect_views(from, to, pc_);
  }
  if (p.kind == shape::uniform && p.between == 0) {
    std::uint32_t lane = cur_->last - 1;
    while (cur_->mask != nullptr && cur_->mask[lane] == 0) --lane;
    const std::uint64_t bits = lane_bits(columns_[source.column], d.width, lane);
    std::memcpy(base + p.base, &bits, size);
    return step::next;
  }
  const std::byte* const values =
      array(columns_[source.column], d.width) + (std::size_t{cur_->first} << d.width);
  if (contiguous && cur_->mask == nullptr) {
    std::memmove(base + (p.base + p.stride * cur_->first), values, n * size);
    return step::next;
  }
  if (p.kind != shape::varying && cur_->mask == nullptr) {
    pieces(p, [&](std::uint32_t first, std::uint32_t last, std::byte* to) {
      const std::byte* const from = values + (std::size_t{first - cur_->first} << d.width);
      if (p.stride == size) {
        std::memmove(to, from, (last - first) * size);
      } else {
        kernels_->put_strided[d.width](to, static_cast<std::int64_t>(p.stride), from, last - first);
      }
    });
    return step::next;
  }
  const std::uint64_t* const offsets = offsets_of(p) + cur_->first;
  const std::uint8_t* const mask = mask_of_current();
  kernels_->scatter[d.width](base, offsets, values, mask, n);
  return step::next;
}

}  // namespace twill::lanes::detail
