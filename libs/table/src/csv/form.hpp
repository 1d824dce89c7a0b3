// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/findings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace twill::table::csv {

/// The delimiter that the first lines agree on, nothing when none of comma, semicolon and tab stands in the
/// header.
[[nodiscard]] std::optional<char> detect_delimiter(std::string_view text);

/// Adds every stretch that is not UTF-8 (a few of them, then their number). False: another encoding
/// altogether.
bool check_encoding(std::string_view text, const std::string& name, findings& out);

/// "comma", "semicolon", "tab", or the character in quotes.
[[nodiscard]] std::string name_of_delimiter(char delimiter);

/// A piece of the user's text as messages show it: control characters escaped, cut after 40 bytes.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace twill::table::csv
