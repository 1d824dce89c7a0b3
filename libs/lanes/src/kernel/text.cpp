// SPDX-License-Identifier: Apache-2.0
// The kernel language, by recursive descent:
//   kernel  = "kernel" name "(" [param {"," param}] ")" block
//   param   = name ":" (type | "buffer" "<" type ">")
//   stmt    = "let" name [":" type] "=" expr ";" | target ("=" | "+=" | "-=" | "*=" | "/=") expr ";"
//           | "if" expr block ["else" (if | block)] | "while" expr block | "return" ";" | "barrier" "(" ")"
//           ";" | "for" name "in" expr ".." expr ["step" expr] block
#include "kernel/ast.hpp"
#include "twill/base/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace twill::lanes::detail {
namespace {

enum class token_kind : std::uint8_t { name, number, symbol, end };

struct token {
  token_kind kind = token_kind::end;
  std::string_view text{};
  twill::location where{};
};

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

class lexer {
 public:
  lexer(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  token next() {
    skip();
    token t;
    t.where = twill::location{.file = file_, .line = line_, .column = at_ - line_start_ + 1};
    if (at_ == text_.size()) return t;
    const std::size_t begin = at_;
    const char c = text_[at_];
    if (letter(c)) {
      while (at_ < text_.size() && (letter(text_[at_]) || digit(text_[at_]))) ++at_;
      t.kind = token_kind::name;
    } else if (digit(c)) {
      number();
      t.kind = token_kind::number;
    } else {
      static constexpr std::array<std::string_view, 13> pairs{"==", "!=", "<=", ">=", "&&", "||", "<<",
                                                              ">>", "+=", "-=", "*=", "/=", ".."};
      at_ += 1;
      for (const std::string_view pair : pairs) {
        if (text_.substr(begin, 2) == pair) at_ = begin + 2;
      }
      t.kind = token_kind::symbol;
      if (std::string_view("+-*/%<>=!&|^(){}[],:;.~").find(c) == std::string_view::npos) {
        kernel_error(t.where, fmt::format("a character that has no meaning here: byte {}",
                                          static_cast<unsigned char>(c)));
      }
    }
    t.text = text_.substr(begin, at_ - begin);
    return t;
  }

 private:
  void skip() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++at_;
        ++line_;
        line_start_ = at_;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
      } else if (c == '#' || text_.substr(at_, 2) == "//") {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else {
        return;
      }
    }
  }
  void number() {
    if (text_.substr(at_, 2) == "0x") {
      at_ += 2;
      while (at_ < text_.size() && (digit(text_[at_]) || letter(text_[at_]))) ++at_;
      return;
    }
    const auto digits = [&] {
      while (at_ < text_.size() && digit(text_[at_])) ++at_;
    };
    digits();
    if (at_ + 1 < text_.size() && text_[at_] == '.' && digit(text_[at_ + 1])) {
      ++at_;
      digits();
    }
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      digits();
    }
    while (at_ < text_.size() && (letter(text_[at_]) || digit(text_[at_])))
      ++at_;  // told as part of the number
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
};

struct infix {
  std::string_view symbol;
  std::string_view name;
  int level;
};
constexpr std::array<infix, 18> infixes{{{"||", "or", 1},
                                         {"&&", "and", 2},
                                         {"|", "bit_or", 3},
                                         {"^", "bit_xor", 4},
                                         {"&", "bit_and", 5},
                                         {"==", "eq", 6},
                                         {"!=", "ne", 6},
                                         {"<", "lt", 7},
                                         {"<=", "le", 7},
                                         {">", "gt", 7},
                                         {">=", "ge", 7},
                                         {"<<", "shl", 8},
                                         {">>", "shr", 8},
                                         {"+", "add", 9},
                                         {"-", "sub", 9},
                                         {"*", "mul", 10},
                                         {"/", "div", 10},
                                         {"%", "mod", 10}}};

class parser {
 public:
  parser(std::string_view text, const std::string& file) : lexer_(text, file) { now_ = lexer_.next(); }

  kernel_tree parse() {
    kernel_tree out;
    expect_word("kernel");
    out.where = now_.where;
    out.name = name("the kernel's name");
    expect("(");
    while (!at(")")) {
      parameter(out);
      if (!at(")")) expect(",");
    }
    expect(")");
    out.body = block();
    if (now_.kind != token_kind::end)
      kernel_error(now_.where, fmt::format("text after the kernel: '{}'", now_.text));
    return out;
  }

