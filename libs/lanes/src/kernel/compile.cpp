// SPDX-License-Identifier: Apache-2.0
// From syntax tree to program. Every variable has a register of its own; values in between take registers
// from the top of those in use and give them back. Conditions become branches, so that `&&` and `||` evaluate
// no more than they need.
#include "kernel/ast.hpp"
#include "twill/lanes/builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <utility>

namespace twill::lanes::detail {
namespace {

constexpr value_type truth{type::u8, true};
constexpr value_type index_type{type::u64, false};

struct value {
  reg where;
  value_type ty;
  bool temporary = false;
};

struct variable {
  reg where;
  value_type ty;
  bool is_buffer = false;
};

bool is_literal(const expr& e) {
  if (e.kind == expr_kind::unary && e.name == "neg") return is_literal(*e.parts[0]);
  if (e.kind == expr_kind::binary &&
      (e.name == "add" || e.name == "sub" || e.name == "mul" || e.name == "div")) {
    return is_literal(*e.parts[0]) && is_literal(*e.parts[1]);
  }
  return e.kind == expr_kind::integer || e.kind == expr_kind::real;
}
bool has_real(const expr& e) {
  return e.kind == expr_kind::real ||
         std::ranges::any_of(e.parts, [](const expr_ptr& p) { return has_real(*p); });
}

// The type that both fit in without loss, if there is one.
std::optional<value_type> common(const value_type& a, const value_type& b) {
  if (a == b) return a;
  if (a.is_bool || b.is_bool) return std::nullopt;
  if (is_float(a.ty) != is_float(b.ty)) return std::nullopt;
  const bool a_wider = size_bytes(a.ty) > size_bytes(b.ty);
  if (is_float(a.ty) || is_signed(a.ty) == is_signed(b.ty)) return a_wider ? a : b;
  const value_type& with_sign = is_signed(a.ty) ? a : b;
  const value_type& without = is_signed(a.ty) ? b : a;
  if (size_bytes(with_sign.ty) > size_bytes(without.ty)) return with_sign;
  return std::nullopt;
}

struct function {
  std::string_view name;
  opcode op;
  std::size_t arguments;
  bool real_only;
};
constexpr std::array<function, 16> functions{{{"exp", opcode::exp, 1, true},
                                              {"log", opcode::log, 1, true},
                                              {"log2", opcode::log2, 1, true},
                                              {"log10", opcode::log10, 1, true},
                                              {"sqrt", opcode::sqrt, 1, true},
                                              {"rsqrt", opcode::rsqrt, 1, true},
                                              {"sin", opcode::sin, 1, true},
                                              {"cos", opcode::cos, 1, true},
                                              {"tan", opcode::tan, 1, true},
                                              {"tanh", opcode::tanh, 1, true},
                                              {"sigmoid", opcode::sigmoid, 1, true},
                                              {"abs", opcode::abs, 1, false},
                                              {"min", opcode::min, 2, false},
                                              {"max", opcode::max, 2, false},
                                              {"pow", opcode::pow, 2, true},
                                              {"fma", opcode::fma, 3, true}}};

struct comparison {
  std::string_view name;
  condition when;
  condition otherwise;
};
constexpr std::array<comparison, 6> comparisons{{{"eq", condition::eq, condition::ne},
                                                 {"ne", condition::ne, condition::eq},
                                                 {"lt", condition::lt, condition::ge},
                                                 {"le", condition::le, condition::gt},
                                                 {"gt", condition::gt, condition::le},
                                                 {"ge", condition::ge, condition::lt}}};

const comparison* comparison_of(const expr& e) {
  if (e.kind != expr_kind::binary) return nullptr;
  const auto* const found = std::ranges::find(comparisons, e.name, &comparison::name);
  return found == comparisons.end() ? nullptr : found;
}

class compiler {
 public:
  explicit compiler(const kernel_tree& tree) : tree_(tree) {}

  program run() {
    static_cast<void>(b_.alloc_reg());  // r0: parameters start at r1
    scopes_.emplace_back();
    for (std::size_t i = 0; i < tree_.parameters.size(); ++i) {
      const kernel_parameter& p = tree_.parameters[i];
      declare(p.name, {take(tree_.places[i]), {p.ty, tree_.bool_parameters[i]}, p.is_buffer},
              tree_.places[i]);
    }
    block(tree_.body);
    b_.add_label(end_).exit();
    return b_.build();
  }

