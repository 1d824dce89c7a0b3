// SPDX-License-Identifier: Apache-2.0
#include "exec/prepared.hpp"

#include "exec/decode.hpp"

#include <algorithm>
#include <atomic>
#include <bit>

namespace twill::lanes::detail {
namespace {

constexpr std::uint8_t unreached = 0xff;
constexpr std::uint8_t mixed = 0xfe;
// Beyond these sizes a program runs with every check at run time instead of being analysed.
constexpr std::size_t analysed_instructions = 16'384;
constexpr std::size_t analysed_returns = 1'000'000;

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  // ORD relaxed [ID]: only that no number comes twice matters; pairs with nothing.
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

using tags = std::array<std::uint8_t, slot_count>;

bool merge(tags& into, const tags& from) {
  bool changed = false;
  for (std::size_t i = 0; i < slot_count; ++i) {
    if (from[i] == unreached || into[i] == from[i]) continue;
    const std::uint8_t next = into[i] == unreached ? from[i] : mixed;
    changed |= next != into[i];
    into[i] = next;
  }
  return changed;
}

}  // namespace

prepared_program::prepared_program(const program& p, std::vector<std::pair<std::uint16_t, type>> initial)
    : id(next_id()), initial_(std::move(initial)) {
  for (auto& widths : column_index_) widths.fill(no_column);
  decode(p);
  std::size_t rets = 0;
  for (const decoded& d : code) rets += d.what == action::ret ? 1U : 0U;
  const bool small = code.size() <= analysed_instructions && rets * return_points_.size() <= analysed_returns;
  if (small) {
    analyse_types();
    analyse_liveness();
  }
  number_columns();
  find_constants();
  find_fusions();
  find_loops();
  if (small) find_conflicts();
  weigh();
}

bool prepared_program::is_for(std::span<const initial_register> registers) const noexcept {
  return std::ranges::equal(registers, initial_, [](const initial_register& a, const auto& b) {
    return a.reg == b.first && a.ty == b.second;
  });
}

void prepared_program::decode(const program& p) {
  code.reserve(p.len() + 1);
  for (std::size_t pc = 0; pc < p.len(); ++pc) {
    const instruction& i = p.code()[pc];
    code.push_back(decode_instruction(i, ranges));
    decoded& d = code.back();
    if (!i.target.empty()) d.target = static_cast<std::uint32_t>(*p.resolve_label(i.target));
    if (d.what == action::call) return_points_.push_back(static_cast<std::uint32_t>(pc) + 1);
    uses_shared |= d.shared;
    uses_barrier |= d.what == action::barrier;
    uses_pools |= d.what == action::pool_alloc;
    uses_resonance |= d.what == action::res_accum;
    uses_whole_array |= d.what == action::whole_array;
    if (d.what == action::whole_array) whole_array.emplace(static_cast<std::uint32_t>(pc), i);
    may_diverge_stack |= d.what == action::call;
  }
  code.emplace_back();  // falling off the end
}

std::vector<std::uint32_t> prepared_program::successors(std::uint32_t pc) const {
  const decoded& d = code[pc];
  switch (d.what) {
    case action::branch:
    case action::call: return {d.target};
    case action::branch_if:
    case action::loop: return {d.target, pc + 1};
    case action::ret: return return_points_;
    case action::exit: return {};
    default: return {pc + 1};
  }
}

// Forward over the control-flow graph: the tag of every register before every instruction, where it is the
// same on all ways there.
void prepared_program::analyse_types() {
  tags start;
  start.fill(tag_nothing);
  start[lane_idx_x] = start[block_idx_x] = start[block_dim_x] = static_cast<std::uint8_t>(type::u32);
  start[global_lane_id] = static_cast<std::uint8_t>(type::u64);
  start[phase_slot] = static_cast<std::uint8_t>(type::u32);
  start[class_slot] = static_cast<std::uint8_t>(type::u8);
  for (const auto& [reg, ty] : initial_) start[reg] = static_cast<std::uint8_t>(ty);

  tags bottom;
  bottom.fill(unreached);
  std::vector<tags> before(code.size(), bottom);
  std::vector<std::uint32_t> work{0};
  std::vector<bool> waiting(code.size(), false);
  before[0] = start;
  while (!work.empty()) {
    const std::uint32_t pc = work.back();
    work.pop_back();
    waiting[pc] = false;
    tags after = before[pc];
    if (code[pc].writes) after[code[pc].dst] = code[pc].tag;
    for (const std::uint32_t next : successors(pc)) {
      if (merge(before[next], after) && !waiting[next]) {
        waiting[next] = true;
        work.push_back(next);
      }
    }
  }
  const auto settle = [&](operand& o, std::uint32_t pc) {
    const std::uint8_t known = before[pc][o.reg];
    o.check = known != o.wanted && known != unreached;
  };
  for (std::uint32_t pc = 0; pc < code.size(); ++pc) {
    decoded& d = code[pc];
    d.checked = false;
    for (std::size_t k = 0; k < d.reads; ++k) {
      settle(d.in[k], pc);
      d.checked |= d.in[k].check;
    }
    for (std::uint32_t k = 0; k < d.range_size; ++k) {
      settle(ranges[d.range + k], pc);
      d.checked |= ranges[d.range + k].check;
    }
  }
}

// Backward, by sweeps; what needs more of them than any written program is left unanalysed.
void prepared_program::analyse_liveness() {
  constexpr int most_sweeps = 64;
  live_.assign(code.size(), live_set{});
  const auto set = [](live_set& s, slot reg) { s[reg / 64] |= std::uint64_t{1} << (reg % 64); };
  bool changed = true;
  for (int sweep = 0; changed; ++sweep) {
    if (sweep == most_sweeps) {
      live_.clear();
      return;
    }
    changed = false;
    for (std::uint32_t pc = static_cast<std::uint32_t>(code.size()); pc-- > 0;) {
      const decoded& d = code[pc];
      live_set in{};
      for (const std::uint32_t next : successors(pc)) {
        for (std::size_t w = 0; w < in.size(); ++w) in[w] |= live_[next][w];
      }
      if (d.writes) in[d.dst / 64] &= ~(std::uint64_t{1} << (d.dst % 64));
      for (std::size_t k = 0; k < d.reads; ++k) set(in, d.in[k].reg);
      for (std::uint32_t k = 0; k < d.range_size; ++k) set(in, ranges[d.range + k].reg);
      if (in != live_[pc]) {
        live_[pc] = in;
        changed = true;
      }
    }
  }
}

void prepared_program::number_columns() {
  std::array<bool, slot_count> kept{};
  const auto column = [&](slot reg, std::size_t width) {
    std::uint16_t& index = column_index_[reg][width];
    if (index == no_column) {
      index = static_cast<std::uint16_t>(columns.size());
      columns.push_back({reg, static_cast<std::uint8_t>(width)});
    }
    return index;
  };
  const auto number = [&](operand& o) {
    o.column = column(o.reg, width_of_tag(o.wanted));
    if (o.check) kept[o.reg] = true;
  };
  for (decoded& d : code) {
    for (std::size_t k = 0; k < d.reads; ++k) number(d.in[k]);
    if (d.writes) d.column = column(d.dst, width_of_tag(d.tag));
  }
  for (operand& o : ranges) number(o);
  for (decoded& d : code) d.tagged = d.writes && kept[d.dst];
  for (std::size_t r = 0; r < slot_count; ++r) {
    if (kept[r]) tagged.push_back(static_cast<slot>(r));
  }
}

std::uint16_t prepared_program::constant_column(std::size_t width, std::uint64_t bits) {
  const std::uint64_t cut = width == 3 ? bits : bits & ((std::uint64_t{1} << (8U << width)) - 1);
  const auto [at, is_new] = constants_.try_emplace({width, cut}, static_cast<std::uint16_t>(columns.size()));
  if (is_new) {
    columns.push_back({.width = static_cast<std::uint8_t>(width), .constant = true, .bits = cut});
  }
  return at->second;
}

// Operands that a MOV_IMM above them sets, with no way into the code in between: every lane that gets to the
// operand has executed it. They need no check, no column that is filled again and again, and a divisor that
// is a power of two becomes a shift.
void prepared_program::find_constants() {
  constexpr std::size_t most_constants = 64;
  std::vector<bool> entered(code.size(), false);
  for (const decoded& d : code) {
    const bool jumps = d.what == action::branch || d.what == action::branch_if || d.what == action::loop ||
                       d.what == action::call;
    if (jumps) entered[d.target] = true;
  }
  for (const std::uint32_t pc : return_points_) entered[pc] = true;
  struct known {
    std::uint8_t tag = tag_nothing;
    std::uint64_t bits = 0;
  };
  std::array<known, slot_count> now{};
  for (std::size_t pc = 0; pc < code.size(); ++pc) {
    decoded& d = code[pc];
    if (entered[pc]) now.fill({});
    const bool divides = d.values == value_check::divisor;
    for (std::size_t k = 0; k < d.reads && d.what == action::compute; ++k) {
      operand& o = d.in[k];
      const known& c = now[o.reg];
      if (c.tag != o.wanted || constants_.size() >= most_constants) continue;
      const std::size_t width = width_of_tag(o.wanted);
      o.check = false;
      o.column = constant_column(width, c.bits);
      const std::uint64_t bits = columns[o.column].bits;
      if (!divides || k != 1 || bits == 0) continue;
      d.values = value_check::none;
      if (!is_unsigned(d.ty) || !std::has_single_bit(bits)) continue;
      d.op = opcode::shr;
      d.fn = kernels().alu[static_cast<std::size_t>(opcode::shr)][static_cast<std::size_t>(d.ty)];
      o.wanted = static_cast<std::uint8_t>(type::u32);
      o.column = constant_column(2, static_cast<std::uint64_t>(std::countr_zero(bits)));
    }
    if (!d.writes) continue;
    now[d.dst] = {};
    if (d.what == action::constant) now[d.dst] = {d.tag, d.value};
  }
}

// What decides how many lanes run together. Registers that nothing but constants is written to stay uniform.
void prepared_program::weigh() {
  std::vector<bool> varies(columns.size(), false);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const slot reg = columns[c].reg;
    const bool coordinate =
        reg == lane_idx_x || reg == block_idx_x || reg == global_lane_id || reg == class_slot;
    varies[c] = coordinate && !columns[c].constant;
  }
  for (std::uint32_t pc = 0; pc < code.size(); ++pc) {
    const decoded& d = code[pc];
    if (d.writes && d.what != action::constant) varies[d.column] = true;
    const bool jumps = d.what == action::branch || d.what == action::branch_if || d.what == action::loop;
    const bool known = std::ranges::any_of(loops, [&](const pure_loop& l) { return l.last == pc; });
    repeats |= d.what == action::call || (jumps && d.target <= pc && !known);
    costly |= d.costly;
  }
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (varies[c]) bytes_per_lane += std::size_t{1} << columns[c].width;
  }
  for (const pure_loop& loop : loops) {
    std::vector<bool> used(columns.size(), false);
    for (std::uint32_t pc = loop.top; pc <= loop.last; ++pc) {
      const decoded& d = code[pc];
      if (d.writes && !loop.operations[pc - loop.top].idle) used[d.column] = true;
      for (std::size_t k = 0; k < d.reads; ++k) used[d.in[k].column] = true;
    }
    std::size_t bytes = 0;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (used[c] && varies[c]) bytes += std::size_t{1} << columns[c].width;
    }
    bytes_in_loop = std::max(bytes_in_loop, bytes);
  }
}

