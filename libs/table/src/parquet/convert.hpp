// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"

#include <string>
#include <string_view>

namespace twill::table::detail::pq {

// Values that no column holds as they are stored. Each throws `twill::error` when the value has no equal
// here.

/// Nanoseconds of the day (8 bytes) and Julian day (4 bytes) to nanoseconds since 1970.
[[nodiscard]] std::int64_t from_int96(std::string_view stored, const context& at);
/// Big-endian two's complement; leading bytes may only repeat the sign.
[[nodiscard]] std::int64_t from_decimal(std::string_view stored, const context& at);
/// IEEE 754 binary16.
[[nodiscard]] float from_half(std::string_view stored) noexcept;
/// 16 bytes as `8-4-4-4-12` hexadecimal digits.
[[nodiscard]] std::string from_uuid(std::string_view stored);
/// Whether the bytes are well-formed UTF-8: no surrogates, no overlong forms.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace twill::table::detail::pq
