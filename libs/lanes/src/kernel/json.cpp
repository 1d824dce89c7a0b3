// SPDX-License-Identifier: Apache-2.0
// The kernel JSON, version 1.0.
#include "program/json.hpp"

#include "kernel/ast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace twill::lanes::detail {
namespace {

class reader {
 public:
  kernel_tree read(const json::value& root) {
    only_keys(root, {"version", "kernel"});
    const json::value version = member(root, "version");
    if (text_of(version) != "1.0")
      bad_json(version, fmt::format("expected the version \"1.0\", found {}", version.summary()));
    const json::value kernel = member(root, "kernel");
    only_keys(kernel, {"name", "params", "body", "return_type"});
    kernel_tree out;
    out.name = text_of(member(kernel, "name"));
    out.where = kernel.where();
    for (const json::value p : list(member(kernel, "params"))) parameter(p, out);
    out.body = block(member(kernel, "body"));
    return out;
  }

 private:
  static json::value list(const json::value& v) {
    if (!v.is_array()) bad_json(v, fmt::format("expected an array, found {}", v.summary()));
    return v;
  }

  static value_type scalar(const json::value& v) {
    if (v.is_object()) {
      only_keys(v, {"kind", "type"});
      return scalar(member(v, "type"));
    }
    const auto t = parse_value_type(text_of(v));
    if (!t) bad_json(v, fmt::format("no scalar type is named \"{}\"", text_of(v)));
    return *t;
  }

  static void parameter(const json::value& v, kernel_tree& out) {
    only_keys(v, {"name", "type"});
    kernel_parameter p;
    p.name = text_of(member(v, "name"));
    const json::value t = member(v, "type");
    const json::value kind = member(t, "kind");
    value_type ty{type::f32};  // a pointer without an element type is one to f32
    if (text_of(kind) == "scalar") {
      only_keys(t, {"kind", "type"});
      ty = scalar(member(t, "type"));
    } else if (text_of(kind) == "device_array") {
      only_keys(t, {"kind", "element_type"});
      ty = scalar(member(t, "element_type"));
      p.is_buffer = true;
    } else if (text_of(kind) == "device_ptr") {
      only_keys(t, {"kind"});
      p.is_buffer = true;
    } else {
      bad_json(kind, fmt::format("no kind of parameter is named \"{}\"", text_of(kind)));
    }
    p.ty = ty.ty;
    out.parameters.push_back(std::move(p));
    out.bool_parameters.push_back(ty.is_bool);
    out.places.push_back(v.where());
  }

  void deeper(const json::value& v) {
    if (++depth_ > most_nesting) bad_json(v, "nested too deeply");
  }

  std::vector<stmt> block(const json::value& v) {
    deeper(v);
    std::vector<stmt> out;
    for (const json::value s : list(v)) out.push_back(statement(s));
    --depth_;
    return out;
  }

  stmt statement(const json::value& v) {
    stmt s;
    s.where = v.where();
    const json::value kind = member(v, "type");
    const std::string_view name = text_of(kind);
    if (name == "let") {
      only_keys(v, {"type", "name", "value"});
      s.kind = stmt_kind::let;
      s.name = text_of(member(v, "name"));
      s.value = expression(member(v, "value"));
    } else if (name == "assign") {
      only_keys(v, {"type", "target", "value"});
      s.kind = stmt_kind::assign;
      s.target = expression(member(v, "target"));
      if (s.target->kind != expr_kind::variable && s.target->kind != expr_kind::index) {
        bad_json(member(v, "target"), "only a variable or an element can be assigned to");
      }
      s.value = expression(member(v, "value"));
    } else if (name == "if") {
      only_keys(v, {"type", "condition", "then_body", "else_body"});
      s.kind = stmt_kind::if_else;
      s.value = expression(member(v, "condition"));
      s.body = block(member(v, "then_body"));
      if (const auto other = v.find("else_body"); other && !other->is_null()) s.otherwise = block(*other);
    } else if (name == "for") {
      only_keys(v, {"type", "var", "start", "stop", "step", "body"});
      s.kind = stmt_kind::for_range;
      s.name = text_of(member(v, "var"));
      s.value = expression(member(v, "start"));
      s.stop = expression(member(v, "stop"));
      if (const auto step = v.find("step"); step && !step->is_null()) s.step = expression(*step);
      s.body = block(member(v, "body"));
    } else if (name == "while") {
      only_keys(v, {"type", "condition", "body"});
      s.kind = stmt_kind::while_loop;
      s.value = expression(member(v, "condition"));
      s.body = block(member(v, "body"));
    } else if (name == "return") {
      only_keys(v, {"type", "value"});
      if (const auto value = v.find("value"); value && !value->is_null())
        bad_json(*value, "a kernel returns no value");
    } else {
      bad_json(kind, fmt::format("no statement is named \"{}\"", name));
    }
    return s;
  }

