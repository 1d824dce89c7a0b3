// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace twill::table::json::detail {

struct word_mistake {
  std::string_view rule;
  diagnosis details;
};

/// What is wrong with a word that stands for a value: nothing for `true`, `false`, `null` and JSON numbers
/// that a double can hold.
[[nodiscard]] std::optional<word_mistake> mistake_in_word(std::string_view word);

/// Whether the whole text is a number as JSON writes them.
[[nodiscard]] bool is_json_number(std::string_view text) noexcept;

struct escape_meaning {
  std::size_t length = 1;  // bytes of the escape, the backslash included
  std::string content{};   // what it stands for, UTF-8
  std::optional<diagnosis> mistake{};
};

/// The escape that begins with the backslash at the start of `text`.
[[nodiscard]] escape_meaning read_escape(std::string_view text);

}  // namespace twill::table::json::detail
