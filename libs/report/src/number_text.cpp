// SPDX-License-Identifier: Apache-2.0
#include "twill/report/data.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>

namespace twill::report {
namespace {

std::string non_finite(double value) {
  if (std::isnan(value)) return {};
  return value > 0 ? "inf" : "-inf";
}

std::string digits_of(double value, std::chars_format format) {
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  return {buffer.data(), end};
}

std::string fixed(double value, int decimals) {
  std::array<char, 1500> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, decimals)
          .ptr;
  return {buffer.data(), end};
}

/// Adds one to the last digit of a positive decimal text.
void round_up(std::string& text) {
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
    if (*digit == '.') continue;
    if (*digit != '9') {
      ++*digit;
      return;
    }
    *digit = '0';
  }
  text.insert(text.begin(), '1');
}

void append_padded(std::string& out, int value, int width) {
  const std::string digits = std::to_string(value);
  out.append(static_cast<std::size_t>(std::max(0, width - static_cast<int>(digits.size()))), '0');
  out += digits;
}

}  // namespace

std::string number_text(double value) {
  if (!std::isfinite(value)) return non_finite(value);
  if (value == 0) return "0";
  const double magnitude = std::fabs(value);
  if (magnitude >= 1e-6 && magnitude < 1e21) return digits_of(value, std::chars_format::fixed);
  // A browser writes 1e-7 where to_chars writes 1e-07.
  std::string text = digits_of(value, std::chars_format::scientific);
  const std::size_t sign = text.find('e') + 1;
  if (text[sign + 1] == '0') text.erase(sign + 1, 1);
  return text;
}

std::string number_text(double value, int decimals) {
  if (!std::isfinite(value)) return non_finite(value);
  const double magnitude = std::fabs(value);
  if (magnitude >= 1e21) return number_text(value);
  const int places = std::clamp(decimals, 0, 20);
  std::string text = fixed(magnitude, places);
  // to_chars rounds an exact half to even, a browser away from zero; a half is exact when all 1074 places say
  // so.
  const std::string more = fixed(magnitude, places + 1);
  if (more.back() == '5') {
    const std::string all = fixed(magnitude, 1075);
    if (all.find_first_not_of('0', more.size()) == std::string::npos) {
      text = more.substr(0, more.size() - (places == 0 ? 2 : 1));
      round_up(text);
    }
  }
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? "-" + text : text;
}

double day_number(int year, unsigned month, unsigned day) noexcept {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (year < 0 || year > 9999 || !date.ok()) return std::nan("");
  return static_cast<double>(std::chrono::sys_days{date}.time_since_epoch().count());
}

std::string time_text(double days) {
  // 0000-01-01 up to the end of 9999, in days.
  if (!(days >= -719528.0 && days < 2932897.0)) return {};
  auto seconds = static_cast<std::int64_t>(std::llround(days * 86400.0));
  if (seconds >= std::int64_t{2932897} * 86400) --seconds;
  const std::int64_t day = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400;
  const auto clock = static_cast<int>(seconds - day * 86400);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  std::string text;
  append_padded(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_padded(text, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  text += '-';
  append_padded(text, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  if (clock == 0) return text;
  text += 'T';
  append_padded(text, clock / 3600, 2);
  text += ':';
  append_padded(text, clock / 60 % 60, 2);
  text += ':';
  append_padded(text, clock % 60, 2);
  text += 'Z';
  return text;
}

}  // namespace twill::report
