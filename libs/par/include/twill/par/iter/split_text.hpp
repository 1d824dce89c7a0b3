// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/filter.hpp"
#include "twill/par/iter/map.hpp"
#include "twill/par/iter/pattern.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

enum class split_mode {
  between,     ///< what is between matches, also when it is empty
  inclusive,   ///< each match at the end of its piece, no empty piece at the end
  terminated,  ///< as inclusive, without the matches
  matches      ///< the matches
};

template <class Pattern, split_mode Mode>
class split_text_producer {
 public:
  using item_type = std::string_view;
  split_text_producer(std::string_view text, const Pattern* pattern) : text_(text), pattern_(pattern) {}

  /// At the match nearest to the middle.
  [[nodiscard]] std::optional<split_text_producer> split() {
    if (!pattern_->divisible || text_.empty()) return std::nullopt;
    std::size_t middle = text_.size() / 2;
    while (middle < text_.size() && !starts_character(text_[middle])) ++middle;
    text_match match = pattern_->next(text_, middle);
    if (!match) match = pattern_->previous(text_, middle);
    if (!match) return std::nullopt;
    split_text_producer right(text_.substr(match.end), pattern_);
    text_ = text_.substr(0, Mode == split_mode::between ? match.begin : match.end);
    return right;
  }
  template <class Folder>
  void fold_into(Folder& folder) && {
    std::size_t begin = 0;
    while (!folder.full()) {
      const text_match match = pattern_->next(text_, begin);
      if (!match) break;
      if constexpr (Mode == split_mode::matches) {
        folder.consume(text_.substr(match.begin, match.end - match.begin));
      } else {
        folder.consume(
            text_.substr(begin, (Mode == split_mode::inclusive ? match.end : match.begin) - begin));
      }
      begin = match.end;
    }
    if (folder.full() || Mode == split_mode::matches) return;
    if (Mode == split_mode::between || begin != text_.size()) folder.consume(text_.substr(begin));
  }

 private:
  std::string_view text_;
  const Pattern* pattern_;
};

}  // namespace detail

/// The pieces of a text that a pattern cuts, as string views.
template <class Pattern, detail::split_mode Mode>
class split_text_range {
 public:
  using item_type = std::string_view;
  static constexpr std::string_view name = "split_text";
  split_text_range(std::string_view text, Pattern pattern) : text_(text), pattern_(std::move(pattern)) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }
  template <class C>
  typename C::result_type drive(C c) && {
    return bridge_unindexed(detail::split_text_producer<Pattern, Mode>(text_, &pattern_), std::move(c));
  }

 private:
  std::string_view text_;
  Pattern pattern_;
};

namespace detail {

template <split_mode Mode, class R, class Pattern>
auto split_text_by(R&& text, Pattern pattern) {
  auto matcher = make_pattern(std::move(pattern));
  return split_text_range<decltype(matcher), Mode>(borrow_text(std::forward<R>(text)), std::move(matcher));
}

/// A name with N arguments whose left side is a text as it is, not a chain.
template <class Impl, std::size_t N>
struct text_pipeable {
  template <class... A>
    requires(sizeof...(A) == N)
  constexpr auto operator()(A... args) const {
    return closure{[... args = std::move(args)]<class R>(R&& text) mutable {
      return Impl{}(borrow_text(std::forward<R>(text)), std::move(args)...);
    }};
  }
  template <class R, class... A>
    requires(sizeof...(A) == N)
  constexpr auto operator()(R&& text, A... args) const {
    return Impl{}(borrow_text(std::forward<R>(text)), std::move(args)...);
  }
};

struct split_terminator_impl {
  template <class Pattern>
  auto operator()(std::string_view text, Pattern pattern) const {
    return split_text_by<split_mode::terminated>(text, std::move(pattern));
  }
};
struct without_line_end {
  std::string_view operator()(std::string_view line) const noexcept {
    if (!line.ends_with('\n')) return line;
    line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
};
struct lines_impl {
  auto operator()(std::string_view text) const {
    return map_impl{}(split_text_by<split_mode::inclusive>(text, '\n'), without_line_end{});
  }
};
struct not_empty {
  bool operator()(std::string_view piece) const noexcept { return !piece.empty(); }
};
struct split_whitespace_impl {
  auto operator()(std::string_view text) const {
    return filter_impl{}(
        split_text_by<split_mode::between>(text, [](char32_t c) { return is_unicode_space(c); }),
        not_empty{});
  }
};
struct ascii_space_pattern {
  static constexpr bool divisible = true;
  [[nodiscard]] text_match next(std::string_view text, std::size_t from) const {
    for (; from < text.size(); ++from) {
      if (is_ascii_space(text[from])) return {from, from + 1};
    }
    return {};
  }
  [[nodiscard]] text_match previous(std::string_view text, std::size_t before) const {
    for (; before > 0; --before) {
      if (is_ascii_space(text[before - 1])) return {before - 1, before};
    }
    return {};
  }
};
struct split_ascii_whitespace_impl {
  auto operator()(std::string_view text) const {
    using range = split_text_range<ascii_space_pattern, split_mode::between>;
    return filter_impl{}(range(text, {}), not_empty{});
  }
};
struct matches_impl {
  template <class Pattern>
  auto operator()(std::string_view text, Pattern pattern) const {
    return split_text_by<split_mode::matches>(text, std::move(pattern));
  }
};
struct offset_in {
  const char* origin;
  std::pair<std::size_t, std::string_view> operator()(std::string_view piece) const noexcept {
    return {static_cast<std::size_t>(piece.data() - origin), piece};
  }
};
struct match_indices_impl {
  template <class Pattern>
  auto operator()(std::string_view text, Pattern pattern) const {
    return map_impl{}(split_text_by<split_mode::matches>(text, std::move(pattern)), offset_in{text.data()});
  }
};

}  // namespace detail

/// `split_terminator(pattern)`: as `split`, with matches as ends of pieces: no empty piece behind the last
/// one.
///
/// A pattern is a char, a char32_t, a set of characters (U"..."), a predicate of char32_t, or a string.
/// Pieces are string views, in order; they begin and end at code points. In ill-formed UTF-8 each maximal
/// ill-formed part counts as U+FFFD.
inline constexpr detail::text_pipeable<detail::split_terminator_impl, 1> split_terminator{};
/// `lines()`: the lines without their `\n` and a `\r` before it.
inline constexpr detail::text_pipeable<detail::lines_impl, 0> lines{};
/// `split_whitespace()`: the words between Unicode white space.
inline constexpr detail::text_pipeable<detail::split_whitespace_impl, 0> split_whitespace{};
/// `split_ascii_whitespace()`: the words between ASCII white space.
inline constexpr detail::text_pipeable<detail::split_ascii_whitespace_impl, 0> split_ascii_whitespace{};
/// `matches(pattern)`: the matches, which do not overlap, from left to right.
inline constexpr detail::text_pipeable<detail::matches_impl, 1> matches{};
/// `match_indices(pattern)`: pairs of byte offset and match.
inline constexpr detail::text_pipeable<detail::match_indices_impl, 1> match_indices{};

}  // namespace twill::par
