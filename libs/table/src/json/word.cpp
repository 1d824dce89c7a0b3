// SPDX-License-Identifier: Apache-2.0
#include "word.hpp"

#include "../utf8.hpp"
#include "document.hpp"
#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace twill::table::json::detail {
namespace {

bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t digits_from(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && digit(text[at])) ++at;
  return at;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// Numbers that are numbers elsewhere, and how JSON writes them.
std::optional<diagnosis> foreign_number(std::string_view word) {
  std::string_view magnitude = word;
  while (!magnitude.empty() && (magnitude.front() == '+' || magnitude.front() == '-'))
    magnitude.remove_prefix(1);
  const std::string small = lower(magnitude);
  if (small == "nan" || small == "inf" || small == "infinity") {
    return diagnosis{.what = "a number that is not finite",
                     .expected = "a finite number",
                     .hint = "JSON has no NaN and no infinity: leave the key out or write null"};
  }
  if (magnitude.empty() || !(digit(magnitude[0]) || (magnitude[0] == '.' && magnitude.size() > 1)))
    return std::nullopt;
  if (word.size() - magnitude.size() > 1)
    return diagnosis{.what = "a number with two signs", .expected = "one sign at most"};
  if (small.starts_with("0x") || small.starts_with("0b") || small.starts_with("0o")) {
    return diagnosis{.what = "a number that is not decimal", .expected = "a decimal number"};
  }
  std::string mended(magnitude);
  if (mended[0] == '.') mended = fmt::format("0{}", mended);
  while (mended.size() > 1 && mended[0] == '0' && digit(mended[1])) mended.erase(0, 1);
  if (mended.back() == '.') mended += '0';
  mended = fmt::format("{}{}", word.starts_with('-') ? "-" : "", mended);
  if (is_json_number(mended)) {
    std::string_view what = "a number with a leading zero";
    if (word.front() == '+') what = "a number with a plus sign";
    if (magnitude.front() == '.' || magnitude.back() == '.')
      what = "a number without digits on both sides of the point";
    return diagnosis{.what = std::string(what), .expected = excerpt(mended)};
  }
  return diagnosis{.what = "not a number", .expected = "a number such as 12, -0.5 or 1e6"};
}

}  // namespace

bool is_json_number(std::string_view text) noexcept {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const std::size_t whole = digits_from(text, at);
  if (whole == at || (text[at] == '0' && whole > at + 1)) return false;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits_from(text, at + 1);
    if (fraction == at + 1) return false;
    at = fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits_from(text, at);
    if (exponent == at) return false;
    at = exponent;
  }
  return at == text.size();
}

std::optional<word_mistake> mistake_in_word(std::string_view word) {
  if (word == "true" || word == "false" || word == "null") return std::nullopt;
  if (is_json_number(word)) {
    if (parse_double(word).fault != number_fault::out_of_range) return std::nullopt;
    return word_mistake{rule::number,
                        {.what = "a number beyond what a double can hold",
                         .found = excerpt(word),
                         .expected = "a magnitude below 1.8e308"}};
  }
  if (auto number = foreign_number(word)) {
    number->found = excerpt(word);
    return word_mistake{rule::number, *std::move(number)};
  }
  diagnosis d{.what = "a text without quotes", .found = excerpt(word), .expected = excerpt(quoted(word))};
  const std::string small = lower(word);
  if (small == "none" || small == "undefined" || small == "nil" || small == "na") {
    d = {.what = "no value that JSON knows", .found = excerpt(word), .expected = "null"};
  } else {
    constexpr std::array<std::string_view, 3> words{"true", "false", "null"};
    const std::string near = nearest_name(small, words);
    if (!near.empty()) d = {.what = "no value that JSON knows", .found = excerpt(word), .expected = near};
  }
  return word_mistake{rule::syntax, std::move(d)};
}

escape_meaning read_escape(std::string_view text) {
  constexpr std::string_view names = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  const auto unit = [&](std::size_t at) -> std::optional<std::uint32_t> {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    std::uint32_t code = 0;
    for (const char c : text.substr(at + 2, 4)) {
      const char small = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
      if (!digit(small) && (small < 'a' || small > 'f')) return std::nullopt;
      code = code * 16 + static_cast<std::uint32_t>(digit(small) ? small - '0' : small - 'a' + 10);
    }
    return code;
  };
  if (text.size() < 2) return {1, "", std::nullopt};
  if (const std::size_t at = names.find(text[1]); at != std::string_view::npos) {
    return {2, std::string(1, meanings[at]), std::nullopt};
  }
  if (text[1] != 'u') {
    // Only the backslash is taken, so that a quote or a line end behind it keeps its meaning.
    return {1, "\\",
            diagnosis{.what = "an escape that JSON does not know",
                      .found = excerpt(text.substr(0, 2)),
                      .expected = "\\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hexadecimal digits",
                      .hint = "write \\\\ for a backslash, as in file names"}};
  }
  const auto first = unit(0);
  if (!first) {
    return {2, "",
            diagnosis{.what = "\\u without four hexadecimal digits",
                      .found = excerpt(text.substr(0, std::min<std::size_t>(6, text.find('"')))),
                      .expected = "four hexadecimal digits"}};
  }
  if (*first < 0xD800 || *first > 0xDFFF) return {6, utf8_encoded(*first), std::nullopt};
  const auto second = unit(6);
  if (*first <= 0xDBFF && second && *second >= 0xDC00 && *second <= 0xDFFF) {
    return {12, utf8_encoded(0x10000 + ((*first - 0xD800) << 10U) + (*second - 0xDC00)), std::nullopt};
  }
  return {6, "",
          diagnosis{.what = "half of a surrogate pair",
                    .found = excerpt(text.substr(0, 6)),
                    .expected = "\\ud800..\\udbff followed by \\udc00..\\udfff"}};
}

}  // namespace twill::table::json::detail
