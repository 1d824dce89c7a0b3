// SPDX-License-Identifier: Apache-2.0
// What a batch starts with: columns, coordinates, initial registers.
#include "exec/batch.hpp"
#include "exec/decode.hpp"
#include "twill/lanes/atlas.hpp"

#include <algorithm>

namespace twill::lanes::detail {

void batch::configure(const launch_state& launch) {
  const prepared_program& p = *launch.program;
  kernels_ = &kernels();
  program_ = &p;
  if (configured_ == p.id && width_ == launch.width) return;
  configured_ = p.id;
  const bool wider = launch.width > room_;
  if (wider) room_ = launch.width;
  width_ = launch.width;
  constexpr std::size_t line = 64;
  const auto rounded = [](std::size_t n) { return (n + line - 1) / line * line; };
  std::size_t bytes = 0;
  for (const column_info& c : p.columns) bytes += rounded(std::size_t{width_} << c.width);
  bytes += p.tagged.size() * rounded(width_);
  bytes += rounded(width_) + rounded(8 * std::size_t{width_}) * 5 + rounded(4 * std::size_t{width_});
  if (memory_.size() < bytes) memory_ = aligned_buffer<std::byte>(bytes);
  std::byte* at = memory_.data();
  const auto take = [&](std::size_t n) {
    std::byte* const here = at;
    at += rounded(n);
    return here;
  };
  columns_.assign(p.columns.size(), column{});
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const column_info& info = p.columns[c];
    columns_[c].data = take(std::size_t{width_} << info.width);
    if (!info.constant) continue;
    columns_[c].base = columns_[c].constant_bits = info.bits;
    columns_[c].constant = true;
    kernels_->fill[info.width](columns_[c].data, &info.bits, nullptr, nullptr, width_);
  }
  lane_tags_.fill(nullptr);
  for (const slot r : p.tagged) lane_tags_[r] = reinterpret_cast<std::uint8_t*>(take(width_));
  taken_ = reinterpret_cast<std::uint8_t*>(take(width_));
  for (std::byte*& s : scratch_) s = take(8 * std::size_t{width_});
  steps_ = reinterpret_cast<std::uint64_t*>(take(8 * std::size_t{width_}));
  indices_ = reinterpret_cast<std::uint32_t*>(take(4 * std::size_t{width_}));
  if (wider) {
    groups_.clear();
    masks_.clear();
    free_masks_.clear();
    returns_.clear();
  }
  views_.reserve(columns_.size());
  if (!p.loops.empty()) operations_.reserve(pure_loop::most_instructions);
}

namespace {

// Coordinates of a lane of the launch, stepped one lane at a time.
struct walker {
  std::uint32_t lane_x;
  std::uint64_t lane_row;  // y and z together
  std::uint32_t block_x;
  std::uint64_t rows;
  std::uint32_t width;
  std::uint32_t grid;

  walker(const launch_config& c, std::uint64_t lanes_per_block, std::uint64_t global)
      : lane_x(static_cast<std::uint32_t>(global % lanes_per_block % c.block.x)),
        lane_row(global % lanes_per_block / c.block.x),
        block_x(static_cast<std::uint32_t>(global / lanes_per_block % c.grid.x)),
        rows(lanes_per_block / c.block.x),
        width(c.block.x),
        grid(c.grid.x) {}
  void next() {
    if (++lane_x < width) return;
    lane_x = 0;
    if (++lane_row < rows) return;
    lane_row = 0;
    if (++block_x == grid) block_x = 0;
  }
};

}  // namespace

