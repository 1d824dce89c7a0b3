// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/utf8.hpp"

#include <list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class T>
concept text_piece =
    std::is_same_v<std::remove_cvref_t<T>, char> || std::is_same_v<std::remove_cvref_t<T>, char32_t> ||
    std::is_convertible_v<const std::remove_cvref_t<T>&, std::string_view>;

/// Gathers each leaf into a string and strings them up in order.
struct string_consumer {
  using result_type = std::list<std::string>;
  struct folder_type {
    std::string text{};
    template <class T>
    void consume(T&& piece) {
      if constexpr (std::is_same_v<std::remove_cvref_t<T>, char>) {
        text.push_back(piece);
      } else if constexpr (std::is_same_v<std::remove_cvref_t<T>, char32_t>) {
        append_utf8(text, piece);
      } else {
        text.append(std::string_view(piece));
      }
    }
    [[nodiscard]] static constexpr bool full() { return false; }
    result_type complete() && {
      result_type list;
      list.push_back(std::move(text));
      return list;
    }
  };
  struct reducer_type {
    result_type combine(result_type left, result_type right) const {
      left.splice(left.end(), right);
      return left;
    }
  };
  string_consumer split_off_left() { return {}; }
  folder_type into_folder() && { return {}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

struct collect_string_impl {
  template <class R>
  std::string operator()(R range) const {
    static_assert(text_piece<item_t<R>>, "par::collect_string: the items must be char, char32_t or strings");
    std::list<std::string> parts = std::move(range).drive(string_consumer{});
    std::size_t size = 0;
    for (const auto& part : parts) size += part.size();
    std::string joined;
    joined.reserve(size);
    for (const auto& part : parts) joined += part;
    return joined;
  }
};
}  // namespace detail

/// `collect_string()`: one string of char, char32_t (as UTF-8) or string pieces, in order.
inline constexpr detail::pipeable<detail::collect_string_impl, 0> collect_string{};

}  // namespace twill::par
