// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/utf8.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

/// Where a pattern matches in a text, in bytes; `begin == npos`: nowhere.
struct text_match {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
  explicit operator bool() const noexcept { return begin != std::string_view::npos; }
};

namespace detail {

/// Single characters with a property.
template <class F>
struct character_pattern {
  F matches;
  static constexpr bool divisible = true;
  [[nodiscard]] text_match next(std::string_view text, std::size_t from) const {
    while (from < text.size()) {
      const decoded c = decode_utf8(text.substr(from));
      if (matches(c.value)) return {from, from + c.bytes};
      from += c.bytes;
    }
    return {};
  }
  [[nodiscard]] text_match previous(std::string_view text, std::size_t before) const {
    // Ends of characters are found from their starts: an ill-formed tail belongs to what stands before it.
    while (before > 0) {
      std::size_t start = before - 1;
      while (start > 0 && !starts_character(text[start])) --start;
      for (text_match m = next(text.substr(0, before), start), last{};;) {
        if (!m) {
          if (last) return last;
          break;
        }
        last = m;
        m = next(text.substr(0, before), m.end);
      }
      before = start;
    }
    return {};
  }
};

/// One byte below 0x80, which is a character of its own wherever it stands.
struct ascii_pattern {
  char c;
  static constexpr bool divisible = true;
  [[nodiscard]] text_match next(std::string_view text, std::size_t from) const {
    const std::size_t at = text.find(c, from);
    return at == std::string_view::npos ? text_match{} : text_match{at, at + 1};
  }
  [[nodiscard]] text_match previous(std::string_view text, std::size_t before) const {
    const std::size_t at = text.substr(0, before).rfind(c);
    return at == std::string_view::npos ? text_match{} : text_match{at, at + 1};
  }
};

/// A string. Occurrences can overlap only if it begins as it ends; then which of them are matches depends on
/// all text to the left, and the text is not cut.
struct string_pattern {
  std::string text;
  bool divisible;
  explicit string_pattern(std::string_view pattern) : text(pattern), divisible(true) {
    if (text.empty()) throw std::invalid_argument("par: the pattern is an empty string");
    for (std::size_t n = 1; n < text.size(); ++n) {
      if (std::string_view(text).substr(0, n) == std::string_view(text).substr(text.size() - n))
        divisible = false;
    }
  }
  [[nodiscard]] text_match next(std::string_view in, std::size_t from) const {
    const std::size_t at = in.find(text, from);
    return at == std::string_view::npos ? text_match{} : text_match{at, at + text.size()};
  }
  [[nodiscard]] text_match previous(std::string_view in, std::size_t before) const {
    const std::size_t at = in.substr(0, before).rfind(text);
    return at == std::string_view::npos ? text_match{} : text_match{at, at + text.size()};
  }
};

struct one_of {
  std::u32string set;
  bool operator()(char32_t c) const { return set.find(c) != std::u32string::npos; }
};
struct same_character {
  char32_t wanted;
  bool operator()(char32_t c) const noexcept { return c == wanted; }
};

/// A matcher for what the user gave: a character, a set of characters (U"..."), a predicate, or a string.
template <class Pattern>
auto make_pattern(Pattern pattern) {
  if constexpr (std::same_as<Pattern, char>) {
    if (static_cast<unsigned char>(pattern) >= 0x80) {
      throw std::invalid_argument(
          "par: a char pattern must be ASCII; use a char32_t for any other character");
    }
    return ascii_pattern{pattern};
  } else if constexpr (std::same_as<Pattern, char32_t>) {
    return character_pattern<same_character>{{pattern}};
  } else if constexpr (std::is_convertible_v<const Pattern&, std::u32string_view>) {
    return character_pattern<one_of>{{std::u32string(std::u32string_view(pattern))}};
  } else if constexpr (std::is_convertible_v<const Pattern&, std::string_view>) {
    return string_pattern(std::string_view(pattern));
  } else {
    static_assert(std::is_invocable_r_v<bool, const Pattern&, char32_t>,
                  "par: a pattern is a char, a char32_t, a set of them (U\"...\"), a string, or a const "
                  "predicate of char32_t");
    return character_pattern<Pattern>{std::move(pattern)};
  }
}

/// What the text functions work on: everything that a string_view can be made of and that outlives the chain.
template <class R>
concept text_like = std::is_convertible_v<const std::remove_cvref_t<R>&, std::string_view> &&
                    !std::same_as<std::remove_cvref_t<R>, std::nullptr_t>;

template <class R>
std::string_view borrow_text(R&& text) {
  static_assert(text_like<R>, "par: this works on text, that is on what converts to std::string_view");
  static_assert(!std::same_as<R, std::string> && !std::same_as<R, const std::string>,
                "par: the pieces are views, so the text must outlive the chain; this one is a temporary");
  return std::string_view(text);
}

}  // namespace detail
}  // namespace twill::par