 private:
  // --- registers and names
  reg take(const twill::location& where) {
    try {
      return b_.alloc_reg();
    } catch (const fault&) {
      kernel_error(where, "the kernel needs more than 251 registers");
    }
  }
  value temporary(const value_type& t, const twill::location& where) { return {take(where), t, true}; }
  void release(const value& v) {
    if (v.temporary) b_.free_reg(v.where);
  }
  void declare(const std::string& name, const variable& v, const twill::location& where) {
    if (!scopes_.back().emplace(name, v).second)
      kernel_error(where, fmt::format("'{}' is declared twice", name));
  }
  const variable& look_up(const std::string& name, const twill::location& where) const {
    for (std::size_t i = scopes_.size(); i-- > 0;) {
      const auto found = scopes_[i].find(name);
      if (found != scopes_[i].end()) return found->second;
    }
    kernel_error(where, fmt::format("nothing is named '{}'", name));
  }

  // --- statements
  void block(const std::vector<stmt>& body) {
    scopes_.emplace_back();
    for (const stmt& s : body) statement(s);
    for (const auto& [name, v] : scopes_.back()) b_.free_reg(v.where);
    scopes_.pop_back();
  }

  void statement(const stmt& s) {
    switch (s.kind) {
      case stmt_kind::let: return let(s);
      case stmt_kind::assign: return assign(s);
      case stmt_kind::if_else: return if_else(s);
      case stmt_kind::for_range: return for_range(s);
      case stmt_kind::while_loop: return while_loop(s);
      case stmt_kind::leave: b_.branch(end_); return;
      case stmt_kind::barrier: b_.bar_sync(0); return;
    }
  }

  void let(const stmt& s) {
    value v = evaluate(*s.value, s.annotated);
    if (s.annotated) v = widened(v, *s.annotated, s.value->where);
    if (v.temporary) {
      declare(s.name, {v.where, v.ty, false}, s.where);
      return;
    }
    const reg r = take(s.where);
    b_.mov(v.ty.ty, r, v.where);
    declare(s.name, {r, v.ty, false}, s.where);
  }

  void assign(const stmt& s) {
    if (s.target->kind == expr_kind::index) {
      const variable& array = array_of(*s.target);
      value v = widened(evaluate(*s.value, array.ty), array.ty, s.value->where);
      const value offset = byte_offset(*s.target->parts[1], array.ty.ty);
      b_.stg(array.ty.ty, at(array.where, offset.where), v.where);
      release(offset);
      release(v);
      return;
    }
    const variable target = look_up(s.target->name, s.target->where);
    if (target.is_buffer)
      kernel_error(s.target->where, fmt::format("'{}' is a buffer: assign to its elements", s.target->name));
    const value v = widened(evaluate(*s.value, target.ty), target.ty, s.value->where);
    if (!v.temporary || !b_.retarget_last(v.where, target.where)) b_.mov(target.ty.ty, target.where, v.where);
    release(v);
  }

  void if_else(const stmt& s) {
    const std::string other = b_.gen_label("else");
    if (s.otherwise.empty()) {
      jump_unless(*s.value, other);
      block(s.body);
      b_.add_label(other);
      return;
    }
    const std::string end = b_.gen_label("endif");
    jump_unless(*s.value, other);
    block(s.body);
    b_.branch(end).add_label(other);
    block(s.otherwise);
    b_.add_label(end);
  }

  // The condition stands before the loop and at its bottom: one jump a round.
  void while_loop(const stmt& s) {
    const std::string top = b_.gen_label("while");
    const std::string end = b_.gen_label("endwhile");
    jump_unless(*s.value, end);
    b_.add_label(top);
    block(s.body);
    jump(*s.value, top, true);
    b_.add_label(end);
  }