void batch::start(launch_state& launch, std::uint64_t begin, std::uint32_t count, std::span<std::byte> shared,
                  std::size_t shared_stride) {
  launch_ = &launch;
  begin_ = begin;
  lo_ = 0;
  hi_ = count;
  period_ = static_cast<std::uint32_t>(launch.lanes_per_block);
  shared_ = shared.first(std::min(shared.size(), launch.config->shared_bytes));
  shared_stride_ = shared_stride;
  siblings_ = {};
  faulted_ = false;
  fault_ = {};
  steps_used_ = false;
  instructions_ = 0;
  views_.clear();
  for (lane_group& g : groups_) give_mask(g.mask);
  groups_.clear();
  groups_.push_back({.first = 0, .last = count, .active = count});
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    columns_[c].kind = program_->columns[c].constant ? shape::uniform : shape::undefined;
    columns_[c].filled = false;
  }
  for (const slot r : program_->tagged) tags_[r] = tag_nothing;
  if (program_->uses_pools) {
    pools_.resize(width_);
    for (auto& of_lane : pools_) of_lane.clear();
    pool_bytes_.assign(width_, 0);
  }

  const launch_config& config = *launch.config;
  const std::uint64_t per_block = launch.lanes_per_block;
  const bool one_block = begin / per_block == (begin + count - 1) / per_block;
  const bool flat = config.block.y == 1 && config.block.z == 1;
  const auto column_at = [&](slot reg, type t) -> column* {
    const std::uint16_t c = program_->column_of(reg, width_index(size_bytes(t)));
    if (lane_tags_[reg] != nullptr) tags_[reg] = static_cast<std::uint8_t>(t);
    return c == no_column ? nullptr : &columns_[c];
  };
  const auto uniform = [&](column* c, std::uint64_t bits) {
    if (c == nullptr) return;
    c->kind = shape::uniform;
    c->base = bits;
  };
  const auto affine = [&](column* c, std::uint64_t base) {
    if (c == nullptr) return;
    c->kind = shape::affine;
    c->base = base;
    c->stride = 1;
  };
  const auto varying = [&](column* c, auto value) {
    if (c == nullptr) return;
    using element = decltype(value(std::declval<const walker&>()));
    c->kind = shape::varying;
    c->constant = false;
    walker at(config, per_block, begin);
    auto* const out = reinterpret_cast<element*>(c->data);
    for (std::uint32_t i = 0; i < count; ++i, at.next()) out[i] = value(at);
  };
  const auto stepped = [&](column* c, std::uint64_t base, std::uint64_t stride, std::uint64_t jump) {
    if (c == nullptr) return;
    c->kind = shape::stepped;
    c->base = base;
    c->stride = stride;
    c->jump = jump;
  };
  const walker here(config, per_block, begin);
  affine(column_at(global_lane_id, type::u64), begin);
  uniform(column_at(block_dim_x, type::u32), config.block.x);
  column* const lane = column_at(lane_idx_x, type::u32);
  if (config.block.x == 1) {
    uniform(lane, 0);
  } else if (one_block && flat) {
    affine(lane, here.lane_x);
  } else if (flat) {
    stepped(lane, 0, 1, std::uint64_t{0} - per_block);
  } else {
    varying(lane, [](const walker& w) { return w.lane_x; });
  }
  column* const block = column_at(block_idx_x, type::u32);
  if (one_block || config.grid.x == 1) {
    uniform(block, here.block_x);
  } else if (here.block_x + (count + per_block - 1) / per_block > config.grid.x) {
    varying(block, [](const walker& w) { return w.block_x; });
  } else if (per_block == 1) {
    affine(block, here.block_x);
  } else {
    stepped(block, here.block_x, 0, 1);
  }
  uniform(column_at(phase_slot, type::u32), 0);
  column* const cls = column_at(class_slot, type::u8);
  if (config.class_mode == class_mode_kind::zero) {
    uniform(cls, 0);
  } else if (one_block) {
    uniform(cls, atlas::class_of_block(here.block_x));
  } else {
    varying(cls, [](const walker& w) { return atlas::class_of_block(w.block_x); });
  }
  for (const initial_register& r : launch.registers) {
    const std::size_t bits = 8 * size_bytes(r.ty);
    const std::uint64_t value = bits == 64 ? r.bits : r.bits & ((std::uint64_t{1} << bits) - 1);
    uniform(column_at(r.reg, r.ty), value);
  }
}

}  // namespace twill::lanes::detail
