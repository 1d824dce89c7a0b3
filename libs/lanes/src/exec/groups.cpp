// SPDX-License-Identifier: Apache-2.0
// Divergence: which lanes run next, where they part and where they meet.
#include "exec/batch.hpp"

#include <algorithm>
#include <cstring>

namespace twill::lanes::detail {

// At the first lane of the group, like every operand of a vector loop; null where all its lanes run.
const std::uint8_t* batch::mask_of_current() const noexcept {
  return cur_->mask == nullptr ? nullptr : cur_->mask + cur_->first;
}

std::uint8_t* batch::take_mask() {
  if (free_masks_.empty()) {
    masks_.push_back(std::make_unique<std::uint8_t[]>(room_));
    free_masks_.reserve(masks_.size());
    return masks_.back().get();
  }
  std::uint8_t* const mask = free_masks_.back();
  free_masks_.pop_back();
  return mask;
}

void batch::give_mask(std::uint8_t*& mask) noexcept {
  if (mask != nullptr) free_masks_.push_back(mask);  // reserved by take_mask
  mask = nullptr;
}

// Tightens [first, last) to the lanes of the mask, and drops it where they are neighbours.
void batch::set_members(lane_group& g, std::uint8_t* mask, std::uint32_t count) {
  g.active = count;
  g.mask = mask;
  if (mask == nullptr || count == 0) return;
  while (mask[g.first] == 0) ++g.first;
  while (mask[g.last - 1] == 0) --g.last;
  if (g.last - g.first == count) give_mask(g.mask);
}

// After a fault, lanes from hi_ on are no more.
void batch::clip(lane_group& g) {
  if (g.last <= hi_) return;
  g.last = std::max(hi_, g.first);
  if (g.mask == nullptr) {
    g.active = g.last - g.first;
    return;
  }
  const auto count = static_cast<std::uint32_t>(kernels_->count(g.mask + g.first, g.last - g.first));
  set_members(g, g.mask, count);
  if (count == 0) give_mask(g.mask);
}

std::uint32_t batch::first_lane_of(const lane_group& g) const noexcept { return g.first; }

void batch::release() noexcept {
  for (lane_group& g : groups_) {
    g.waiting = false;
    ++g.pc;
  }
}

bool batch::meet() {
  if (faulted_) {  // the other lanes of its block have run this phase and do not count any more
    const auto lane = static_cast<std::uint32_t>(fault_.global - begin_);
    hi_ = std::min(hi_, lane / period_ * period_);
  }
  const auto id_of = [&](const lane_group& g) { return program_->code[g.pc].value; };
  const auto other = [&](const lane_group& g) { return id_of(g) != id_of(groups_.front()); };
  if (std::any_of(groups_.begin(), groups_.end(), other)) {
    for (std::uint32_t block = lo_ / period_; block * period_ < hi_; ++block) {
      const std::uint32_t begin = block * period_;
      fault_record record{.code = errc::barrier_divergence, .numbers = {begin_ / period_ + block}};
      bool waiting = false;
      bool differ = false;
      std::uint64_t id = 0;
      for (const lane_group& g : groups_) {
        std::uint32_t lane = std::max(begin, g.first);
        const std::uint32_t end = std::min({begin + period_, g.last, hi_});
        while (lane < end && g.mask != nullptr && g.mask[lane] == 0) ++lane;
        if (lane >= end) continue;
        differ |= waiting && id_of(g) != id;
        waiting = true;
        id = id_of(g);
        if (begin_ + lane >= record.global) continue;
        record.global = begin_ + lane;
        record.pc = g.pc;
      }
      if (!differ) continue;
      faulted_ = true;
      fault_ = record;
      hi_ = begin;
      break;
    }
  }
  release();
  return !groups_.empty() && hi_ > lo_;
}

void batch::account() noexcept {
  instructions_ += (cur_->run - counted_) * cur_->active;
  counted_ = cur_->run;
}

void batch::end_group() noexcept {
  give_mask(cur_->mask);
  *cur_ = groups_.back();
  groups_.pop_back();
  cur_ = nullptr;
}

// The deepest call first, in it the lowest place: lanes that parted meet again at the first place that all of
// them reach, without annotations, also in irreducible code and recursion.
void batch::pick() {
  cur_ = nullptr;
  for (std::size_t i = 0; i < groups_.size();) {
    clip(groups_[i]);
    if (groups_[i].active == 0) {
      groups_[i] = groups_.back();
      groups_.pop_back();
      continue;
    }
    ++i;
  }
  for (lane_group& g : groups_) {
    if (g.waiting) continue;
    if (cur_ == nullptr || g.depth > cur_->depth || (g.depth == cur_->depth && g.pc < cur_->pc)) cur_ = &g;
  }
  if (cur_ == nullptr) return;
  if (groups_.size() > 1 && join_others()) pick();
}

// Groups at the place of the current one become part of it.
bool batch::join_others() {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    lane_group& other = groups_[i];
    if (&other == cur_ || other.waiting || other.pc != cur_->pc || other.depth != cur_->depth) continue;
    absorb(*cur_, other);
    other = groups_.back();
    groups_.pop_back();
    return true;
  }
  return false;
}

