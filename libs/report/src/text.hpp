// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace twill::report::detail {

/// One code point of a UTF-8 text and where the next begins. A byte that begins no well-formed sequence
/// (overlong, surrogate, beyond U+10FFFF, cut off) counts as U+FFFD and is one byte long, so reading always
/// ends.
struct code_point {
  char32_t value;
  std::size_t next;
};
[[nodiscard]] code_point read_code_point(std::string_view text, std::size_t at) noexcept;
void append_utf8(std::string& out, char32_t value);

/// Text for the content of an element or a quoted attribute, in HTML and in XML: the five special characters
/// as references; what XML 1.0 cannot hold (most control characters, U+FFFE, U+FFFF) and broken UTF-8 as
/// U+FFFD.
void append_escaped(std::string& out, std::string_view text);
[[nodiscard]] std::string escaped(std::string_view text);

/// A JSON string in quotes that can also stand inside a script element: no `<`, `>`, `&`, U+2028, U+2029.
void append_json_string(std::string& out, std::string_view text);

/// Columns that a terminal gives a code point: 0 for combining and invisible ones, 2 for wide ones, else 1.
[[nodiscard]] int terminal_width(char32_t value) noexcept;
/// Columns of a whole text. A sequence joined by U+200D is one picture.
[[nodiscard]] std::size_t terminal_width(std::string_view text) noexcept;
/// Bytes of the longest beginning that fits into so many columns; marks stay with the letter before them.
[[nodiscard]] std::size_t prefix_within(std::string_view text, std::size_t columns) noexcept;

/// Pixels that a text takes in the sans-serif fonts of the style sheet, a little more rather than less.
[[nodiscard]] double pixel_width(std::string_view text, double font_size) noexcept;
/// The text, or its beginning and an ellipsis where it is wider than `pixels`.
[[nodiscard]] std::string shortened(std::string_view text, double font_size, double pixels);

}  // namespace twill::report::detail
