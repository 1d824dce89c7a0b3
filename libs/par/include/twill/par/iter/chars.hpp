// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/flat_map_iter.hpp"
#include "twill/par/iter/pattern.hpp"
#include "twill/par/iter/sequence.hpp"
#include "twill/par/iter/split_text.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <bool WithIndex>
class chars_producer {
 public:
  using item_type = std::conditional_t<WithIndex, std::pair<std::size_t, char32_t>, char32_t>;
  chars_producer(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}
  [[nodiscard]] std::optional<chars_producer> split() {
    const std::size_t cut = character_cut(text_);
    if (cut == 0) return std::nullopt;
    chars_producer right(text_.substr(cut), offset_ + cut);
    text_ = text_.substr(0, cut);
    return right;
  }
  template <class Folder>
  void fold_into(Folder& folder) && {
    for (std::size_t at = 0; at < text_.size() && !folder.full();) {
      const decoded c = decode_utf8(text_.substr(at));
      if constexpr (WithIndex) {
        folder.consume(item_type(offset_ + at, c.value));
      } else {
        folder.consume(char32_t{c.value});
      }
      at += c.bytes;
    }
  }

 private:
  std::string_view text_;
  std::size_t offset_;
};

}  // namespace detail

/// The characters of a text, perhaps with their byte offsets.
template <bool WithIndex>
class chars_range {
 public:
  using item_type = typename detail::chars_producer<WithIndex>::item_type;
  static constexpr std::string_view name =
      WithIndex ? std::string_view("char_indices") : std::string_view("chars");
  explicit chars_range(std::string_view text) : text_(text) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const {
    return text_.empty() ? std::optional<std::size_t>(0) : std::nullopt;
  }
  template <class C>
  typename C::result_type drive(C c) && {
    return bridge_unindexed(detail::chars_producer<WithIndex>(text_, 0), std::move(c));
  }

 private:
  std::string_view text_;
};

namespace detail {

template <bool WithIndex>
struct chars_impl {
  auto operator()(std::string_view text) const { return chars_range<WithIndex>(text); }
};
struct bytes_impl {
  auto operator()(std::string_view text) const {
    return sequence_range<const unsigned char*>(reinterpret_cast<const unsigned char*>(text.data()),
                                                text.size());
  }
};
/// One character as one or two UTF-16 units.
struct utf16_units {
  char16_t unit[2];
  unsigned char size;
  [[nodiscard]] const char16_t* begin() const noexcept { return unit; }
  [[nodiscard]] const char16_t* end() const noexcept { return unit + size; }
};
struct to_utf16 {
  utf16_units operator()(char32_t c) const noexcept {
    if (c < 0x10000) return {{static_cast<char16_t>(c), 0}, 1};
    const char32_t rest = c - 0x10000;
    return {
        {static_cast<char16_t>(0xD800U + (rest >> 10U)), static_cast<char16_t>(0xDC00U + (rest & 0x3FFU))},
        2};
  }
};
struct encode_utf16_impl {
  auto operator()(std::string_view text) const {
    return flat_map_iter_impl{}(chars_range<false>(text), to_utf16{});
  }
};

}  // namespace detail

/// `chars()`: the characters of UTF-8 text as char32_t; each maximal ill-formed part as U+FFFD.
inline constexpr detail::text_pipeable<detail::chars_impl<false>, 0> chars{};
/// `char_indices()`: pairs of byte offset and character.
inline constexpr detail::text_pipeable<detail::chars_impl<true>, 0> char_indices{};
/// `bytes()`: the bytes as `const unsigned char&`, indexed.
inline constexpr detail::text_pipeable<detail::bytes_impl, 0> bytes{};
/// `encode_utf16()`: the UTF-16 units of the characters.
inline constexpr detail::text_pipeable<detail::encode_utf16_impl, 0> encode_utf16{};

}  // namespace twill::par
