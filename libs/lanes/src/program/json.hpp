// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/program.hpp"
#include "twill/table/json.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace twill::lanes::detail {

namespace json = twill::table::json;

/// Throws: fault (InvalidProgram) at the value's place.
[[noreturn]] void bad_json(const json::value& at, std::string what);
/// The member of that key, or a fault.
[[nodiscard]] json::value member(const json::value& object, std::string_view key);
/// Every key of the object is one of these, or a fault.
void only_keys(const json::value& object, std::initializer_list<std::string_view> known);
/// An integer below or at `max`.
[[nodiscard]] std::uint64_t integer(const json::value& v, std::uint64_t max);
[[nodiscard]] std::string_view text_of(const json::value& v);
[[nodiscard]] type type_at(const json::value& v);
/// An integer, a decimal or 0x string; or with `as_real` a number or "nan", "inf", "-inf", "-0.0": cut to the
/// type.
[[nodiscard]] std::uint64_t bits_at(const json::value& v, type t, bool as_real);
/// A JSON text, every mistake of which is a fault.
[[nodiscard]] json::document parse_document(std::string text, std::string name);

/// Handles of named buffers, where the program stands in a case.
using buffer_names = std::function<std::optional<std::uint64_t>(std::string_view)>;
[[nodiscard]] program read_program(const json::value& root, const buffer_names& names);

}  // namespace twill::lanes::detail