  // for i in start..stop step k: the bounds are evaluated once; a negative literal step counts down.
  void for_range(const stmt& s) {
    scopes_.emplace_back();
    const bool down = s.step && s.step->kind == expr_kind::unary && s.step->name == "neg";
    std::optional<value_type> wanted;
    if (is_literal(*s.value) && !is_literal(*s.stop)) wanted = type_of_expr(*s.stop);
    if (!is_literal(*s.value) && is_literal(*s.stop)) wanted = type_of_expr(*s.value);
    value start = evaluate(*s.value, wanted);
    value stop = evaluate(*s.stop, wanted);
    const auto t = common(start.ty, stop.ty);
    if (!t || !is_integer(t->ty) || t->is_bool) {
      kernel_error(s.where, fmt::format("the bounds of a loop are integers of one kind, here {} and {}",
                                        name_of(start.ty), name_of(stop.ty)));
    }
    start = owned(widened(start, *t, s.value->where), s.where);
    stop = owned(widened(stop, *t, s.stop->where), s.where);
    value step = temporary(*t, s.where);
    if (s.step) {
      release(step);
      step = owned(widened(evaluate(*s.step, *t), *t, s.step->where), s.where);
    } else {
      b_.mov_imm(t->ty, step.where, 1);
    }
    declare(s.name, {start.where, *t, false}, s.where);
    const std::string top = b_.gen_label("for");
    const std::string end = b_.gen_label("endfor");
    b_.set(down ? condition::le : condition::ge, t->ty, pred{0}, start.where, stop.where)
        .branch_if(pred{0}, end)
        .add_label(top);
    block(s.body);
    b_.add(t->ty, start.where, start.where, step.where)
        .set(down ? condition::gt : condition::lt, t->ty, pred{0}, start.where, stop.where)
        .branch_if(pred{0}, top)
        .add_label(end);
    release(step);
    release(stop);
    b_.free_reg(start.where);
    scopes_.pop_back();
  }

  // A value in a register that nothing else changes.
  value owned(const value& v, const twill::location& where) {
    if (v.temporary) return v;
    const value out = temporary(v.ty, where);
    b_.mov(v.ty.ty, out.where, v.where);
    return out;
  }

  // --- conditions
  void jump_unless(const expr& e, const std::string& to) { jump(e, to, false); }

  // Jumps when the condition is `when`.
  void jump(const expr& e, const std::string& to, bool when) {
    if (e.kind == expr_kind::unary && e.name == "not") return jump(*e.parts[0], to, !when);
    if (e.kind == expr_kind::binary && (e.name == "and" || e.name == "or")) {
      const bool both = e.name == "and";
      if (both == when) {
        // All of it must hold before the jump: the first half leads past it when it decides.
        const std::string past = b_.gen_label("past");
        jump(*e.parts[0], past, !when);
        jump(*e.parts[1], to, when);
        b_.add_label(past);
      } else {
        jump(*e.parts[0], to, when);
        jump(*e.parts[1], to, when);
      }
      return;
    }
    if (const comparison* c = comparison_of(e)) {
      const value_type t = compare_operands(e);
      // The opposite of an ordering of real numbers is no ordering: NaN is in none.
      if (when || !is_float(t.ty)) {
        compare(e, when ? c->when : c->otherwise);
        b_.branch_if(pred{0}, to);
      } else {
        const std::string stay = b_.gen_label("stay");
        compare(e, c->when);
        b_.branch_if(pred{0}, stay).branch(to).add_label(stay);
      }
      return;
    }
    const value v = evaluate(e, truth);
    if (!v.ty.is_bool)
      kernel_error(e.where, fmt::format("expected a condition, found a value of type {}", name_of(v.ty)));
    const value zero = temporary(truth, e.where);
    b_.mov_imm(type::u8, zero.where, 0)
        .set(when ? condition::ne : condition::eq, type::u8, pred{0}, v.where, zero.where);
    b_.branch_if(pred{0}, to);
    release(zero);
    release(v);
  }

  value_type compare_operands(const expr& e) { return operand_type_of(e, std::nullopt); }
  void compare(const expr& e, condition c) {
    const value_type t = operand_type_of(e, std::nullopt);
    const value a = widened(evaluate(*e.parts[0], t), t, e.parts[0]->where);
    const value b = widened(evaluate(*e.parts[1], t), t, e.parts[1]->where);
    b_.set(c, t.ty, pred{0}, a.where, b.where);
    release(b);
    release(a);
  }

