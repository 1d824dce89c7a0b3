// SPDX-License-Identifier: Apache-2.0
// Loops whose lanes part, where they touch registers alone: a strip of lanes that fits in the first-level
// cache runs until its last lane is through, before the next strip starts. Nothing in them can be seen from
// outside but the registers at the end, so that the order of lanes does not matter.
#include "exec/batch.hpp"
#include "exec/decode.hpp"

#include <algorithm>
#include <cstring>

namespace twill::lanes::detail {
namespace {

constexpr std::uint32_t strip_lanes = 512;
// Counts of a strip have 16 bits; and the clock is looked at in between.
constexpr std::uint64_t most_counted = 60'000;

}  // namespace

// The lanes [begin, begin + n) of the batch. Masks are one byte a lane, from the strip's first on.
struct batch::strip {
  std::uint32_t begin = 0;
  std::uint32_t n = 0;
  std::uint32_t pc = 0;
  std::uint32_t active = 0;
  std::uint64_t spent = 0;     // instructions that no lane has more of
  std::uint64_t allowed = 0;   // of these
  std::uint64_t executed = 0;  // by all lanes
  bool counts = false;         // lanes are counted one by one
  std::array<std::uint32_t, pure_loop::most_joins> parked{};
  // Written before they are read, lane by lane; not all of them in every loop.
  alignas(64) std::array<std::uint8_t, strip_lanes> mask;
  alignas(64) std::array<std::uint8_t, strip_lanes> taken;
  alignas(64) std::array<std::array<std::uint8_t, strip_lanes>, pure_loop::most_joins> waiting;
  alignas(64) std::array<std::uint16_t, strip_lanes> steps;
  alignas(64) std::array<std::byte, 8 * strip_lanes> result;
  alignas(64) std::array<std::array<std::byte, 8 * strip_lanes>, 3> packed;

