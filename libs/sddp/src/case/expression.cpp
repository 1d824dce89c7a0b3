// SPDX-License-Identifier: Apache-2.0
#include "twill/sddp/detail/expression.hpp"

#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace twill::sddp {
namespace {

constexpr std::array quantity_names{std::string_view("hydro_storage"),
                                    std::string_view("hydro_evaporation"),
                                    std::string_view("hydro_withdrawal"),
                                    std::string_view("hydro_turbined"),
                                    std::string_view("hydro_spillage"),
                                    std::string_view("hydro_diversion"),
                                    std::string_view("hydro_outflow"),
                                    std::string_view("hydro_generation"),
                                    std::string_view("thermal_generation"),
                                    std::string_view("line_direct"),
                                    std::string_view("line_reverse"),
                                    std::string_view("line_exchange"),
                                    std::string_view("bus_deficit"),
                                    std::string_view("bus_excess"),
                                    std::string_view("non_controllable_generation"),
                                    std::string_view("non_controllable_curtailment"),
                                    std::string_view("pumping_flow"),
                                    std::string_view("pumping_power"),
                                    std::string_view("contract_import"),
                                    std::string_view("contract_export")};
static_assert(quantity_names.size() == static_cast<std::size_t>(quantity::contract_export) + 1);

}  // namespace

std::string_view name_of(quantity what) noexcept { return quantity_names[static_cast<std::size_t>(what)]; }

namespace detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class parser {
 public:
  explicit parser(std::string_view text) : text_(text) {}

  parsed_expression parse() {
    skip();
    bool minus = sign();
    while (term(minus)) {
      skip();
      if (at_ == text_.size()) return std::move(made_);
      if (text_[at_] != '+' && text_[at_] != '-') {
        fail("a sign is missing between two terms", "+ or -");
        break;
      }
      minus = sign();
    }
    made_.terms.clear();
    return std::move(made_);
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  bool sign() {
    if (at_ == text_.size() || (text_[at_] != '+' && text_[at_] != '-')) return false;
    return text_[at_++] == '-';
  }

  [[nodiscard]] std::string token() const {
    if (at_ >= text_.size()) return "the end";
    std::size_t end = at_;
    if (is_digit(text_[at_]) || text_[at_] == '.') {
      while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.' || is_letter(text_[end])))
        ++end;
    } else {
      while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
    }
    if (end == at_) {
      ++end;
      // Not half a character of UTF-8.
      while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
    }
    return fmt::format("\"{}\"", text_.substr(at_, end - at_));
  }

  bool fail(std::string what, std::string hint) {
    made_.fault = std::move(what);
    made_.position = at_ + 1;
    made_.token = token();
    made_.hint = std::move(hint);
    return false;
  }

  bool expect(char wanted) {
    skip();
    if (at_ < text_.size() && text_[at_] == wanted) {
      ++at_;
      return true;
    }
    return fail(fmt::format("\"{}\" is missing", wanted), fmt::format("\"{}\"", wanted));
  }

  bool number(double& into) {
    const std::size_t from = at_;
    const auto digits = [&] {
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    };
    digits();
    if (at_ < text_.size() && text_[at_] == '.') ++at_, digits();
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      digits();
    }
    const auto parsed = parse_double(text_.substr(from, at_ - from));
    if (parsed) {
      into = parsed.value;
      return true;
    }
    at_ = from;
    return fail("not a number", "digits, a full stop, an exponent");
  }

  bool whole(std::int32_t& into) {
    skip();
    const std::size_t from = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    const auto parsed = parse_int64(text_.substr(from, at_ - from));
    if (parsed && parsed.value <= std::numeric_limits<std::int32_t>::max()) {
      into = static_cast<std::int32_t>(parsed.value);
      return true;
    }
    at_ = from;
    return fail("not an id", "an integer from 0");
  }

  bool name(written_term& term) {
    const std::size_t from = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string_view word = text_.substr(from, at_ - from);
    const auto found = std::ranges::find(quantity_names, word);
    if (found != quantity_names.end()) {
      term.what = static_cast<quantity>(found - quantity_names.begin());
      return true;
    }
    at_ = from;
    const std::string near = nearest_name(word, quantity_names);
    return fail("no such quantity", near.empty() ? fmt::format("one of {}", fmt::join(quantity_names, ", "))
                                                 : fmt::format("\"{}\" perhaps", near));
  }

  bool term(bool minus) {
    skip();
    written_term made;
    if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) {
      const std::size_t from = at_;
      if (!number(made.coefficient)) return false;
      skip();
      if (at_ == text_.size() || text_[at_] != '*') {
        at_ = from;
        return fail("a number without a quantity", "NUMBER * NAME(ID); constants belong to the bound");
      }
      ++at_;
      skip();
    }
    if (at_ == text_.size() || !is_letter(text_[at_])) return fail("a term is missing", "NAME(ID)");
    made.position = at_ + 1;
    if (!name(made) || !expect('(') || !whole(made.entity)) return false;
    skip();
    if (at_ < text_.size() && text_[at_] == ',') {
      if (made.what <= quantity::hydro_withdrawal)
        return fail(fmt::format("{} is of the whole stage and takes no block", name_of(made.what)),
                    "no block");
      ++at_;
      if (!whole(made.block.emplace())) return false;
    }
    if (!expect(')')) return false;
    if (minus) made.coefficient = -made.coefficient;
    made_.terms.push_back(made);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  parsed_expression made_;
};

}  // namespace

parsed_expression parse_expression(std::string_view text) { return parser(text).parse(); }

}  // namespace detail
}  // namespace twill::sddp