  // --- types
  value_type operand_type_of(const expr& e, const std::optional<value_type>& wanted) {
    const expr& a = *e.parts[0];
    const expr& b = *e.parts[1];
    if (is_literal(a) && is_literal(b)) {
      if (wanted && !wanted->is_bool && (is_float(wanted->ty) || !has_real(e))) return *wanted;
      return has_real(e) ? value_type{type::f32} : value_type{type::i32};
    }
    if (is_literal(a)) return for_literal(a, type_of_expr(b));
    if (is_literal(b)) return for_literal(b, type_of_expr(a));
    const value_type left = type_of_expr(a);
    const value_type right = type_of_expr(b);
    const auto t = common(left, right);
    if (!t) {
      kernel_error(e.where,
                   fmt::format("'{}' of {} and {}: convert one of them, as in {}(...)", e.name, name_of(left),
                               name_of(right), name_of(is_float(left.ty) ? left : right)));
    }
    return *t;
  }
  static value_type for_literal(const expr& literal, const value_type& other) {
    if (has_real(literal) && !is_float(other.ty)) {
      kernel_error(literal.where, fmt::format("a real number beside a value of type {}", name_of(other)));
    }
    return other;
  }

  // The type that `evaluate` without a wish gives.
  value_type type_of_expr(const expr& e) {
    switch (e.kind) {
      case expr_kind::variable: {
        const variable& v = look_up(e.name, e.where);
        if (v.is_buffer) kernel_error(e.where, fmt::format("'{}' is a buffer: use its elements", e.name));
        return v.ty;
      }
      case expr_kind::integer: return {type::i32};
      case expr_kind::real: return {type::f32};
      case expr_kind::truth: return truth;
      case expr_kind::unary: return e.name == "not" ? truth : type_of_expr(*e.parts[0]);
      case expr_kind::binary:
        if (comparison_of(e) != nullptr || e.name == "and" || e.name == "or") return truth;
        if (e.name == "shl" || e.name == "shr") return type_of_expr(*e.parts[0]);
        return operand_type_of(e, std::nullopt);
      case expr_kind::index: return array_of(e).ty;
      case expr_kind::call: return type_of_call(e);
    }
    return {};
  }
  value_type type_of_call(const expr& e) {
    if (const auto cast = parse_value_type(e.name)) return *cast;
    if (e.name == "get_global_id" || e.name == "global_id") return index_type;
    if (e.name == "lane_id" || e.name == "block_id" || e.name == "block_dim") return {type::u32};
    std::optional<value_type> t;
    for (const expr_ptr& p : e.parts) {
      if (is_literal(*p)) continue;
      const value_type other = type_of_expr(*p);
      t = t ? common(*t, other) : other;
      if (!t)
        kernel_error(p->where, fmt::format("the arguments of {} have types that do not go together", e.name));
    }
    if (t) return *t;
    return has_real(e) || std::ranges::any_of(
                              functions, [&](const function& f) { return f.name == e.name && f.real_only; })
               ? value_type{type::f32}
               : value_type{type::i32};
  }

  // Converted where no value is lost, else an error.
  value widened(const value& v, const value_type& to, const twill::location& where) {
    if (v.ty == to) return v;
    const auto t = common(v.ty, to);
    if (!t || *t != to) {
      kernel_error(where, fmt::format("expected a value of type {}, found {}: write {}(...) to convert",
                                      name_of(to), name_of(v.ty), name_of(to)));
    }
    return converted(v, to, where);
  }
  value converted(const value& v, const value_type& to, const twill::location& where) {
    if (v.ty == to) return v;
    const value out = temporary(to, where);
    if (to.is_bool) {
      truth_of(v, out);
    } else {
      b_.cvt(to.ty, v.ty.ty, out.where, v.where);
    }
    // `out` stays allocated while the source is given back.
    release(v);
    return out;
  }
  // Any number but zero is true.
  void truth_of(const value& v, const value& out) {
    const std::string done = b_.gen_label("truth");
    const value zero = temporary(v.ty, {});
    b_.mov_imm(v.ty.ty, zero.where, 0).mov_imm(type::u8, out.where, 1);
    b_.set(condition::ne, v.ty.ty, pred{0}, v.where, zero.where).branch_if(pred{0}, done);
    b_.mov_imm(type::u8, out.where, 0).add_label(done);
    release(zero);
  }

  // --- expressions
  value evaluate(const expr& e, const std::optional<value_type>& wanted) {
    switch (e.kind) {
      case expr_kind::variable: {
        const variable& v = look_up(e.name, e.where);
        if (v.is_buffer) kernel_error(e.where, fmt::format("'{}' is a buffer: use its elements", e.name));
        return {v.where, v.ty, false};
      }
      case expr_kind::integer:
      case expr_kind::real: return literal(e, wanted, false);
      case expr_kind::truth: {
        const value out = temporary(truth, e.where);
        b_.mov_imm(type::u8, out.where, e.integer);
        return out;
      }
      case expr_kind::unary: return unary(e, wanted);
      case expr_kind::binary: return binary(e, wanted);
      case expr_kind::index: {
        const variable array = array_of(e);
        const value offset = byte_offset(*e.parts[1], array.ty.ty);
        const value out = temporary(array.ty, e.where);
        b_.ldg(array.ty.ty, out.where, at(array.where, offset.where));
        release(offset);
        return out;
      }
      case expr_kind::call: return call(e, wanted);
    }
    kernel_error(e.where, "an expression that does not exist");
  }