void batch::use_steps() {
  if (steps_used_) return;
  std::fill(steps_ + lo_, steps_ + hi_, 0);
  steps_used_ = true;
}

// What one group has run more than the other becomes its lanes' own.
void batch::level_steps(lane_group& a, lane_group& b) {
  if (a.run == b.run) return;
  lane_group& more = a.run > b.run ? a : b;
  const std::uint64_t run = std::min(a.run, b.run);
  if (launch_->config->step_limit != 0) {
    use_steps();
    const std::uint8_t* const mask = more.mask == nullptr ? nullptr : more.mask + more.first;
    kernels_->bump(steps_ + more.first, more.run - run, mask, more.last - more.first);
    more.base += more.run - run;
  }
  more.run = run;
}

void batch::absorb(lane_group& into, lane_group& from) {
  level_steps(into, from);
  const std::uint32_t first = std::min(into.first, from.first);
  const std::uint32_t last = std::max(into.last, from.last);
  std::uint8_t* const both = take_mask();
  std::memset(both + first, 0, last - first);
  for (const lane_group* g : {&into, &from}) {
    kernels_->mark(both + g->first, g->mask == nullptr ? nullptr : g->mask + g->first, g->last - g->first);
  }
  give_mask(into.mask);
  give_mask(from.mask);
  into.first = first;
  into.last = last;
  into.base = std::max(into.base, from.base);
  set_members(into, both, into.active + from.active);
}

void batch::find_stop() {
  stop_ = none_;
  if (groups_.size() == 1) return;
  for (const lane_group& g : groups_) {
    if (&g != cur_ && !g.waiting && g.depth == cur_->depth) stop_ = std::min(stop_, g.pc);
  }
}

// The only group that is left, of neighbouring lanes, is all that there is: its lanes need no mask and no
// care.
void batch::shrink_window() noexcept {
  if (groups_.size() == 1 && cur_->mask == nullptr) {
    lo_ = cur_->first;
    hi_ = cur_->last;
  }
}

// Some lanes of the current group jump, `count` of them; `taken` is one byte a lane.
batch::step batch::split(const std::uint8_t* taken, std::uint32_t count, std::uint32_t target) {
  if (count == 0) return step::next;
  if (count == cur_->active) {
    pc_ = target;
    return step::moved;
  }
  account();
  const std::uint32_t rest = cur_->active - count;
  std::uint8_t* const others = take_mask();
  kernels_->without(others + cur_->first, taken + cur_->first, mask_of_current(), cur_->last - cur_->first);
  const decoded& there = program_->code[target];
  const std::uint64_t limit = launch_->config->step_limit;
  const bool leave = there.what == action::exit && (limit == 0 || cur_->base + cur_->run + 1 < limit);
  if (leave) {
    // The lanes of the jump end at once: no group for them.
    if (target + 1 < program_->code.size()) instructions_ += count;
    give_mask(cur_->mask);
    set_members(*cur_, others, rest);
    shrink_window();
    find_stop();
    return step::next;
  }
  lane_group jumping = *cur_;
  jumping.pc = target;
  jumping.mask = nullptr;
  std::uint8_t* const mask = take_mask();
  std::memcpy(mask + cur_->first, taken + cur_->first, cur_->last - cur_->first);
  set_members(jumping, mask, count);
  give_mask(cur_->mask);
  set_members(*cur_, others, rest);
  cur_->pc = pc_ + 1;
  groups_.push_back(jumping);
  cur_ = nullptr;
  return step::left;
}

