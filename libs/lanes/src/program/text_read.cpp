// SPDX-License-Identifier: Apache-2.0
#include "isa/half.hpp"
#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"
#include "twill/lanes/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>
#include <utility>

namespace twill::lanes {
namespace {

bool name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '$';
}

// One line of the text: a cursor that knows its place.
class line_reader {
 public:
  line_reader(std::string_view text, const std::string& file, std::size_t line)
      : text_(text), file_(file), line_(line) {}

  [[noreturn]] void fail(std::string what) const {
    throw fault({.code = errc::invalid_program,
                 .text = std::move(what),
                 .where = twill::location{.file = file_, .line = line_, .column = at_ + 1}});
  }
  void space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  [[nodiscard]] bool end() {
    space();
    return at_ == text_.size();
  }
  [[nodiscard]] bool take(std::string_view token) {
    space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail(fmt::format("expected '{}'", token));
  }
  std::string_view word() {
    space();
    const std::size_t begin = at_;
    while (at_ < text_.size() && name_char(text_[at_])) ++at_;
    if (at_ == begin) fail("expected a name");
    return text_.substr(begin, at_ - begin);
  }
  // A number with digits of base 10, or 16 after 0x.
  std::uint64_t number(std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
    space();
    const std::size_t begin = at_;
    const bool hex = text_.substr(at_).starts_with("0x");
    const char* const first = text_.data() + at_ + (hex ? 2 : 0);
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(first, text_.data() + text_.size(), value, hex ? 16 : 10);
    if (error == std::errc::result_out_of_range) fail("a number beyond 64 bits");
    if (error != std::errc{}) fail("expected a number");
    at_ = static_cast<std::size_t>(stop - text_.data());
    if (value > max) {
      at_ = begin;
      fail(fmt::format("a number above {}", max));
    }
    return value;
  }
  [[nodiscard]] std::string_view rest_until(std::string_view stops) {
    space();
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(stops, at_), text_.size());
    std::string_view found = text_.substr(begin, at_ - begin);
    while (!found.empty() && (found.back() == ' ' || found.back() == '\r')) found.remove_suffix(1);
    return found;
  }
  void rewind(std::size_t to) { at_ = to; }
  [[nodiscard]] std::size_t place() const { return at_; }

 private:
  std::string_view text_;
  const std::string& file_;
  std::size_t line_;
  std::size_t at_ = 0;
};

std::uint64_t bits_of_real(double v, type t) {
  switch (t) {
    case type::f64: return std::bit_cast<std::uint64_t>(v);
    case type::f16: return detail::f16_from(static_cast<float>(v));
    case type::bf16: return detail::bf16_from(static_cast<float>(v));
    default: return std::bit_cast<std::uint32_t>(static_cast<float>(v));
  }
}

double real(line_reader& in) {
  const std::size_t begin = in.place();
  const std::string_view text = in.rest_until(",;");
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  const auto read = parse_double(text);
  if (!read) {
    in.rewind(begin);
    in.fail(fmt::format("{}", describe(read.fault)));
  }
  return read.value;
}

std::uint64_t bits(line_reader& in, type t) {
  in.space();
  const std::size_t begin = in.place();
  const std::string_view text = in.rest_until(",;");
  const bool plain = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const bool hex = text.starts_with("0x");
  in.rewind(begin);
  if (plain || hex) {
    const std::uint64_t value = in.number();
    return size_bytes(t) == 8 ? value : value & ((std::uint64_t{1} << (8 * size_bytes(t))) - 1);
  }
  if (is_float(t)) return bits_of_real(real(in), t);
  if (in.take("-")) {
    const std::uint64_t value = std::uint64_t{0} - in.number();
    return size_bytes(t) == 8 ? value : value & ((std::uint64_t{1} << (8 * size_bytes(t))) - 1);
  }
  in.fail("expected a bit pattern");
}

