// SPDX-License-Identifier: Apache-2.0
// The interpreter: one decoded instruction at a time for all lanes of the current group.
#include "exec/batch.hpp"
#include "exec/whole_array.hpp"

#include <algorithm>
#include <cstring>

namespace twill::lanes::detail {
namespace {

// Between two looks at the clock and at other batches' faults.
constexpr std::uint64_t look_interval = 4096;

}  // namespace

void batch::run(resonance& sums) {
  for (pick(); cur_ != nullptr; pick()) run_group(sums);
  sums.instructions += instructions_;
  instructions_ = 0;
}

// Whether the current group may execute another instruction; sets when to ask again.
bool batch::limits() {
  const std::uint64_t limit = launch_->config->step_limit;
  if (limit != 0 && cur_->base + cur_->run >= limit) {
    const auto spent = [&](std::uint32_t i) { return (steps_used_ ? steps_[i] : 0) + cur_->run >= limit; };
    const std::uint32_t lane = first_where(spent);
    if (lane != none_ && !fault_at(lane, errc::step_limit_exceeded, {limit})) return false;
    if (steps_used_) {  // the lanes that are left have run less
      cur_->base = 0;
      for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
        if (cur_->mask == nullptr || cur_->mask[i] != 0) cur_->base = std::max(cur_->base, steps_[i]);
      }
    }
  }
  run_limit_ = cur_->run + look_interval;
  if (limit != 0) run_limit_ = std::min(run_limit_, limit - cur_->base);
  if (launch_->needless(begin_ + lo_)) {
    // A lower lane of another batch has faulted: nothing that happens here is reported.
    fault_at(lo_, errc::step_limit_exceeded, {limit});
    return false;
  }
  if (launch_->deadline != std::chrono::steady_clock::time_point::max() &&
      std::chrono::steady_clock::now() > launch_->deadline) {
    fault_at(first_active(), errc::time_limit_exceeded, {launch_->config->time_limit_ms});
    return false;
  }
  return true;
}

void batch::run_group(resonance& sums) {
  shrink_window();
  find_stop();
  pc_ = cur_->pc;
  counted_ = cur_->run;
  run_limit_ = 0;
  const std::uint32_t end = static_cast<std::uint32_t>(program_->code.size()) - 1;
  for (;;) {
    if (pc_ >= stop_) {
      cur_->pc = pc_;
      account();
      return;
    }
    if (pc_ == end) {
      account();
      end_group();
      return;
    }
    if (cur_->run >= run_limit_ && !limits()) return;
    const decoded& d = program_->code[pc_];
    ++cur_->run;
    switch (execute(d, sums)) {
      case step::next: ++pc_; break;
      case step::skip: pc_ += 2; break;
      case step::moved: break;
      case step::left: return;
    }
  }
}

batch::step batch::execute(const decoded& d, resonance& sums) {
  // Stores look at their operands themselves: an address below zero comes before a source of the wrong type.
  if (d.checked && d.what != action::store && d.what != action::select && !check_operands(d))
    return step::left;
  if (d.values != value_check::none && !check_values(d)) return step::left;
  switch (d.what) {
    case action::compute: return compute(d);
    case action::constant: set_uniform(d, d.value); return step::next;
    case action::copy: copy(d); return step::next;
    case action::select:
      if (d.checked && !check_chosen(d)) return step::left;
      select(d);
      return step::next;
    case action::load: return load(d);
    case action::store: return store(d);
    case action::branch: pc_ = d.target; return step::moved;
    case action::branch_if: return branch_if(d);
    case action::call: return call(d);
    case action::ret: return return_from_call();
    case action::loop: return loop(d);
    case action::exit:
      account();
      end_group();
      return step::left;
    case action::barrier:
      keep_views();
      account();
      cur_->pc = pc_;
      cur_->waiting = true;
      cur_ = nullptr;
      return step::left;
    case action::fence:
      if (d.value != 0) {
        // ORD seq_cst [FENCE]: the strongest scope, system, asks for it; the others are weaker and rare.
        // Pairs with the fences of other lanes.
        std::atomic_thread_fence(std::memory_order_seq_cst);
      }
      return step::next;
    case action::reduce: reduce(d); return step::next;
    case action::nbr_get: return compute(d);
    case action::res_accum: accumulate(d, sums); return step::next;
    case action::pool_alloc: return pool_alloc(d);
    case action::pool_free: return pool_free(d);
    case action::pool_load:
    case action::pool_store: return pool_access(d);
    case action::whole_array: {
      std::array<std::uint64_t, 6> handles{};
      for (std::uint32_t k = 0; k < d.range_size; ++k) {
        const operand& o = program_->ranges[d.range + k];
        handles.at(k) = lane_bits(columns_[o.column], 3, cur_->first);
      }
      fault_record found;
      if (run_whole_array(*launch_, pc_, handles, found)) return step::next;
      fault_at(cur_->first, found.code, found.numbers);
      return step::left;
    }
  }
  return step::next;
}