  value literal(const expr& e, const std::optional<value_type>& wanted, bool negative) {
    value_type t{e.kind == expr_kind::real ? type::f32 : type::i32};
    if (wanted && !wanted->is_bool && (e.kind == expr_kind::integer || is_float(wanted->ty))) t = *wanted;
    const value out = temporary(t, e.where);
    const double real =
        (negative ? -1.0 : 1.0) * (e.kind == expr_kind::real ? e.real : static_cast<double>(e.integer));
    if (t.ty == type::f32) {
      b_.mov_imm_f32(out.where, static_cast<float>(real));
    } else if (t.ty == type::f64) {
      b_.mov_imm_f64(out.where, real);
    } else {
      const std::uint64_t most = ~std::uint64_t{0} >> (64 - 8 * size_bytes(t.ty));
      const std::uint64_t limit = is_signed(t.ty) ? most / 2 + (negative ? 1 : 0) : negative ? 0 : most;
      if (e.integer > limit) {
        kernel_error(e.where,
                     fmt::format("{}{} does not fit in {}", negative ? "-" : "", e.integer, name_of(t)));
      }
      b_.mov_imm(t.ty, out.where, negative ? std::uint64_t{0} - e.integer : e.integer);
    }
    return out;
  }

  value unary(const expr& e, const std::optional<value_type>& wanted) {
    const expr& part = *e.parts[0];
    if (e.name == "neg" && (part.kind == expr_kind::integer || part.kind == expr_kind::real))
      return literal(part, wanted, true);
    if (e.name == "not") return condition_value(e);
    const value v = evaluate(part, wanted);
    if (v.ty.is_bool || (e.name == "neg" && is_unsigned(v.ty.ty)) ||
        (e.name == "bit_not" && is_float(v.ty.ty))) {
      kernel_error(e.where, fmt::format("'{}' of a value of type {}", e.name, name_of(v.ty)));
    }
    const value out = temporary(v.ty, e.where);
    b_.unary(e.name == "neg" ? opcode::neg : opcode::bit_not, v.ty.ty, out.where, v.where);
    release(v);
    return out;
  }

  // A condition as a value: 1 where the branch does not lead past it.
  value condition_value(const expr& e) {
    const value out = temporary(truth, e.where);
    const std::string done = b_.gen_label("truth");
    const std::string no = b_.gen_label("no");
    jump_unless(e, no);
    b_.mov_imm(type::u8, out.where, 1).branch(done).add_label(no);
    b_.mov_imm(type::u8, out.where, 0).add_label(done);
    return out;
  }

  value binary(const expr& e, const std::optional<value_type>& wanted) {
    if (comparison_of(e) != nullptr || e.name == "and" || e.name == "or") return condition_value(e);
    if (e.name == "shl" || e.name == "shr") return shift(e, wanted);
    const value_type t = operand_type_of(e, wanted);
    const bool bitwise = e.name.starts_with("bit_");
    if ((t.is_bool && !bitwise) || (bitwise && is_float(t.ty))) {
      kernel_error(e.where, fmt::format("'{}' of values of type {}", e.name, name_of(t)));
    }
    const value a = widened(evaluate(*e.parts[0], t), t, e.parts[0]->where);
    const value b = widened(evaluate(*e.parts[1], t), t, e.parts[1]->where);
    const value out = temporary(t, e.where);
    if (e.name == "mod" && is_unsigned(t.ty) && is_power_of_two(*e.parts[1])) {
      b_.mov_imm(t.ty, b.where, e.parts[1]->integer - 1).bit_and(t.ty, out.where, a.where, b.where);
    } else if (e.name == "mod") {
      remainder(t, out.where, a.where, b.where, e.where);
    } else if (e.name == "floor_div") {
      floor_div(t, out.where, a.where, b.where, e.where);
    } else {
      static constexpr std::array<std::pair<std::string_view, opcode>, 7> plain{
          {{"add", opcode::add},
           {"sub", opcode::sub},
           {"mul", opcode::mul},
           {"div", opcode::div},
           {"bit_and", opcode::bit_and},
           {"bit_or", opcode::bit_or},
           {"bit_xor", opcode::bit_xor}}};
      const auto* const found = std::ranges::find(plain, e.name, &std::pair<std::string_view, opcode>::first);
      if (found == plain.end()) kernel_error(e.where, fmt::format("no operator is named '{}'", e.name));
      b_.binary(found->second, t.ty, out.where, a.where, b.where);
    }
    release(b);
    release(a);
    return out;
  }