 private:
  [[nodiscard]] bool at(std::string_view symbol) const {
    return now_.kind != token_kind::end && now_.text == symbol;
  }
  bool take(std::string_view symbol) {
    if (!at(symbol)) return false;
    now_ = lexer_.next();
    return true;
  }
  [[nodiscard]] std::string found() const {
    return now_.kind == token_kind::end ? "the end of the text" : fmt::format("'{}'", now_.text);
  }
  void expect(std::string_view symbol) {
    if (!take(symbol)) kernel_error(now_.where, fmt::format("expected '{}', found {}", symbol, found()));
  }
  void expect_word(std::string_view word) { expect(word); }
  std::string name(std::string_view what) {
    if (now_.kind != token_kind::name)
      kernel_error(now_.where, fmt::format("expected {}, found {}", what, found()));
    std::string out(now_.text);
    now_ = lexer_.next();
    return out;
  }
  value_type type_name() {
    const token t = now_;
    const std::string text = name("a type");
    const auto parsed = parse_value_type(text);
    if (!parsed) kernel_error(t.where, fmt::format("no type is named '{}'", text));
    return *parsed;
  }

  void parameter(kernel_tree& out) {
    const twill::location where = now_.where;
    kernel_parameter p;
    p.name = name("a parameter");
    expect(":");
    value_type t;
    if (take("buffer")) {
      expect("<");
      t = type_name();
      if (!take(">")) kernel_error(now_.where, fmt::format("expected '>', found {}", found()));
      p.is_buffer = true;
    } else {
      t = type_name();
    }
    p.ty = t.ty;
    out.parameters.push_back(std::move(p));
    out.bool_parameters.push_back(t.is_bool);
    out.places.push_back(where);
  }

  std::vector<stmt> block() {
    if (++depth_ > most_nesting) kernel_error(now_.where, "nested too deeply");
    expect("{");
    std::vector<stmt> out;
    while (!at("}")) {
      if (now_.kind == token_kind::end) kernel_error(now_.where, "expected '}', found the end of the text");
      out.push_back(statement());
    }
    expect("}");
    --depth_;
    return out;
  }

  stmt statement() {
    stmt s;
    s.where = now_.where;
    if (take("let")) {
      s.kind = stmt_kind::let;
      s.name = name("a variable");
      if (take(":")) s.annotated = type_name();
      expect("=");
      s.value = expression();
      expect(";");
    } else if (take("if")) {
      s.kind = stmt_kind::if_else;
      s.value = expression();
      s.body = block();
      if (take("else")) {
        if (at("if")) {
          if (++depth_ > most_nesting) kernel_error(now_.where, "nested too deeply");
          s.otherwise.push_back(statement());
          --depth_;
        } else {
          s.otherwise = block();
        }
      }
    } else if (take("while")) {
      s.kind = stmt_kind::while_loop;
      s.value = expression();
      s.body = block();
    } else if (take("for")) {
      s.kind = stmt_kind::for_range;
      s.name = name("a variable");
      expect("in");
      s.value = expression();
      expect("..");
      s.stop = expression();
      if (take("step")) s.step = expression();
      s.body = block();
    } else if (take("return")) {
      expect(";");
    } else if (at("barrier")) {
      s.kind = stmt_kind::barrier;
      take("barrier");
      expect("(");
      expect(")");
      expect(";");
    } else {
      assignment(s);
    }
    return s;
  }

  void assignment(stmt& s) {
    s.kind = stmt_kind::assign;
    s.target = postfix();
    if (s.target->kind != expr_kind::variable && s.target->kind != expr_kind::index) {
      kernel_error(s.where, "only a variable or an element can be assigned to");
    }
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> updates{
        {{"+=", "add"}, {"-=", "sub"}, {"*=", "mul"}, {"/=", "div"}}};
    for (const auto& [symbol, op] : updates) {
      const twill::location where = now_.where;
      if (!take(symbol)) continue;
      expr_ptr sum = make(expr_kind::binary, where);
      sum->name = op;
      add_part(*sum, copy(*s.target));
      add_part(*sum, expression());
      s.value = std::move(sum);
      expect(";");
      return;
    }
    expect("=");
    s.value = expression();
    expect(";");
  }

  // Long rows of operators, casts or indices are as deep as they are long.
  static void add_part(expr& e, expr_ptr part) {
    constexpr int most_height = 256;
    e.height = std::max(e.height, part->height + 1);
    if (e.height > most_height) kernel_error(e.where, "an expression of too many parts in a row");
    e.parts.push_back(std::move(part));
  }

