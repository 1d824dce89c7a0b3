// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <array>
#include <cstdint>

namespace twill::report::detail {
namespace {

constexpr char32_t replacement = 0xfffd;

bool allowed_in_xml(char32_t c) noexcept {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return !(c >= 0x7f && c <= 0x9f) && c != 0xfffe && c != 0xffff;
}

/// Advance widths of U+0020 to U+007E in Arial and its metric twins, in thousandths of the font size.
constexpr std::array<std::uint16_t, 95> advance{
    278,  278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,  //  !"#$%&'()*+,-./
    556,  556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,  // 0-9:;<=>?
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,  // @A-O
    667,  778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,  // P-Z[\]^_
    333,  556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,  // `a-o
    556,  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584};      // p-z{|}~

double advance_of(char32_t c) noexcept {
  if (c >= 0x20 && c < 0x7f) return advance[c - 0x20] / 1000.0;
  if (c == 0x202f) return 0.2;
  switch (terminal_width(c)) {
    case 0: return 0;
    case 2: return 1.0;
    default: return 0.62;
  }
}

/// Other fonts of the list are up to so much wider than Arial.
constexpr double widest_font = 1.06;

}  // namespace

code_point read_code_point(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  if (lead < 0x80) return {lead, at + 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + length > text.size()) return {replacement, at + 1};
  char32_t value = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0U) != 0x80U) return {replacement, at + 1};
    value = (value << 6U) | (byte(at + i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
    return {replacement, at + 1};
  return {value, at + length};
}

void append_utf8(std::string& out, char32_t value) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xc0U | (value >> 6U));
    put(0x80U | (value & 0x3fU));
  } else if (value < 0x10000) {
    put(0xe0U | (value >> 12U));
    put(0x80U | ((value >> 6U) & 0x3fU));
    put(0x80U | (value & 0x3fU));
  } else {
    put(0xf0U | (value >> 18U));
    put(0x80U | ((value >> 12U) & 0x3fU));
    put(0x80U | ((value >> 6U) & 0x3fU));
    put(0x80U | (value & 0x3fU));
  }
}

void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const code_point c = read_code_point(text, at);
    switch (c.value) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      // A bare carriage return would be read back as a line feed.
      case '\r': out += "&#13;"; break;
      default: append_utf8(out, allowed_in_xml(c.value) ? c.value : replacement);
    }
    at = c.next;
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    const code_point c = read_code_point(text, at);
    at = c.next;
    if (c.value == '"' || c.value == '\\') {
      out.push_back('\\');
      append_utf8(out, c.value);
    } else if (c.value < 0x20 || (c.value >= 0x7f && c.value < 0xa0) || c.value == '<' || c.value == '>' ||
               c.value == '&' || c.value == 0x2028 || c.value == 0x2029) {
      out += "\\u";
      for (unsigned shift = 16; shift > 0; shift -= 4) out.push_back(digits[(c.value >> (shift - 4)) & 0xfU]);
    } else {
      append_utf8(out, c.value);
    }
  }
  out.push_back('"');
}

double pixel_width(std::string_view text, double font_size) noexcept {
  double width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const code_point c = read_code_point(text, at);
    width += advance_of(c.value);
    at = c.next;
  }
  return width * font_size * widest_font;
}

std::string shortened(std::string_view text, double font_size, double pixels) {
  if (pixel_width(text, font_size) <= pixels) return std::string(text);
  const double room = pixels / (font_size * widest_font) - advance_of(0x2026);
  double used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const code_point c = read_code_point(text, at);
    if (used + advance_of(c.value) > room) break;
    used += advance_of(c.value);
    at = c.next;
  }
  while (at > 0 && text[at - 1] == ' ') --at;
  return std::string(text.substr(0, at)) + "\u2026";
}

}  // namespace twill::report::detail