  value shift(const expr& e, const std::optional<value_type>& wanted) {
    const value a = evaluate(*e.parts[0], wanted);
    value amount = evaluate(*e.parts[1], value_type{type::u32});
    if (is_float(a.ty.ty) || a.ty.is_bool || is_float(amount.ty.ty) || amount.ty.is_bool) {
      kernel_error(e.where, fmt::format("'{}' of {} by {}", e.name, name_of(a.ty), name_of(amount.ty)));
    }
    amount = converted(amount, {type::u32}, e.where);
    const value out = temporary(a.ty, e.where);
    b_.binary(e.name == "shl" ? opcode::shl : opcode::shr, a.ty.ty, out.where, a.where, amount.where);
    release(amount);
    release(a);
    return out;
  }

  // A number that is a power of two, as it stands in the source.
  static bool is_power_of_two(const expr& e) {
    return e.kind == expr_kind::integer && std::has_single_bit(e.integer);
  }

  // a - trunc(a / b) * b.
  void remainder(const value_type& t, reg out, reg a, reg b, const twill::location& where) {
    const value q = temporary(t, where);
    b_.div(t.ty, q.where, a, b);
    if (is_float(t.ty)) truncate(t, q.where, where);
    b_.mul(t.ty, q.where, q.where, b).sub(t.ty, out, a, q.where);
    release(q);
  }
  // Towards zero; numbers from 2^52 on are whole already (2^23 for f32, below 2^52 the way over i64 is
  // exact).
  void truncate(const value_type& t, reg x, const twill::location& where) {
    const value whole = temporary({type::i64}, where);
    const value size = temporary(t, where);
    const value limit = temporary(t, where);
    const std::string done = b_.gen_label("whole");
    const std::string small = b_.gen_label("small");
    if (t.ty == type::f32) {
      b_.mov_imm_f32(limit.where, 0x1p52F);
    } else {
      b_.mov_imm_f64(limit.where, 0x1p52);
    }
    b_.abs(t.ty, size.where, x)
        .set(condition::lt, t.ty, pred{0}, size.where, limit.where)
        .branch_if(pred{0}, small);
    b_.branch(done).add_label(small);
    b_.cvt(type::i64, t.ty, whole.where, x).cvt(t.ty, type::i64, x, whole.where).add_label(done);
    release(limit);
    release(size);
    release(whole);
  }
  // Rounded down: the truncated quotient, one less where a remainder is left and the signs differ.
  void floor_div(const value_type& t, reg out, reg a, reg b, const twill::location& where) {
    if (is_unsigned(t.ty)) {
      b_.div(t.ty, out, a, b);
      return;
    }
    const value rest = temporary(t, where);
    const value one = temporary(t, where);
    const std::string done = b_.gen_label("floor");
    if (is_float(t.ty)) {
      b_.div(t.ty, rest.where, a, b).mov(t.ty, out, rest.where);
      truncate(t, out, where);
      if (t.ty == type::f32) {
        b_.mov_imm_f32(one.where, 1.0F);
      } else {
        b_.mov_imm_f64(one.where, 1.0);
      }
      const std::string above = b_.gen_label("above");
      b_.set(condition::gt, t.ty, pred{0}, out, rest.where)
          .branch_if(pred{0}, above)
          .branch(done)
          .add_label(above);
    } else {
      b_.div(t.ty, out, a, b).mul(t.ty, rest.where, out, b).sub(t.ty, rest.where, a, rest.where);
      b_.mov_imm(t.ty, one.where, 0)
          .set(condition::eq, t.ty, pred{0}, rest.where, one.where)
          .branch_if(pred{0}, done);
      b_.bit_xor(t.ty, rest.where, rest.where, b);
      b_.set(condition::ge, t.ty, pred{0}, rest.where, one.where).branch_if(pred{0}, done);
      b_.mov_imm(t.ty, one.where, 1);
    }
    b_.sub(t.ty, out, out, one.where).add_label(done);
    release(one);
    release(rest);
  }

