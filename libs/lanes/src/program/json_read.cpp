// SPDX-License-Identifier: Apache-2.0
#include "isa/half.hpp"
#include "program/json.hpp"
#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"
#include "twill/table/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

namespace twill::lanes::detail {

void bad_json(const json::value& at, std::string what) {
  throw fault({.code = errc::invalid_program, .text = std::move(what), .where = at.where()});
}

json::value member(const json::value& object, std::string_view key) {
  if (!object.is_object()) bad_json(object, fmt::format("expected an object, found {}", object.summary()));
  const auto found = object.find(key);
  if (!found) bad_json(object, fmt::format("the key \"{}\" is missing", key));
  return *found;
}

void only_keys(const json::value& object, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) bad_json(object, fmt::format("expected an object, found {}", object.summary()));
  for (const json::value v : object) {
    if (std::ranges::find(known, v.key()) != known.end()) continue;
    const std::vector<std::string_view> names(known);
    const std::string near = nearest_name(v.key(), names);
    bad_json(v, fmt::format("unknown key \"{}\"{}", v.key(),
                            near.empty() ? "" : ", did you mean \"" + near + "\"?"));
  }
}

std::uint64_t integer(const json::value& v, std::uint64_t max) {
  std::optional<std::uint64_t> n = v.as_uint64();
  if (const auto text = v.as_string(); !n && text) {
    if (const auto read = parse_uint64(*text)) n = read.value;
  }
  if (!n || *n > max)
    bad_json(v, fmt::format("expected an integer from 0 to {}, found {}", max, v.summary()));
  return *n;
}

std::string_view text_of(const json::value& v) {
  const auto text = v.as_string();
  if (!text) bad_json(v, fmt::format("expected a text, found {}", v.summary()));
  return *text;
}

type type_at(const json::value& v) {
  const std::string_view name = text_of(v);
  const auto t = parse_type(name);
  if (!t) bad_json(v, fmt::format("no type is named \"{}\"", name));
  return *t;
}

namespace {

std::uint64_t cut(std::uint64_t bits, type t) {
  return size_bytes(t) == 8 ? bits : bits & ((std::uint64_t{1} << (8 * size_bytes(t))) - 1);
}

std::uint64_t real_bits(const json::value& v, type t) {
  double real = 0;
  if (const auto text = v.as_string()) {
    if (*text == "nan") {
      real = std::numeric_limits<double>::quiet_NaN();
    } else if (*text == "inf") {
      real = std::numeric_limits<double>::infinity();
    } else if (*text == "-inf") {
      real = -std::numeric_limits<double>::infinity();
    } else if (*text == "-0.0") {
      real = -0.0;
    } else if (const auto read = parse_double(*text)) {
      real = read.value;
    } else {
      bad_json(
          v, fmt::format("expected a number, \"nan\", \"inf\", \"-inf\" or \"-0.0\", found {}", v.summary()));
    }
  } else if (const auto number = v.as_double()) {
    real = *number;
  } else {
    bad_json(v, fmt::format("expected a number, found {}", v.summary()));
  }
  switch (t) {
    case type::f64: return std::bit_cast<std::uint64_t>(real);
    case type::f32: return std::bit_cast<std::uint32_t>(static_cast<float>(real));
    case type::f16: return f16_from(static_cast<float>(real));
    case type::bf16: return bf16_from(static_cast<float>(real));
    default: bad_json(v, fmt::format("a real number for the integer type {}", name_of(t)));
  }
}

}  // namespace

std::uint64_t bits_at(const json::value& v, type t, bool as_real) {
  if (as_real) return real_bits(v, t);
  if (const auto n = v.as_uint64()) return cut(*n, t);
  if (const auto n = v.as_int64()) return cut(static_cast<std::uint64_t>(*n), t);
  if (const auto text = v.as_string()) {
    if (text->starts_with("0x")) {
      std::uint64_t bits = 0;
      const auto [stop, error] = std::from_chars(text->data() + 2, text->data() + text->size(), bits, 16);
      if (error == std::errc{} && stop == text->data() + text->size()) return cut(bits, t);
    } else if (const auto n = parse_uint64(*text)) {
      return cut(n.value, t);
    } else if (const auto negative = parse_int64(*text)) {
      return cut(static_cast<std::uint64_t>(negative.value), t);
    }
  }
  bad_json(v, fmt::format("expected an integer, or one as a decimal or 0x text, found {}", v.summary()));
}

json::document parse_document(std::string text, std::string name) {
  table::findings out;
  auto read = json::parse(std::move(text), std::move(name), out);
  if (out.has_errors() || !read) {
    const auto items = out.items();
    fault_info info{.code = errc::invalid_program};
    for (const auto& item : items) {
      if (item.level != table::severity::error) continue;
      info.text = item.details.what;
      if (!item.details.found.empty()) info.text += fmt::format(" (found {})", item.details.found);
      info.where = item.details.where;
      break;
    }
    throw fault(std::move(info));
  }
  return *read;
}