// A result that the next instruction stores, and nothing reads afterwards, is computed in place.
void prepared_program::find_fusions() {
  for (std::size_t pc = 0; pc + 2 < code.size(); ++pc) {
    decoded& d = code[pc];
    const decoded& s = code[pc + 1];
    if (d.what != action::compute || d.values != value_check::none || s.what != action::store || s.shared ||
        s.checked)
      continue;
    const operand& stored = s.in[s.reads - 1U];
    if (!d.writes || d.tagged || stored.reg != d.dst || stored.wanted != d.tag) continue;
    const bool in_address = std::any_of(s.in.begin(), s.in.begin() + s.reads - 1,
                                        [&](const operand& o) { return o.reg == d.dst; });
    d.store_next = !in_address && !live_.empty() && !live_at(static_cast<std::uint32_t>(pc) + 2, d.dst);
  }
}

// Whether the code from `top` to `last` is such a loop; fills in the rest.
bool prepared_program::describe(pure_loop& loop) const {
  const auto inside = [&](std::uint32_t pc) { return pc >= loop.top && pc <= loop.last; };
  for (std::uint32_t pc = loop.top; pc <= loop.last; ++pc) {
    const decoded& d = code[pc];
    const auto unproved = [](const operand& o) { return o.check; };
    if (std::any_of(d.in.begin(), d.in.begin() + d.reads, unproved)) return false;
    if (d.tagged || d.values != value_check::none) return false;
    switch (d.what) {
      case action::compute:
      case action::constant:
      case action::copy:
      case action::select: break;
      case action::loop:
        if (pc != loop.last) return false;
        break;
      case action::branch:
      case action::branch_if:
        if (pc == loop.last) break;
        if (d.target <= pc || d.target > loop.last + 1) return false;
        if (inside(d.target)) loop.joins.push_back(d.target);
        break;
      default: return false;
    }
  }
  std::ranges::sort(loop.joins);
  const auto doubles = std::ranges::unique(loop.joins);
  loop.joins.erase(doubles.begin(), doubles.end());
  if (loop.joins.size() > pure_loop::most_joins) return false;
  const auto read_inside = [&](std::uint16_t column) {
    return std::any_of(code.begin() + loop.top, code.begin() + loop.last + 1, [&](const decoded& d) {
      const auto same = [&](const operand& o) { return o.column == column; };
      return std::any_of(d.in.begin(), d.in.begin() + d.reads, same);
    });
  };
  for (std::uint32_t pc = loop.top; pc <= loop.last; ++pc) {
    const decoded& d = code[pc];
    pure_loop::operation& o = loop.operations.emplace_back();
    if (!d.writes) continue;
    const auto live = [&](std::uint32_t at) { return live_at(at, d.dst); };
    const bool after = live(loop.last + 1);
    o.keep = after || std::ranges::any_of(loop.joins, live);
    o.idle = d.what == action::constant && !after && !read_inside(d.column);
  }
  return true;
}

