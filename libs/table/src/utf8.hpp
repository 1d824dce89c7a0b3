// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace twill::table {

/// Bytes of the UTF-8 character that starts here, 0 when none does (overlong forms and surrogates are none).
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// The first byte from `from` on that is not part of UTF-8, npos when all is.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text, std::size_t from = 0) noexcept;

[[nodiscard]] std::string utf8_encoded(std::uint32_t code_point);

}  // namespace twill::table
