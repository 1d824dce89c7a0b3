// SPDX-License-Identifier: Apache-2.0
#include "twill/base/number.hpp"
#include "twill/lanes/program.hpp"

#include <fmt/format.h>

#include <bit>
#include <iterator>

namespace twill::lanes {
namespace {

std::string displaced(std::int32_t d) {
  if (d == 0) return {};
  return d < 0 ? fmt::format(" - {}", -static_cast<std::int64_t>(d)) : fmt::format(" + {}", d);
}

std::string suffix(const instruction& i) {
  switch (i.op) {
    case opcode::setcc: return fmt::format("{}.{}", name_of(i.cond), name_of(i.ty));
    case opcode::cvt: return fmt::format(".{}.{}", name_of(i.ty), name_of(i.src_ty));
    case opcode::mem_fence: return fmt::format(".{}", name_of(static_cast<memory_scope>(i.value)));
    case opcode::bra: return i.predicated ? fmt::format(".p{}", i.regs[0]) : "";
    default: break;
  }
  for (const field_info& f : fields_of(i.op)) {
    if (f.kind == field_kind::ty) return fmt::format(".{}", name_of(i.ty));
  }
  return {};
}

std::string operand(const instruction& i, const field_info& f) {
  const auto number = [&] { return f.slot == 0 ? i.value : i.params.at(f.slot - 1U); };
  switch (f.kind) {
    case field_kind::dst:
    case field_kind::src: return fmt::format("r{}", i.regs.at(f.slot));
    case field_kind::pred_dst:
    case field_kind::pred_src: return fmt::format("p{}", i.regs.at(f.slot));
    case field_kind::bits: return fmt::format("{}", i.value);
    case field_kind::number:
    case field_kind::flag: return fmt::format("{}", number());
    case field_kind::real: return shortest(std::bit_cast<double>(number()));
    case field_kind::operation: return std::string(operations_of(i.op)[i.value]);
    case field_kind::addr: return to_string(i.addr);
    case field_kind::label: return fmt::format("@{}", i.target);
    default: return {};  // ty, src_ty, cond, scope and pred_opt stand in the suffix
  }
}

}  // namespace

std::string to_string(const address& a) {
  switch (a.mode) {
    case address_mode::buffer: return fmt::format("[buf{} + {}]", a.handle, a.offset);
    case address_mode::phi: return fmt::format("[Φ({}, {}, {})]", a.phi_class, a.phi_page, a.phi_byte);
    case address_mode::indirect:
      return fmt::format("[r{}{}]", a.base, a.displacement == 0 ? " + 0" : displaced(a.displacement));
    case address_mode::computed:
      return fmt::format("[r{} + r{}{}]", a.base, a.offset_reg, displaced(a.displacement));
  }
  return {};
}

std::string to_string(const instruction& i) {
  std::string out(mnemonic_of(i.op));
  out += suffix(i);
  bool first = true;
  for (const field_info& f : fields_of(i.op)) {
    const std::string text = operand(i, f);
    if (text.empty()) continue;
    out += first ? " " : ", ";
    out += text;
    first = false;
  }
  return out;
}

std::string program::to_text() const {
  std::multimap<std::size_t, std::string_view> by_place;
  for (const auto& [name, index] : labels_) by_place.emplace(index, name);
  std::string out;
  for (std::size_t pc = 0; pc <= code_.size(); ++pc) {
    const auto [begin, end] = by_place.equal_range(pc);
    for (auto at = begin; at != end; ++at) fmt::format_to(std::back_inserter(out), "{}:\n", at->second);
    if (pc < code_.size()) fmt::format_to(std::back_inserter(out), "  {}\n", to_string(code_[pc]));
  }
  return out;
}

}  // namespace twill::lanes