  expr_ptr expression(const json::value& v) {
    deeper(v);
    auto e = std::make_unique<expr>();
    e->where = v.where();
    const json::value kind = member(v, "type");
    const std::string_view name = text_of(kind);
    if (name == "var") {
      only_keys(v, {"type", "name"});
      e->kind = expr_kind::variable;
      e->name = text_of(member(v, "name"));
    } else if (name == "literal") {
      only_keys(v, {"type", "value"});
      e = literal(member(v, "value"), std::move(e));
    } else if (name == "binary_op") {
      only_keys(v, {"type", "op", "left", "right"});
      e->kind = expr_kind::binary;
      e->name = operator_name(member(v, "op"));
      e->parts.push_back(expression(member(v, "left")));
      e->parts.push_back(expression(member(v, "right")));
    } else if (name == "unary_op") {
      only_keys(v, {"type", "op", "operand"});
      const json::value op = member(v, "op");
      if (text_of(op) != "neg" && text_of(op) != "not")
        bad_json(op, fmt::format("no operator is named \"{}\"", text_of(op)));
      e->kind = expr_kind::unary;
      e->name = text_of(op);
      e->parts.push_back(expression(member(v, "operand")));
    } else if (name == "index") {
      only_keys(v, {"type", "array", "index"});
      e->kind = expr_kind::index;
      e->parts.push_back(expression(member(v, "array")));
      e->parts.push_back(expression(member(v, "index")));
    } else if (name == "call") {
      only_keys(v, {"type", "function", "args"});
      e->kind = expr_kind::call;
      e->name = text_of(member(v, "function"));
      for (const json::value a : list(member(v, "args"))) e->parts.push_back(expression(a));
    } else {
      bad_json(kind, fmt::format("no expression is named \"{}\"", name));
    }
    --depth_;
    return e;
  }

  static std::string operator_name(const json::value& v) {
    static constexpr std::array<std::string_view, 19> known{
        "add", "sub", "mul", "div", "floor_div", "mod",    "lt",      "le",  "gt", "ge",
        "eq",  "ne",  "and", "or",  "bit_and",   "bit_or", "bit_xor", "shl", "shr"};
    const std::string_view name = text_of(v);
    if (std::ranges::find(known, name) == known.end())
      bad_json(v, fmt::format("no operator is named \"{}\"", name));
    return std::string(name);
  }

  static expr_ptr literal(const json::value& v, expr_ptr e) {
    if (const auto b = v.as_bool()) {
      e->kind = expr_kind::truth;
      e->integer = *b ? 1 : 0;
    } else if (const auto n = v.as_uint64()) {
      e->kind = expr_kind::integer;
      e->integer = *n;
    } else if (const auto number = v.as_double()) {
      const auto whole = v.as_int64();
      const bool negative = whole ? *whole < 0 : std::signbit(*number);
      auto part = std::make_unique<expr>();
      part->where = e->where;
      part->kind = whole ? expr_kind::integer : expr_kind::real;
      if (whole) part->integer = std::uint64_t{0} - static_cast<std::uint64_t>(*whole);
      part->real = std::fabs(*number);
      if (!negative) return part;
      e->kind = expr_kind::unary;
      e->name = "neg";
      e->parts.push_back(std::move(part));
    } else {
      bad_json(v, fmt::format("expected a number, true or false, found {}", v.summary()));
    }
    return e;
  }

  int depth_ = 0;
};

}  // namespace

kernel_tree parse_kernel_json(std::string text, const std::string& file) {
  const json::document document = parse_document(std::move(text), file);
  return reader().read(document.root());
}

}  // namespace twill::lanes::detail