  const variable& array_of(const expr& e) {
    const expr& base = *e.parts[0];
    if (base.kind != expr_kind::variable) kernel_error(base.where, "only a buffer has elements");
    const variable& v = look_up(base.name, base.where);
    if (!v.is_buffer) {
      kernel_error(base.where,
                   fmt::format("'{}' is no buffer but a value of type {}", base.name, name_of(v.ty)));
    }
    return v;
  }

  value byte_offset(const expr& index, type element) {
    value at_element = evaluate(index, index_type);
    if (!is_integer(at_element.ty.ty) || at_element.ty.is_bool) {
      kernel_error(index.where,
                   fmt::format("an index is an integer, found a value of type {}", name_of(at_element.ty)));
    }
    // A negative index becomes a huge one and faults as out of bounds.
    at_element = converted(at_element, index_type, index.where);
    const value amount = temporary({type::u32}, index.where);
    const value out = temporary(index_type, index.where);
    b_.mov_imm(type::u32, amount.where, static_cast<std::uint64_t>(std::countr_zero(size_bytes(element))));
    b_.shl(type::u64, out.where, at_element.where, amount.where);
    release(amount);
    release(at_element);
    return out;
  }

  value call(const expr& e, const std::optional<value_type>& wanted) {
    const auto count = [&](std::size_t n) {
      if (e.parts.size() != n) {
        kernel_error(e.where, fmt::format("{} takes {} argument{}, {} given", e.name, n, n == 1 ? "" : "s",
                                          e.parts.size()));
      }
    };
    if (const auto cast = parse_value_type(e.name)) {
      count(1);
      const bool plain = is_literal(*e.parts[0]);
      return converted(evaluate(*e.parts[0], plain ? cast : std::nullopt), *cast, e.where);
    }
    if (e.name == "get_global_id" || e.name == "global_id") {
      if (!e.parts.empty() &&
          !(e.parts.size() == 1 && e.parts[0]->kind == expr_kind::integer && e.parts[0]->integer == 0))
        count(0);
      return {reg{global_lane_id}, index_type, false};
    }
    if (e.name == "lane_id" || e.name == "block_id" || e.name == "block_dim") {
      count(0);
      const std::uint16_t r = e.name == "lane_id"    ? lane_idx_x
                              : e.name == "block_id" ? block_idx_x
                                                     : block_dim_x;
      return {reg{r}, {type::u32}, false};
    }
    const auto* const f = std::ranges::find(functions, e.name, &function::name);
    if (f == functions.end()) kernel_error(e.where, fmt::format("no function is named '{}'", e.name));
    count(f->arguments);
    value_type t = type_of_call(e);
    const bool all_literal = std::ranges::all_of(e.parts, [](const expr_ptr& p) { return is_literal(*p); });
    if (all_literal && wanted && !wanted->is_bool && (is_float(wanted->ty) || !has_real(e))) t = *wanted;
    if (t.is_bool || !supports(f->op, t.ty)) {
      if (e.name == "abs" && is_unsigned(t.ty) && !t.is_bool) return evaluate(*e.parts[0], t);
      kernel_error(e.where, fmt::format("{} of a value of type {}{}", e.name, name_of(t),
                                        f->real_only ? ": convert it, as in f32(...)" : ""));
    }
    std::array<value, 3> in{};
    for (std::size_t k = 0; k < e.parts.size(); ++k)
      in[k] = widened(evaluate(*e.parts[k], t), t, e.parts[k]->where);
    const value out = temporary(t, e.where);
    instruction i;
    i.op = f->op;
    i.ty = t.ty;
    i.regs = {out.where.n, in[0].where.n, in[1].where.n, in[2].where.n};
    for (std::size_t k = e.parts.size(); k < 3; ++k) i.regs.at(k + 1) = 0;
    b_.push(std::move(i));
    for (std::size_t k = e.parts.size(); k-- > 0;) release(in[k]);
    return out;
  }

  const kernel_tree& tree_;
  builder b_;
  std::vector<std::map<std::string, variable>> scopes_;
  std::string end_ = "kernel_end";
};

}  // namespace

program compile_tree(const kernel_tree& tree) { return compiler(tree).run(); }

}  // namespace twill::lanes::detail
