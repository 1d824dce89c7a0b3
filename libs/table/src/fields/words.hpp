// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/detail/json_type.hpp"

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace twill::table::json::detail {

/// "an integer", "a number", "a text", ...: what messages ask for.
[[nodiscard]] std::string wanted(const type& what);
/// "int32", "number", "array of reservoir", ...: what documents show.
[[nodiscard]] std::string documented_type(const type& what);
/// "at least 0 and below 1", empty without bounds.
[[nodiscard]] std::string range_words(const field_spec& spec);

/// The type inside optionals.
[[nodiscard]] const type& without_optional(const type& what) noexcept;

[[nodiscard]] constexpr bool is_integer(scalar kind) noexcept {
  return kind == scalar::int32 || kind == scalar::int64 || kind == scalar::uint32 || kind == scalar::uint64;
}
[[nodiscard]] constexpr bool is_number(scalar kind) noexcept {
  return is_integer(kind) || kind == scalar::float32 || kind == scalar::float64;
}

/// The value of a described scalar or word in memory, as JSON writes it; empty for all else.
[[nodiscard]] std::string json_text(const type& what, const void* source);
/// A number in memory; nothing for other types and for empty optionals.
[[nodiscard]] std::optional<double> number_in(const type& what, const void* source);

}  // namespace twill::table::json::detail