  static expr_ptr make(expr_kind kind, const twill::location& where) {
    auto e = std::make_unique<expr>();
    e->kind = kind;
    e->where = where;
    return e;
  }
  static expr_ptr copy(const expr& e) {
    auto out = make(e.kind, e.where);
    out->name = e.name;
    out->integer = e.integer;
    out->real = e.real;
    for (const expr_ptr& p : e.parts) add_part(*out, copy(*p));
    return out;
  }

  expr_ptr expression(int level = 1) {
    if (++depth_ > most_nesting) kernel_error(now_.where, "nested too deeply");
    expr_ptr left = prefix();
    for (;;) {
      const infix* found_op = nullptr;
      for (const infix& op : infixes) {
        if (now_.kind == token_kind::symbol && now_.text == op.symbol && op.level >= level) found_op = &op;
      }
      if (found_op == nullptr) break;
      expr_ptr both = make(expr_kind::binary, now_.where);
      now_ = lexer_.next();
      both->name = found_op->name;
      add_part(*both, std::move(left));
      add_part(*both, expression(found_op->level + 1));
      left = std::move(both);
    }
    --depth_;
    return left;
  }

  expr_ptr prefix() {
    if (++depth_ > most_nesting) kernel_error(now_.where, "nested too deeply");
    const twill::location where = now_.where;
    expr_ptr out;
    for (const auto& [symbol, op] :
         {std::pair{"-", "neg"}, std::pair{"!", "not"}, std::pair{"~", "bit_not"}}) {
      if (!take(symbol)) continue;
      out = make(expr_kind::unary, where);
      out->name = op;
      add_part(*out, prefix());
      break;
    }
    if (!out) out = postfix();
    while (at("as")) {
      expr_ptr cast = make(expr_kind::call, now_.where);
      take("as");
      const twill::location at_type = now_.where;
      cast->name = name("a type");
      if (!parse_value_type(cast->name))
        kernel_error(at_type, fmt::format("no type is named '{}'", cast->name));
      add_part(*cast, std::move(out));
      out = std::move(cast);
    }
    --depth_;
    return out;
  }

  expr_ptr postfix() {
    expr_ptr out = primary();
    while (at("[")) {
      expr_ptr element = make(expr_kind::index, now_.where);
      take("[");
      add_part(*element, std::move(out));
      add_part(*element, expression());
      expect("]");
      out = std::move(element);
    }
    return out;
  }

  expr_ptr primary() {
    const token t = now_;
    if (take("(")) {
      expr_ptr inside = expression();
      expect(")");
      return inside;
    }
    if (t.kind == token_kind::number) return literal();
    if (t.kind != token_kind::name)
      kernel_error(t.where, fmt::format("expected an expression, found {}", found()));
    now_ = lexer_.next();
    if (t.text == "true" || t.text == "false") {
      expr_ptr truth = make(expr_kind::truth, t.where);
      truth->integer = t.text == "true" ? 1 : 0;
      return truth;
    }
    expr_ptr out = make(at("(") ? expr_kind::call : expr_kind::variable, t.where);
    out->name = t.text;
    if (take("(")) {
      while (!at(")")) {
        add_part(*out, expression());
        if (!at(")")) expect(",");
      }
      expect(")");
    }
    return out;
  }

  expr_ptr literal() {
    const token t = now_;
    now_ = lexer_.next();
    const bool hex = t.text.starts_with("0x");
    if (hex || t.text.find_first_of(".eE") == std::string_view::npos) {
      expr_ptr out = make(expr_kind::integer, t.where);
      const std::string_view digits = hex ? t.text.substr(2) : t.text;
      const auto [stop, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), out->integer, hex ? 16 : 10);
      if (error != std::errc{} || stop != digits.data() + digits.size()) {
        kernel_error(t.where, fmt::format("'{}' is not a number of at most 64 bits", t.text));
      }
      return out;
    }
    const auto parsed = parse_double(t.text);
    if (!parsed) kernel_error(t.where, fmt::format("'{}' is {}", t.text, describe(parsed.fault)));
    expr_ptr out = make(expr_kind::real, t.where);
    out->real = parsed.value;
    return out;
  }

  lexer lexer_;
  token now_;
  int depth_ = 0;
};

}  // namespace

kernel_tree parse_kernel(std::string_view text, const std::string& file) {
  return parser(text, file).parse();
}

}  // namespace twill::lanes::detail