  [[nodiscard]] const std::uint8_t* members() const { return active == n ? nullptr : mask.data(); }
};

// Whether the branch may run as a part of its loop: no other group waits inside, and the limit is far away.
bool batch::fits_strips(const decoded& d) const noexcept {
  if (d.loop == no_loop) return false;
  const pure_loop& loop = program_->loops[d.loop];
  if (stop_ <= loop.last) return false;
  const std::uint64_t limit = launch_->config->step_limit;
  const std::uint64_t count = cur_->base + cur_->run;
  return limit == 0 || (count < limit && limit - count > 2 * loop.operations.size());
}

// Pointers to the operands of each instruction, whatever their shape; what the loop writes becomes a column.
void batch::resolve(const pure_loop& loop) {
  operations_.clear();
  for (std::uint32_t pc = loop.top; pc <= loop.last; ++pc) {
    const decoded& d = program_->code[pc];
    const auto& about = loop.operations[pc - loop.top];
    strip_operation& o = operations_.emplace_back();
    o.what = &d;
    o.idle = about.idle;
    if (!d.writes || o.idle) continue;
    o.keep = about.keep || !exclusive(d.dst);
    column& c = columns_[d.column];
    if (o.keep || program_->live_at(pc_, d.dst)) {
      keep_others(c, d.width);
    } else {
      c.kind = shape::varying;
      c.constant = false;
      c.filled = false;
    }
    o.out = c.data;
  }
  for (strip_operation& o : operations_) {
    if (o.idle) continue;
    for (std::size_t k = 0; k < o.what->reads; ++k) {
      column& c = columns_[o.what->in[k].column];
      const std::size_t width = width_of_tag(o.what->in[k].wanted);
      o.in[k] = array(c, width);
      o.width[k] = c.kind == shape::uniform ? one_value_ : static_cast<std::uint8_t>(width);
    }
  }
}

// Few lanes far apart: their operands are packed.
void batch::operate_packed(const strip_operation& o, strip& s) const {
  const decoded& d = *o.what;
  std::array<std::uint32_t, strip_lanes> indices;
  std::uint32_t n = 0;
  for (std::uint32_t i = 0; i < s.n; ++i) {
    indices[n] = i;
    n += s.mask[i];
  }
  std::array<const void*, 3> in{nullptr, nullptr, &d.value};
  for (std::size_t k = 0; k < d.reads; ++k) {
    in[k] = o.in[k];
    if (o.width[k] == one_value_) continue;
    const std::byte* const from = o.in[k] + (std::size_t{s.begin} << o.width[k]);
    kernels_->take[o.width[k]](s.packed[k].data(), from, indices.data(), nullptr, n);
    in[k] = s.packed[k].data();
  }
  d.fn(s.result.data(), in[0], in[1], in[2], n);
  kernels_->put[d.width](o.out + (std::size_t{s.begin} << d.width), s.result.data(), indices.data(), nullptr,
                         n);
}

// One instruction that moves values.
void batch::operate(const strip_operation& o, strip& s) const {
  if (o.what->costly && s.active * sparse_part_ <= s.n) {
    operate_packed(o, s);
    return;
  }
  const decoded& d = *o.what;
  std::array<const void*, 3> in{nullptr, nullptr, &d.value};
  for (std::size_t k = 0; k < d.reads; ++k) {
    in[k] = o.width[k] == one_value_ ? o.in[k] : o.in[k] + (std::size_t{s.begin} << o.width[k]);
  }
  std::byte* const own = o.out + (std::size_t{s.begin} << d.width);
  const std::uint8_t* const mask = o.keep ? s.members() : nullptr;
  std::byte* const out = mask == nullptr ? own : s.result.data();
  switch (d.what) {
    case action::constant: kernels_->fill[d.width](out, &d.value, nullptr, nullptr, s.n); break;
    case action::copy: std::memmove(out, in[0], std::size_t{s.n} << d.width); break;
    case action::select: kernels_->select[d.width](out, in[0], in[1], in[2], s.n); break;
    case action::loop:
      kernels_->countdown(reinterpret_cast<std::uint32_t*>(out), s.taken.data(),
                          static_cast<const std::uint32_t*>(in[0]), s.n);
      break;
    default: d.fn(out, in[0], in[1], in[2], s.n); break;
  }
  if (mask != nullptr) kernels_->blend[d.width](own, out, mask, nullptr, s.n);
}

// Until all lanes have left: true. Lanes that have used up what they are allowed stay at the loop's first
// instruction.
bool batch::run_strip(strip& s, const pure_loop& loop) {
  const auto length = static_cast<std::uint32_t>(operations_.size());
  const auto joining = [&](std::uint32_t pc) {
    std::size_t j = 0;
    while (j < loop.joins.size() && loop.joins[j] != pc) ++j;
    return j;
  };
  // The branch that brought the lanes here has been counted already.
  std::uint32_t counted = s.pc + 1;
  for (;;) {
    if (s.active == 0) {  // on with those that wait first on the way
      std::size_t j = 0;
      while (j < loop.joins.size() && s.parked[j] == 0) ++j;
      if (j == loop.joins.size()) return true;
      s.pc = counted = loop.joins[j];
      s.mask.swap(s.waiting[j]);
      s.active = s.parked[j];
      s.parked[j] = 0;
    }
    const strip_operation& o = operations_[s.pc - loop.top];
    const decoded& d = *o.what;
    const bool jumps = d.what == action::branch || d.what == action::branch_if || d.what == action::loop;
    if (!jumps) {
      if (!o.idle) operate(o, s);
      ++s.pc;
    } else {
      const auto run = static_cast<std::uint16_t>(s.pc + 1 - counted);
      s.executed += std::uint64_t{run} * s.active;
      if (s.counts && run != 0) kernels_->tally(s.steps.data(), run, s.members(), s.n);
      std::uint32_t count = s.active;
      if (d.what != action::branch) {
        const std::uint8_t* chosen = s.taken.data();
        if (d.what == action::loop) {
          operate(o, s);
        } else {
          chosen = reinterpret_cast<const std::uint8_t*>(o.in[0]);
          if (o.width[0] != one_value_) chosen += s.begin;
        }
        count = static_cast<std::uint32_t>(kernels_->within(s.taken.data(), chosen, s.members(), s.n));
      }
      if (s.pc == loop.last) {
        s.spent += length;
        s.active = count;
        if (count == 0) return true;
        if (d.what != action::branch) std::memcpy(s.mask.data(), s.taken.data(), s.n);
        s.pc = counted = loop.top;
        if (s.spent + length > s.allowed) return false;
        continue;
      }
      if (count != 0) {
        if (const std::size_t j = joining(d.target); j < loop.joins.size()) {
          const std::uint8_t* const going = d.what == action::branch ? s.members() : s.taken.data();
          if (s.parked[j] == 0) std::memset(s.waiting[j].data(), 0, s.n);
          kernels_->mark(s.waiting[j].data(), going, s.n);
          s.parked[j] += count;
        }
        if (count != s.active) {
          kernels_->without(s.mask.data(), s.taken.data(), s.members(), s.n);
        }
        s.active -= count;
      }
      ++s.pc;
      counted = s.pc;
      if (s.active == 0) continue;
    }
    if (loop.joins.empty()) continue;
    const std::size_t j = joining(s.pc);
    if (j == loop.joins.size() || s.parked[j] == 0) continue;
    const auto run = static_cast<std::uint16_t>(s.pc - counted);
    s.executed += std::uint64_t{run} * s.active;
    if (s.counts && run != 0) kernels_->tally(s.steps.data(), run, s.members(), s.n);
    counted = s.pc;
    if (s.active == s.n) std::memset(s.mask.data(), 1, s.n);
    kernels_->mark(s.mask.data(), s.waiting[j].data(), s.n);
    s.active += s.parked[j];
    s.parked[j] = 0;
  }
}

batch::step batch::run_loop(const decoded& d) {
  const pure_loop& loop = program_->loops[d.loop];
  const std::uint64_t limit = launch_->config->step_limit;
  resolve(loop);
  strip s;
  s.counts = limit != 0;
  s.allowed = limit == 0 ? most_counted : std::min(most_counted, limit - (cur_->base + cur_->run));
  if (s.counts) use_steps();
  std::uint64_t most = 0;
  std::uint32_t staying = 0;
  for (std::uint32_t begin = cur_->first; begin < cur_->last; begin += strip_lanes) {
    s.begin = begin;
    s.n = std::min(strip_lanes, cur_->last - begin);
    s.active = s.n;
    if (cur_->mask != nullptr) {
      std::memcpy(s.mask.data(), cur_->mask + begin, s.n);
      s.active = static_cast<std::uint32_t>(kernels_->count(s.mask.data(), s.n));
    }
    bool through = true;
    if (s.active != 0) {
      s.pc = pc_;
      s.spent = 0;
      if (s.counts) std::memset(s.steps.data(), 0, sizeof(std::uint16_t) * s.n);
      through = run_strip(s, loop);
      if (s.counts) kernels_->add_tally(steps_ + begin, s.steps.data(), s.n);
      most = std::max(most, s.spent + loop.operations.size());
    }
    if (through) {
      std::memset(taken_ + begin, 0, s.n);
      continue;
    }
    if (s.active == s.n) std::memset(s.mask.data(), 1, s.n);
    std::memcpy(taken_ + begin, s.mask.data(), s.n);
    staying += s.active;
  }
  account();
  instructions_ += s.executed;
  if (s.counts) cur_->base += most;
  run_limit_ = 0;
  pc_ = loop.last;
  if (staying != 0) return split(taken_, staying, loop.top);
  ++pc_;
  return step::moved;
}

}  // namespace twill::lanes::detail