batch::step batch::branch_if(const decoded& d) {
  column& p = columns_[d.in[0].column];
  if (p.kind == shape::uniform) {
    if ((p.base & 0xff) == 0) return step::next;
    pc_ = d.target;
    return step::moved;
  }
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(array(p, 0));
  const std::size_t count = kernels_->within(taken_ + cur_->first, bytes + cur_->first, mask_of_current(),
                                             cur_->last - cur_->first);
  if (count != 0 && count != cur_->active && fits_strips(d)) return run_loop(d);
  return split(taken_, static_cast<std::uint32_t>(count), d.target);
}

// if (count > 0) { --count; jump; }: a count of 0 stays as it is.
batch::step batch::loop(const decoded& d) {
  column& c = columns_[d.in[0].column];
  if (c.kind == shape::uniform) {
    const auto count = static_cast<std::uint32_t>(c.base);
    if (count == 0) return step::next;
    set_uniform(d, count - 1);
    pc_ = d.target;
    return step::moved;
  }
  if (fits_strips(d)) return run_loop(d);
  const auto* const counts = reinterpret_cast<const std::uint32_t*>(array(c, 2)) + cur_->first;
  const std::uint32_t n = cur_->last - cur_->first;
  auto* const out = reinterpret_cast<std::uint32_t*>(begin_write(d));
  kernels_->countdown(out, taken_ + cur_->first, counts, n);
  end_write(d, reinterpret_cast<const std::byte*>(out));
  const std::size_t count =
      kernels_->within(taken_ + cur_->first, taken_ + cur_->first, mask_of_current(), n);
  return split(taken_, static_cast<std::uint32_t>(count), d.target);
}

batch::step batch::call(const decoded& d) {
  const std::uint32_t depth = cur_->depth;
  if (depth >= launch_->config->call_depth) {
    const std::uint32_t lane = first_active();
    fault_at(lane, errc::call_stack_overflow, {launch_->config->call_depth});
    return step::left;
  }
  const std::uint64_t bytes = (std::uint64_t{depth} + 1) * sizeof(std::uint32_t);
  if (bytes > launch_->call_limit) {
    fault_at(first_active(), errc::out_of_memory, {bytes, launch_->call_limit});
    return step::left;
  }
  if (returns_.size() <= depth) returns_.push_back(std::make_unique<std::uint32_t[]>(room_));
  std::uint32_t* const level = returns_[depth].get();
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    if (cur_->mask == nullptr || cur_->mask[i] != 0) level[i] = pc_ + 1;
  }
  cur_->depth = depth + 1;
  pc_ = d.target;
  find_stop();
  return step::moved;
}

// Lanes may have been called from different places: those of the first lane's go on, the others are a group
// that comes here again.
batch::step batch::return_from_call() {
  if (cur_->depth == 0) {
    fault_at(first_active(), errc::call_stack_underflow);
    return step::left;
  }
  const std::uint32_t* const level = returns_[cur_->depth - 1].get();
  const std::uint32_t to = level[first_active()];
  std::uint32_t count = 0;
  for (std::uint32_t i = cur_->first; i < cur_->last; ++i) {
    const bool same = level[i] == to && (cur_->mask == nullptr || cur_->mask[i] != 0);
    taken_[i] = same ? 1 : 0;
    count += same ? 1U : 0U;
  }
  if (count == cur_->active) {
    --cur_->depth;
    pc_ = to;
    find_stop();
    return step::moved;
  }
  account();
  lane_group returning = *cur_;
  returning.pc = to;
  --returning.depth;
  returning.mask = nullptr;
  std::uint8_t* const mask = take_mask();
  std::memcpy(mask + cur_->first, taken_ + cur_->first, cur_->last - cur_->first);
  std::uint8_t* const others = take_mask();
  kernels_->without(others + cur_->first, taken_ + cur_->first, mask_of_current(), cur_->last - cur_->first);
  const std::uint32_t rest = cur_->active - count;
  set_members(returning, mask, count);
  // The others have executed this RET once already: it is not counted again.
  give_mask(cur_->mask);
  set_members(*cur_, others, rest);
  cur_->pc = pc_;
  instructions_ -= rest;
  --cur_->run;
  groups_.push_back(returning);
  cur_ = nullptr;
  return step::left;
}

}  // namespace twill::lanes::detail
