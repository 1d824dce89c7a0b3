// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace twill::par::detail {

inline constexpr char32_t replacement_character = 0xFFFD;

/// One decoded character and how many bytes it took.
struct decoded {
  char32_t value;
  std::size_t bytes;
};

/// The character at the front. A maximal subpart of an ill-formed sequence (Unicode 15, section 3.9, table
/// 3-7) counts as one U+FFFD. Requires: the text is not empty.
[[nodiscard]] constexpr decoded decode_utf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  unsigned char low =
      0x80;  // bounds of the second byte: they exclude overlong forms, surrogates and values above 10FFFF
  unsigned char high = 0xBF;
  char32_t value = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    value = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    value = lead & 0x0FU;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    value = lead & 0x07U;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {replacement_character, 1};
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size() || byte(i) < low || byte(i) > high) return {replacement_character, i};
    value = (value << 6U) | (byte(i) & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return {value, length};
}

/// Whether a character may begin here: every byte but 10xxxxxx. Cutting there changes no decoded character.
[[nodiscard]] constexpr bool starts_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
}

/// A place to cut a text: the character start nearest to the middle, or 0 if there is none inside.
[[nodiscard]] constexpr std::size_t character_cut(std::string_view text) noexcept {
  const std::size_t middle = text.size() / 2;
  for (std::size_t i = middle; i < text.size(); ++i) {
    if (i != 0 && starts_character(text[i])) return i;
  }
  for (std::size_t i = middle; i > 0; --i) {
    if (starts_character(text[i])) return i;
  }
  return 0;
}

/// Appends a character; what is no Unicode scalar value becomes U+FFFD.
inline void append_utf8(std::string& to, char32_t c) {
  if (c >= 0x110000 || (c >= 0xD800 && c < 0xE000)) c = replacement_character;
  const auto put = [&](char32_t byte) { to.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | (c >> 6U));
    put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | (c >> 12U));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | (c >> 18U));
    put(0x80U | ((c >> 12U) & 0x3FU));
    put(0x80U | ((c >> 6U) & 0x3FU));
    put(0x80U | (c & 0x3FU));
  }
}

/// White_Space of the Unicode character database.
[[nodiscard]] constexpr bool is_unicode_space(char32_t c) noexcept {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

/// Space, tab, line feed, form feed, carriage return.
[[nodiscard]] constexpr bool is_ascii_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

}  // namespace twill::par::detail