std::uint16_t numbered(line_reader& in, char letter) {
  in.space();
  if (!in.take(std::string_view(&letter, 1))) in.fail(fmt::format("expected {} and a number", letter));
  return static_cast<std::uint16_t>(in.number(65535));
}

std::int32_t displacement(line_reader& in) {
  const bool minus = in.take("-");
  if (!minus && !in.take("+")) return 0;
  const std::uint64_t n = in.number(minus ? 2147483648U : 2147483647U);
  return static_cast<std::int32_t>(minus ? -static_cast<std::int64_t>(n) : static_cast<std::int64_t>(n));
}

address read_address(line_reader& in) {
  address a;
  in.expect("[");
  if (in.take("buf")) {
    a.mode = address_mode::buffer;
    a.handle = in.number();
    if (in.take("+")) a.offset = in.number();
  } else if (in.take("Φ") || in.take("phi")) {
    a.mode = address_mode::phi;
    in.expect("(");
    a.phi_class = static_cast<std::uint16_t>(in.number(65535));
    in.expect(",");
    a.phi_page = static_cast<std::uint16_t>(in.number(65535));
    in.expect(",");
    a.phi_byte = static_cast<std::uint16_t>(in.number(65535));
    in.expect(")");
  } else {
    a.base = numbered(in, 'r');
    a.mode = address_mode::indirect;
    const std::size_t begin = in.place();
    if (in.take("+") && in.take("r")) {
      a.mode = address_mode::computed;
      a.offset_reg = static_cast<std::uint16_t>(in.number(65535));
    } else {
      in.rewind(begin);
    }
    a.displacement = displacement(in);
  }
  in.expect("]");
  return a;
}

template <class E>
E named(const line_reader& in, std::optional<E> found, std::string_view what, std::string_view name) {
  if (!found) in.fail(fmt::format("no {} is named '{}'", what, name));
  return *found;
}

bool has_type(opcode op) {
  return std::ranges::any_of(fields_of(op), [](const field_info& f) { return f.kind == field_kind::ty; });
}

// The part before the first dot that names an opcode, longest first: "bar.sync", "reduce.add.f32".
opcode split_mnemonic(const line_reader& in, std::string_view word, std::string_view& suffix) {
  if (word.starts_with("set") && word.size() > 4 && word.find('.') != std::string_view::npos) {
    suffix = word.substr(3);
    return opcode::setcc;
  }
  for (std::size_t cut = word.size(); cut != std::string_view::npos && cut > 0;
       cut = word.rfind('.', cut - 1)) {
    for (std::size_t i = 0; i < opcode_count; ++i) {
      const auto op = static_cast<opcode>(i);
      if (op != opcode::setcc && mnemonic_of(op) == word.substr(0, cut)) {
        suffix = word.substr(cut);
        return op;
      }
    }
    if (cut == 0) break;
  }
  std::array<std::string_view, opcode_count> known;
  for (std::size_t i = 0; i < opcode_count; ++i) known.at(i) = mnemonic_of(static_cast<opcode>(i));
  const std::string near = nearest_name(word.substr(0, word.find('.')), known);
  in.fail(fmt::format("no instruction is named '{}'{}", word,
                      near.empty() ? "" : ", did you mean " + near + "?"));
}

