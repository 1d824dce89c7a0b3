// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/constraint.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twill::sddp::detail {

/// A term as written: entity and block are ids.
struct written_term {
  double coefficient = 1.0;
  quantity what{};
  std::int32_t entity = 0;
  std::optional<std::int32_t> block{};
  std::size_t position = 0;  // of its name in the text, from 1
  friend bool operator==(const written_term&, const written_term&) = default;
};

/// Terms, or why the text has none.
struct parsed_expression {
  std::vector<written_term> terms{};
  std::string fault{};       // empty: none
  std::size_t position = 0;  // of the fault, from 1
  std::string token{};       // that is at fault
  std::string hint{};
};

/// `[+|-] [number *] name(id[, block]) {(+|-) ...}`, the left-hand side of a generic constraint.
[[nodiscard]] parsed_expression parse_expression(std::string_view text);

}  // namespace twill::sddp::detail