// Loops that run strip by strip where their lanes part.
void prepared_program::find_loops() {
  constexpr std::size_t most_loops = 1000;
  for (std::uint32_t pc = 0; pc + 1 < code.size() && loops.size() < most_loops; ++pc) {
    const decoded& d = code[pc];
    const bool jumps = d.what == action::branch || d.what == action::branch_if || d.what == action::loop;
    if (!jumps || d.target > pc || pc - d.target >= pure_loop::most_instructions) continue;
    pure_loop loop{.top = d.target, .last = pc};
    if (!describe(loop)) continue;
    for (std::uint32_t at = loop.top; at <= loop.last; ++at) {
      const action what = code[at].what;
      if (what == action::branch_if || what == action::loop)
        code[at].loop = static_cast<std::uint16_t>(loops.size());
    }
    loops.push_back(std::move(loop));
  }
}

std::shared_ptr<const prepared_program> prepare(const program& p,
                                                std::span<const initial_register> registers) {
  constexpr std::size_t most_forms = 16;
  const auto slot_of = p.prepared();
  if (!slot_of) {
    p.validate();
    std::vector<std::pair<std::uint16_t, type>> initial;
    for (const initial_register& r : registers) initial.emplace_back(r.reg, r.ty);
    return std::make_shared<const prepared_program>(p, std::move(initial));
  }
  const std::lock_guard lock(slot_of->mutex);
  for (const auto& form : slot_of->forms) {
    if (form->is_for(registers)) return form;
  }
  p.validate();
  std::vector<std::pair<std::uint16_t, type>> initial;
  for (const initial_register& r : registers) initial.emplace_back(r.reg, r.ty);
  auto made = std::make_shared<const prepared_program>(p, std::move(initial));
  if (slot_of->forms.size() == most_forms) slot_of->forms.erase(slot_of->forms.begin());
  slot_of->forms.push_back(made);
  return made;
}

}  // namespace twill::lanes::detail