bool batch::fault_at(std::uint32_t lane, errc code, std::array<std::uint64_t, 3> numbers) {
  faulted_ = true;
  fault_ = {.code = code, .numbers = numbers, .global = begin_ + lane, .pc = pc_};
  hi_ = lane;  // keeps (3)
  clip(*cur_);
  if (cur_->active != 0) return true;
  end_group();
  return false;
}

std::uint8_t batch::tag_at(slot reg, std::uint32_t lane) const noexcept {
  return tags_[reg] == tag_each_ ? lane_tags_[reg][lane] : tags_[reg];
}

bool batch::check_operand(const operand& o) {
  if (!o.check || tags_[o.reg] == o.wanted) return true;
  const std::uint32_t lane = first_where([&](std::uint32_t i) { return tag_at(o.reg, i) != o.wanted; });
  if (lane == none_) return true;
  const std::uint8_t actual = tag_at(o.reg, lane);
  if (actual == tag_nothing) {
    if (o.reg >= first_predicate) {
      return fault_at(lane, errc::uninitialized_predicate, {o.reg - std::uint64_t{first_predicate}});
    }
    return fault_at(lane, errc::uninitialized_register, {o.reg});
  }
  return fault_at(lane, errc::type_mismatch, {o.wanted, actual});
}

bool batch::check_operands(const decoded& d) {
  for (std::size_t k = 0; k < d.reads; ++k) {
    if (!check_operand(d.in[k])) return false;
  }
  for (std::uint32_t k = 0; k < d.range_size; ++k) {
    if (!check_operand(program_->ranges[d.range + k])) return false;
  }
  return true;
}

// SEL reads the predicate and then, in each lane, only the register that it chooses.
bool batch::check_chosen(const decoded& d) {
  if (!check_operand(d.in[0])) return false;
  const column& p = columns_[d.in[0].column];
  for (std::size_t k = 1; k < 3; ++k) {
    const operand& o = d.in[k];
    if (!o.check || tags_[o.reg] == o.wanted) continue;
    const std::uint32_t lane = first_where([&](std::uint32_t i) {
      return (lane_bits(p, 0, i) != 0) == (k == 1) && tag_at(o.reg, i) != o.wanted;
    });
    if (lane == none_) continue;
    const std::uint8_t actual = tag_at(o.reg, lane);
    const bool left = actual == tag_nothing ? fault_at(lane, errc::uninitialized_register, {o.reg})
                                            : fault_at(lane, errc::type_mismatch, {o.wanted, actual});
    if (!left) return false;
  }
  return true;
}

bool batch::check_values(const decoded& d) {
  const auto bits = [&](std::size_t k, std::uint32_t i) {
    return lane_bits(columns_[d.in[k].column], width_index(size_bytes(static_cast<type>(d.in[k].wanted))), i);
  };
  switch (d.values) {
    case value_check::divisor: {
      const column& c = columns_[d.in[1].column];
      const std::size_t width = width_index(size_bytes(d.ty));
      if (c.kind == shape::uniform && c.base != 0) return true;
      const std::byte* const from =
          array(columns_[d.in[1].column], width) + (std::size_t{cur_->first} << width);
      if (!kernels_->any_zero[width](from, cur_->last - cur_->first)) return true;
      const std::uint32_t lane = first_where([&](std::uint32_t i) { return bits(1, i) == 0; });
      return lane == none_ || fault_at(lane, errc::division_by_zero);
    }
    case value_check::class_index: {
      const auto* const classes = reinterpret_cast<const std::uint8_t*>(array(columns_[d.in[0].column], 0));
      std::uint32_t high = 0;
      for (std::uint32_t i = cur_->first; i < cur_->last; ++i) high += classes[i] >= 96 ? 1U : 0U;
      if (high == 0) return true;
      const std::uint32_t lane = first_where([&](std::uint32_t i) { return bits(0, i) >= 96; });
      return lane == none_ || fault_at(lane, errc::invalid_class_index, {bits(0, lane)});
    }
    case value_check::boundary: {
      const std::uint32_t lane =
          first_where([&](std::uint32_t i) { return bits(0, i) >= 96 || bits(1, i) >= 48; });
      if (lane == none_) return true;
      return fault_at(lane, errc::invalid_boundary_coordinates,
                      {bits(0, lane), bits(1, lane), bits(2, lane)});
    }
    case value_check::none: return true;
  }
  return true;
}

}  // namespace twill::lanes::detail
