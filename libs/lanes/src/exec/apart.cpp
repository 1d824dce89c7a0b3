// SPDX-License-Identifier: Apache-2.0
// Whether the lanes of a block can run beside each other: of several lanes that store at one place with one
// instruction the highest wins, so that batches of a block keep their order unless no two lanes can meet.
#include "exec/prepared.hpp"

#include <algorithm>
#include <optional>

namespace twill::lanes::detail {
namespace {

// A block has at most 2^16 lanes, so that addresses of such steps do not come round.
constexpr std::uint64_t most_stride = std::uint64_t{1} << 40;

// A value is `what all lanes have in common + stride * lane`.
struct value {
  std::uint64_t stride = 0;
  std::optional<std::uint64_t> constant{};  // of stride 0: the value itself, where it is known
};
using fact = std::optional<value>;  // nothing: the value may be anything

// What registers hold before each instruction in turn. Where a jump leads to, only those are known that one
// instruction alone writes, from such values: they are the same on every way there and in every turn of a
// loop.
class tracker {
 public:
  tracker(const prepared_program& p, std::span<const std::pair<std::uint16_t, type>> initial)
      : p_(p), lasting_(slot_count), entered_(p.code.size(), false) {
    for (const decoded& d : p.code) {
      const bool jumps = d.what == action::branch || d.what == action::branch_if || d.what == action::loop ||
                         d.what == action::call;
      if (jumps) entered_[d.target] = true;
    }
    for (std::size_t pc = 1; pc < p.code.size(); ++pc) {
      if (p.code[pc - 1].what == action::call) entered_[pc] = true;
    }
    settle(initial);
    now_ = lasting_;
  }

  // Goes on to the instruction at pc, which is the next one.
  void enter(std::size_t pc) {
    if (entered_[pc]) now_ = lasting_;
  }
  void execute(const decoded& d) {
    if (d.writes) now_[d.dst] = result(d, now_);
  }
  [[nodiscard]] fact of(const operand& o) const { return of(o, now_); }

 private:
  void settle(std::span<const std::pair<std::uint16_t, type>> initial) {
    std::vector<int> writers(slot_count, 0);
    for (const auto& [reg, ty] : initial) {
      lasting_[reg] = value{};
      ++writers[reg];
    }
    // What is both given and special keeps neither.
    const auto special = [&](slot reg, value v) { lasting_[reg] = writers[reg]++ == 0 ? fact(v) : fact(); };
    special(global_lane_id, {.stride = 1});
    special(block_dim_x, {});
    for (const decoded& d : p_.code) {
      if (!d.writes) continue;
      if (++writers[d.dst] > 1) lasting_[d.dst].reset();
    }
    // Sources mostly stand above; what would need more rounds stays unknown.
    constexpr int rounds = 4;
    for (int round = 0; round < rounds; ++round) {
      for (const decoded& d : p_.code) {
        if (d.writes && writers[d.dst] == 1) lasting_[d.dst] = result(d, lasting_);
      }
    }
  }

  [[nodiscard]] fact of(const operand& o, const std::vector<fact>& known) const {
    if (p_.columns[o.column].constant) return value{.constant = p_.columns[o.column].bits};
    return known[o.reg];
  }

  [[nodiscard]] fact result(const decoded& d, const std::vector<fact>& known) const {
    if (d.what == action::constant) return value{.constant = d.value};
    if (d.what != action::copy && d.what != action::compute) return {};
    std::array<value, 4> in{};
    for (std::size_t k = 0; k < d.reads; ++k) {
      const fact f = of(d.in[k], known);
      if (!f || f->stride > most_stride) return {};
      in[k] = *f;
    }
    if (d.what == action::copy) return d.reads == 1 ? fact(in[0]) : fact();
    if (std::ranges::all_of(in, [](const value& v) { return v.stride == 0; })) return value{};
    // Narrower results come round.
    if (d.width != 3 || d.reads > 2) return {};
    switch (d.affine) {
      case affine_rule::add: return value{.stride = in[0].stride + in[1].stride};
      case affine_rule::sub:
        return value{.stride = std::max(in[0].stride, in[1].stride) - std::min(in[0].stride, in[1].stride)};
      case affine_rule::mul:
        return in[1].constant ? times(in[0], *in[1].constant) : times(in[1], in[0].constant);
      case affine_rule::shl:
        if (!in[1].constant || *in[1].constant >= 40) return {};
        return times(in[0], std::uint64_t{1} << *in[1].constant);
      case affine_rule::convert:
        return size_bytes(d.src_ty) == 8 ? fact(value{.stride = in[0].stride}) : fact();
      case affine_rule::none: break;
    }
    return {};
  }

  [[nodiscard]] static fact times(const value& v, std::optional<std::uint64_t> by) {
    if (!by || (*by != 0 && v.stride > most_stride / *by)) return {};
    return value{.stride = v.stride * *by};
  }

  const prepared_program& p_;
  std::vector<fact> lasting_;  // of registers that one instruction writes, or none
  std::vector<fact> now_;
  std::vector<bool> entered_;
};

}  // namespace

void prepared_program::find_conflicts() {
  // These have an order of their own.
  if (uses_shared || uses_barrier || uses_pools || uses_resonance || uses_whole_array) return;
  tracker known(*this, initial_);
  for (std::size_t pc = 0; pc < code.size(); ++pc) {
    const decoded& d = code[pc];
    known.enter(pc);
    if (d.what == action::store) {
      if (d.mode != address_mode::computed) return;
      const fact handle = known.of(d.in[0]);
      const fact offset = known.of(d.in[1]);
      const std::uint64_t bytes = std::uint64_t{1} << d.width;
      if (!handle || handle->stride != 0 || !offset || offset->stride < bytes || offset->stride > most_stride)
        return;
    }
    known.execute(d);
  }
  lanes_apart = true;
}

}  // namespace twill::lanes::detail
