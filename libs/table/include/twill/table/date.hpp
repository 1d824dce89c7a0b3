// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twill::table {

/// A calendar day of the proleptic Gregorian calendar, counted from 1970-01-01: what Parquet stores as DATE.
struct date {
  std::int32_t days = 0;
  friend constexpr auto operator<=>(const date&, const date&) = default;
};

/// Year, month 1 to 12 and day 1 to 31.
struct civil_date {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
  friend constexpr auto operator<=>(const civil_date&, const civil_date&) = default;
};

[[nodiscard]] date to_date(civil_date day) noexcept;
[[nodiscard]] civil_date to_civil(date day) noexcept;

/// The day that a text `YYYY-MM-DD` names, nothing when it is not one (`2023-02-29`, `2023-1-01`).
[[nodiscard]] std::optional<date> parse_date(std::string_view text) noexcept;
/// `YYYY-MM-DD`.
[[nodiscard]] std::string to_string(date day);

}  // namespace twill::table
