// SPDX-License-Identifier: Apache-2.0
#include "twill/base/json_writer.hpp"
#include "twill/lanes/program.hpp"

#include <bit>
#include <cmath>
#include <string>

namespace twill::lanes {
namespace {

constexpr std::uint64_t exact_limit = std::uint64_t{1} << 53;

void write_integer(json_writer& out, std::uint64_t v) {
  if (v > exact_limit) {
    out.value(std::to_string(v));
  } else {
    out.value(v);
  }
}

void write_real(json_writer& out, std::uint64_t bits) {
  const auto real = std::bit_cast<double>(bits);
  if (std::isnan(real)) {
    out.value("nan");
  } else if (std::isinf(real)) {
    out.value(real > 0 ? "inf" : "-inf");
  } else if (real == 0 && std::signbit(real)) {
    out.value("-0.0");
  } else {
    out.value(real);
  }
}

void write_address(json_writer& out, const address& a) {
  out.begin_object();
  switch (a.mode) {
    case address_mode::buffer:
      out.key("buffer");
      write_integer(out, a.handle);
      out.key("offset");
      write_integer(out, a.offset);
      break;
    case address_mode::phi:
      out.key("phi").begin_array().value(a.phi_class).value(a.phi_page).value(a.phi_byte).end_array();
      break;
    case address_mode::indirect: out.member("base", a.base).member("offset", a.displacement); break;
    case address_mode::computed:
      out.member("handle_reg", a.base).member("offset_reg", a.offset_reg).member("offset", a.displacement);
      break;
  }
  out.end_object();
}

void write_field(json_writer& out, const instruction& i, const field_info& f) {
  if (f.kind == field_kind::pred_opt && !i.predicated) return;
  const auto number = [&] { return f.slot == 0 ? i.value : i.params.at(f.slot - 1U); };
  out.key(f.name);
  switch (f.kind) {
    case field_kind::ty: out.value(name_of(i.ty)); return;
    case field_kind::src_ty: out.value(name_of(i.src_ty)); return;
    case field_kind::cond: out.value(name_of(i.cond)); return;
    case field_kind::scope: out.value(name_of(static_cast<memory_scope>(i.value))); return;
    case field_kind::operation: out.value(operations_of(i.op)[i.value]); return;
    case field_kind::dst:
    case field_kind::src:
    case field_kind::pred_dst:
    case field_kind::pred_src:
    case field_kind::pred_opt: out.value(i.regs.at(f.slot)); return;
    case field_kind::bits: write_integer(out, i.value); return;
    case field_kind::number: write_integer(out, number()); return;
    case field_kind::flag: out.value(number() != 0); return;
    case field_kind::real: write_real(out, number()); return;
    case field_kind::addr: write_address(out, i.addr); return;
    case field_kind::label: out.value(i.target); return;
  }
}

}  // namespace

std::string program::to_json() const {
  std::multimap<std::size_t, std::string_view> by_place;
  for (const auto& [name, index] : labels_) by_place.emplace(index, name);
  json_writer out;
  out.begin_object().member("format", "twill.lanes.program/1").key("code").begin_array();
  for (std::size_t pc = 0; pc <= code_.size(); ++pc) {
    const auto [begin, end] = by_place.equal_range(pc);
    for (auto at = begin; at != end; ++at) out.begin_object().member("label", at->second).end_object();
    if (pc == code_.size()) break;
    out.begin_object().member("op", name_of(code_[pc].op));
    for (const field_info& f : fields_of(code_[pc].op)) write_field(out, code_[pc], f);
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace twill::lanes
