// SPDX-License-Identifier: Apache-2.0
// Pools that lanes allocate. A handle is 2^63 + 1 + k * lanes + lane for the k-th pool of a lane: it does not
// depend on which worker came first.
#include "exec/batch.hpp"
#include "exec/decode.hpp"

#include <cstring>

namespace twill::lanes::detail {
namespace {

constexpr std::uint64_t of_lanes = std::uint64_t{1} << 63;

}  // namespace

region batch::find_pool(std::uint64_t handle, std::uint32_t user) const noexcept {
  if (handle <= of_lanes) return launch_->pools->find(handle);
  const std::uint64_t number = handle - of_lanes - 1;
  const std::uint64_t lane = number % launch_->total;
  const std::uint64_t k = number / launch_->total;
  const std::uint64_t per_block = launch_->lanes_per_block;
  if (lane / per_block != (begin_ + user) / per_block) return {};
  const batch* owner = nullptr;
  if (lane >= begin_ && lane - begin_ < width_) owner = this;
  for (const auto& other : siblings_) {
    if (lane >= other->begin_ && lane - other->begin_ < other->width_) owner = other.get();
  }
  if (owner == nullptr || owner->pools_.size() <= lane - owner->begin_) return {};
  const auto& pools = owner->pools_[lane - owner->begin_];
  if (k >= pools.size() || !pools[k].ok()) return {};
  return {pools[k].data(), pools[k].size(), true};
}

// What a pool costs beside its bytes, also after it was freed: handles are never used again. Else a loop of
// empty pools would take all memory.
constexpr std::uint64_t pool_overhead = 64;

batch::step batch::pool_alloc(const decoded& d) {
  auto* const handles = reinterpret_cast<std::uint64_t*>(scratch_[0]);
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask != nullptr && cur_->mask[i] == 0) continue;
    const std::uint64_t left = launch_->pool_limit - pool_bytes_[i];
    const bool fits = d.value <= left && left - d.value >= pool_overhead;
    zeroed_memory made(fits ? d.value : ~std::size_t{0});
    if (!made.ok()) {
      if (!fault_at(i, errc::out_of_memory, {d.value, left})) return step::left;
      break;
    }
    pool_bytes_[i] += d.value + pool_overhead;
    handles[i] = of_lanes + 1 + pools_[i].size() * launch_->total + begin_ + i;
    pools_[i].push_back(std::move(made));
  }
  std::byte* const out = begin_write(d);
  std::memcpy(out, handles + cur_->first, 8 * std::size_t{cur_->last - cur_->first});
  end_write(d, out);
  return step::next;
}

batch::step batch::pool_free(const decoded& d) {
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask != nullptr && cur_->mask[i] == 0) continue;
    const std::uint64_t handle = lane_bits(columns_[d.in[0].column], 3, i);
    const std::uint64_t lane = handle > of_lanes ? (handle - of_lanes - 1) % launch_->total : 0;
    // Only what lanes have allocated: pools of the host outlive the launch, and other batches may use them.
    if (handle <= of_lanes || !find_pool(handle, i).valid || lane < begin_ || lane - begin_ >= width_) {
      return fault_at(i, errc::invalid_pool_handle, {handle}) ? step::next : step::left;
    }
    zeroed_memory& pool = pools_[lane - begin_][(handle - of_lanes - 1) / launch_->total];
    pool_bytes_[lane - begin_] -= pool.size();
    pool = zeroed_memory();
  }
  return step::next;
}

batch::step batch::pool_access(const decoded& d) {
  const bool loads = d.what == action::pool_load;
  const std::size_t bytes = std::size_t{1} << d.width;
  auto* const values = scratch_[0];
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask != nullptr && cur_->mask[i] == 0) continue;
    const std::uint64_t handle = lane_bits(columns_[d.in[0].column], 3, i);
    const std::uint64_t offset = lane_bits(columns_[d.in[1].column], 3, i);
    const region where = find_pool(handle, i);
    if (!where.valid) {
      if (!fault_at(i, errc::invalid_pool_handle, {handle})) return step::left;
      break;
    }
    if (offset > where.size || where.size - offset < bytes) {
      if (!fault_at(i, errc::pool_out_of_bounds, {offset, bytes, where.size})) return step::left;
      break;
    }
    if (loads) {
      std::memcpy(values + i * bytes, where.data + offset, bytes);
    } else {
      const std::uint64_t bits = lane_bits(columns_[d.in[2].column], d.width, i);
      std::memcpy(where.data + offset, &bits, bytes);
    }
  }
  if (!loads) return step::next;
  std::byte* const out = begin_write(d);
  std::memcpy(out, values + cur_->first * bytes, bytes * std::size_t{cur_->last - cur_->first});
  end_write(d, out);
  return step::next;
}

}  // namespace twill::lanes::detail
