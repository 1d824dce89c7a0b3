// SPDX-License-Identifier: Apache-2.0
#include "twill/table/date.hpp"

#include <fmt/format.h>

#include <chrono>

namespace twill::table {
namespace {

/// The number that fixed-width decimal digits spell, -1 when one of them is none.
int digits(std::string_view text) noexcept {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

date to_date(civil_date day) noexcept {
  const std::chrono::sys_days counted =
      std::chrono::year(day.year) / std::chrono::month(day.month) / std::chrono::day(day.day);
  return {static_cast<std::int32_t>(counted.time_since_epoch().count())};
}

// H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2014 (civil_from_days), in 64 bits so that every
// int32_t day count has an answer; std::chrono::year stops at 32767.
civil_date to_civil(date day) noexcept {
  const std::int64_t z = std::int64_t{day.days} + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int64_t day_of_era = z - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {static_cast<int>(year), static_cast<unsigned>(month),
          static_cast<unsigned>(day_of_year - (153 * month_from_march + 2) / 5 + 1)};
}

std::optional<date> parse_date(std::string_view text) noexcept {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = digits(text.substr(0, 4));
  const int month = digits(text.substr(5, 2));
  const int day = digits(text.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day named = std::chrono::year(year) / month / day;
  if (!named.ok()) return std::nullopt;
  return to_date({year, static_cast<unsigned>(month), static_cast<unsigned>(day)});
}

std::string to_string(date day) {
  const civil_date c = to_civil(day);
  if (c.year < 0) return fmt::format("-{:04}-{:02}-{:02}", -c.year, c.month, c.day);
  return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

}  // namespace twill::table