void read_suffix(const line_reader& in, instruction& i, std::string_view suffix) {
  const auto next = [&]() -> std::string_view {
    if (!suffix.starts_with('.')) in.fail(fmt::format("{} lacks its type", mnemonic_of(i.op)));
    const std::size_t stop = std::min(suffix.find('.', 1), suffix.size());
    const std::string_view piece = suffix.substr(1, stop - 1);
    suffix.remove_prefix(stop);
    return piece;
  };
  const auto type_at = [&] {
    const std::string_view piece = next();
    return named(in, parse_type(piece), "type", piece);
  };
  if (i.op == opcode::setcc) {
    const std::string_view name = suffix.substr(0, suffix.find('.'));
    i.cond = named(in, parse_condition(name), "condition", name);
    suffix.remove_prefix(name.size());
    i.ty = type_at();
  } else if (i.op == opcode::cvt) {
    i.ty = type_at();
    i.src_ty = type_at();
  } else if (i.op == opcode::mem_fence) {
    const std::string_view piece = next();
    i.value = static_cast<std::uint64_t>(named(in, parse_scope(piece), "memory scope", piece));
  } else if (i.op == opcode::bra && !suffix.empty()) {
    const std::string_view piece = next();
    const auto n = parse_uint64(piece.substr(std::min<std::size_t>(1, piece.size())));
    if (!piece.starts_with('p') || !n || n.value > 65535) in.fail("a branch is predicated by p0 to p15");
    i.predicated = true;
    i.regs[0] = static_cast<std::uint16_t>(n.value);
  } else if (has_type(i.op)) {
    i.ty = type_at();
  }
  if (!suffix.empty()) in.fail(fmt::format("'{}' does not belong to {}", suffix, mnemonic_of(i.op)));
}

void read_operand(line_reader& in, instruction& i, const field_info& f) {
  const auto put = [&](std::uint64_t v) {
    if (f.slot == 0) {
      i.value = v;
    } else {
      if (i.params.size() < f.slot) i.params.resize(f.slot);
      i.params[f.slot - 1U] = v;
    }
  };
  switch (f.kind) {
    case field_kind::dst:
    case field_kind::src: i.regs.at(f.slot) = numbered(in, 'r'); return;
    case field_kind::pred_dst:
    case field_kind::pred_src: i.regs.at(f.slot) = numbered(in, 'p'); return;
    case field_kind::bits: i.value = bits(in, i.ty); return;
    case field_kind::number:
    case field_kind::flag: put(in.number()); return;
    case field_kind::real: put(std::bit_cast<std::uint64_t>(real(in))); return;
    case field_kind::operation: {
      const std::string_view name = in.word();
      const auto known = operations_of(i.op);
      const auto found = std::ranges::find(known, name);
      if (found == known.end()) in.fail(fmt::format("no operation is named '{}'", name));
      i.value = static_cast<std::uint64_t>(found - known.begin());
      return;
    }
    case field_kind::addr: i.addr = read_address(in); return;
    case field_kind::label:
      in.expect("@");
      i.target = in.word();
      return;
    default: return;
  }
}

bool in_operands(const field_info& f) {
  return f.kind != field_kind::ty && f.kind != field_kind::src_ty && f.kind != field_kind::cond &&
         f.kind != field_kind::scope && f.kind != field_kind::pred_opt;
}

void read_line(line_reader& in, program& into) {
  while (true) {
    if (in.end()) return;
    const std::size_t begin = in.place();
    const std::string_view word = in.word();
    if (in.take(":")) {
      try {
        into.add_label(std::string(word));
      } catch (const fault& f) {
        in.rewind(begin);
        in.fail(to_string(f.info()));
      }
      continue;
    }
    instruction i;
    std::string_view suffix;
    const std::size_t after = in.place();
    in.rewind(begin);  // mistakes in the word are told at its first letter
    i.op = split_mnemonic(in, word, suffix);
    read_suffix(in, i, suffix);
    in.rewind(after);
    bool first = true;
    for (const field_info& f : fields_of(i.op)) {
      if (!in_operands(f)) continue;
      if (!first) in.expect(",");
      read_operand(in, i, f);
      first = false;
    }
    if (!in.end()) in.fail("text after the instruction");
    into.push(std::move(i));
    return;
  }
}

}  // namespace

program program::parse_text(std::string_view text, std::string name) {
  program out;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t stop = std::min(text.find('\n'), text.size());
    std::string_view content = text.substr(0, stop);
    text.remove_prefix(std::min(stop + 1, text.size()));
    content = content.substr(0, content.find(';'));
    line_reader in(content, name, line);
    read_line(in, out);
  }
  return out;
}

}  // namespace twill::lanes