namespace {

std::uint16_t small(const json::value& v) { return static_cast<std::uint16_t>(integer(v, 65535)); }

std::int32_t displacement_of(const json::value& object) {
  const auto v = object.find("offset");
  if (!v) return 0;
  const auto n = v->as_int64();
  if (!n || *n < -2147483648LL || *n > 2147483647LL) bad_json(*v, "expected an offset of 32 bits");
  return static_cast<std::int32_t>(*n);
}

address read_address(const json::value& v, const buffer_names& names) {
  if (!v.is_object()) bad_json(v, fmt::format("expected an address, found {}", v.summary()));
  address a;
  if (const auto buffer = v.find("buffer")) {
    only_keys(v, {"buffer", "offset"});
    a.mode = address_mode::buffer;
    if (const auto name = buffer->as_string(); name && names) {
      const auto found = names(*name);
      if (!found) bad_json(*buffer, fmt::format("no buffer is named \"{}\"", *name));
      a.handle = *found;
    } else {
      a.handle = integer(*buffer, std::numeric_limits<std::uint64_t>::max());
    }
    if (const auto offset = v.find("offset"))
      a.offset = integer(*offset, std::numeric_limits<std::uint64_t>::max());
  } else if (const auto phi = v.find("phi")) {
    only_keys(v, {"phi"});
    if (!phi->is_array() || phi->size() != 3) bad_json(*phi, "expected [class, page, byte]");
    a.mode = address_mode::phi;
    auto at = phi->begin();
    a.phi_class = small(*at++);
    a.phi_page = small(*at++);
    a.phi_byte = small(*at);
  } else if (const auto base = v.find("base")) {
    only_keys(v, {"base", "offset"});
    a.mode = address_mode::indirect;
    a.base = small(*base);
    a.displacement = displacement_of(v);
  } else if (v.find("handle_reg")) {
    only_keys(v, {"handle_reg", "offset_reg", "offset"});
    a.mode = address_mode::computed;
    a.base = small(member(v, "handle_reg"));
    a.offset_reg = small(member(v, "offset_reg"));
    a.displacement = displacement_of(v);
  } else {
    bad_json(v, "an address has \"buffer\", \"phi\", \"base\" or \"handle_reg\"");
  }
  return a;
}

void read_field(const json::value& object, instruction& i, const field_info& f, const buffer_names& names) {
  const auto put = [&](std::uint64_t number) {
    if (f.slot == 0) {
      i.value = number;
    } else {
      if (i.params.size() < f.slot) i.params.resize(f.slot);
      i.params[f.slot - 1U] = number;
    }
  };
  if (f.kind == field_kind::pred_opt) {
    const auto found = object.find(f.name);
    if (!found || found->is_null()) return;
    i.predicated = true;
    i.regs.at(f.slot) = small(*found);
    return;
  }
  if (f.kind == field_kind::bits) {
    if (const auto real = object.find("real")) {
      i.value = bits_at(*real, i.ty, true);
    } else {
      i.value = bits_at(member(object, f.name), i.ty, false);
    }
    return;
  }
  const json::value v = member(object, f.name);
  switch (f.kind) {
    case field_kind::ty: i.ty = type_at(v); return;
    case field_kind::src_ty: i.src_ty = type_at(v); return;
    case field_kind::cond: {
      const auto c = parse_condition(text_of(v));
      if (!c) bad_json(v, fmt::format("no condition is named \"{}\"", text_of(v)));
      i.cond = *c;
      return;
    }
    case field_kind::scope: {
      const auto s = parse_scope(text_of(v));
      if (!s) bad_json(v, fmt::format("no memory scope is named \"{}\"", text_of(v)));
      i.value = static_cast<std::uint64_t>(*s);
      return;
    }
    case field_kind::operation: {
      const auto known = operations_of(i.op);
      const auto found = std::ranges::find(known, text_of(v));
      if (found == known.end()) bad_json(v, fmt::format("no operation is named \"{}\"", text_of(v)));
      i.value = static_cast<std::uint64_t>(found - known.begin());
      return;
    }
    case field_kind::dst:
    case field_kind::src:
    case field_kind::pred_dst:
    case field_kind::pred_src: i.regs.at(f.slot) = small(v); return;
    case field_kind::number: put(integer(v, f.max)); return;
    case field_kind::flag: {
      const auto b = v.as_bool();
      if (!b) bad_json(v, "expected true or false");
      put(*b ? 1 : 0);
      return;
    }
    case field_kind::real: put(bits_at(v, type::f64, true)); return;
    case field_kind::addr: i.addr = read_address(v, names); return;
    case field_kind::label: i.target = text_of(v); return;
    default: return;
  }
}

bool known_key(const instruction& i, std::string_view key) {
  if (key == "op") return true;
  return std::ranges::any_of(fields_of(i.op), [&](const field_info& f) {
    return f.name == key || (f.kind == field_kind::bits && key == "real");
  });
}

instruction read_instruction(const json::value& v, const buffer_names& names) {
  instruction i;
  const json::value op = member(v, "op");
  const auto found = parse_opcode(text_of(op));
  if (!found) bad_json(op, fmt::format("no instruction is named \"{}\"", text_of(op)));
  i.op = *found;
  for (const json::value key : v) {
    if (!known_key(i, key.key()))
      bad_json(key, fmt::format("{} has no field \"{}\"", name_of(i.op), key.key()));
  }
  for (const field_info& f : fields_of(i.op)) read_field(v, i, f, names);
  return i;
}

}  // namespace

program read_program(const json::value& root, const buffer_names& names) {
  only_keys(root, {"format", "code"});
  const json::value format = member(root, "format");
  if (text_of(format) != "twill.lanes.program/1")
    bad_json(format, "expected the format \"twill.lanes.program/1\"");
  const json::value code = member(root, "code");
  if (!code.is_array()) bad_json(code, "expected an array of instructions and labels");
  program out;
  for (const json::value v : code) {
    if (const auto label = v.find("label")) {
      only_keys(v, {"label"});
      out.add_label(std::string(text_of(*label)));
    } else {
      out.push(read_instruction(v, names));
    }
  }
  return out;
}

}  // namespace twill::lanes::detail

namespace twill::lanes {

program program::parse_json(std::string text, std::string name) {
  const auto document = detail::parse_document(std::move(text), std::move(name));
  return detail::read_program(document.root(), {});
}

}  // namespace twill::lanes
