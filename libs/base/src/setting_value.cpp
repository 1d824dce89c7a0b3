// SPDX-License-Identifier: Apache-2.0
#include "setting_value.hpp"

#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace twill {
namespace {

struct split_text {
  std::string_view number;
  std::string_view unit;
};

/// Splits before the first letter that no number has; an exponent (`1e3`) stays with the number.
split_text split_unit(std::string_view text) noexcept {
  std::size_t end = 0;
  while (end < text.size()) {
    const char c = text[end];
    const bool digit = c >= '0' && c <= '9';
    const bool exponent =
        (c == 'e' || c == 'E') && end + 1 < text.size() &&
        (text[end + 1] == '-' || text[end + 1] == '+' || (text[end + 1] >= '0' && text[end + 1] <= '9'));
    if (!digit && c != '.' && c != '+' && c != '-' && !exponent) break;
    ++end;
  }
  return {text.substr(0, end), text.substr(end)};
}

std::optional<std::uint64_t> bytes_in(std::string_view unit) noexcept {
  if (unit.empty() || unit == "B") return 1;
  const std::size_t power = std::string_view("KMGTP").find(unit[0] == 'k' ? 'K' : unit[0]);
  if (power == std::string_view::npos) return std::nullopt;
  const std::string_view rest = unit.substr(1);
  if (!rest.empty() && rest != "iB" && rest != "B") return std::nullopt;
  const std::uint64_t step = rest == "B" ? 1000 : 1024;
  std::uint64_t factor = step;
  for (std::size_t i = 0; i < power; ++i) factor *= step;
  return factor;
}

std::optional<std::int64_t> nanoseconds_in(std::string_view unit) noexcept {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 9> units{{{"", 1'000'000'000},
                                                                            {"ns", 1},
                                                                            {"us", 1'000},
                                                                            {"ms", 1'000'000},
                                                                            {"s", 1'000'000'000},
                                                                            {"min", 60'000'000'000},
                                                                            {"m", 60'000'000'000},
                                                                            {"h", 3'600'000'000'000},
                                                                            {"d", 86'400'000'000'000}}};
  for (const auto& [name, factor] : units) {
    if (name == unit) return factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) noexcept {
  const auto [number, unit] = split_unit(text);
  const auto factor = bytes_in(unit);
  if (!factor) return std::nullopt;
  if (const auto whole = parse_uint64(number)) {
    if (whole.value > std::numeric_limits<std::uint64_t>::max() / *factor) return std::nullopt;
    return whole.value * *factor;
  }
  const auto real = parse_double(number);
  if (!real || real.value < 0) return std::nullopt;
  const double product = real.value * static_cast<double>(*factor);
  if (product >= 18446744073709551616.0) return std::nullopt;  // 2^64
  return static_cast<std::uint64_t>(product);
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) noexcept {
  const auto [number, unit] = split_unit(text);
  const auto factor = nanoseconds_in(unit);
  if (!factor) return std::nullopt;
  if (const auto whole = parse_int64(number)) {
    if (whole.value < 0 || whole.value > std::numeric_limits<std::int64_t>::max() / *factor)
      return std::nullopt;
    return std::chrono::nanoseconds(whole.value * *factor);
  }
  const auto real = parse_double(number);
  if (!real || real.value < 0) return std::nullopt;
  const double product = real.value * static_cast<double>(*factor);
  if (product >= 9223372036854775808.0) return std::nullopt;  // 2^63
  return std::chrono::nanoseconds(std::llround(product));
}

namespace detail {
namespace {

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(x) == lower(y);
  });
}

std::string_view below_or_above(const setting_info& info, double value) noexcept {
  if (info.minimum && value < *info.minimum) return "the value is below its minimum";
  if (info.maximum && value > *info.maximum) return "the value is above its maximum";
  return "";
}

template <class T>
setting_reading<T> in_range(const setting_info& info, T value, double as_real) {
  if (const auto wrong = below_or_above(info, as_real); !wrong.empty())
    return {std::nullopt, std::string(wrong)};
  return {value, {}};
}

std::string number_wrong(number_fault fault) { return fmt::format("the value is {}", describe(fault)); }

/// What is wrong with the number in front of a unit, or else with the unit.
std::string quantity_wrong(std::string_view text, bool unit_known) {
  const auto [number, unit] = split_unit(text);
  if (parse_int64(text).fault == number_fault::hexadecimal) return number_wrong(number_fault::hexadecimal);
  const auto real = parse_double(number);
  if (!real) return number_wrong(real.fault == number_fault::empty ? number_fault::malformed : real.fault);
  if (real.value < 0) return "the value is negative";
  if (!unit_known) return fmt::format("the value has the unknown unit \"{}\"", unit);
  return number_wrong(number_fault::out_of_range);
}

std::string limit(const setting_info& info, double value) {
  if (info.kind == setting_kind::duration) return shortest(value) + "s";
  if (info.kind == setting_kind::real) return shortest(value);
  // 1048576, not the 1.048576e+06 that the shortest form may choose.
  return fmt::format("{:.0f}", value);
}

}  // namespace

setting_reading<std::int64_t> read_integer(const setting_info& info, std::string_view text) {
  const auto parsed = parse_int64(text);
  if (parsed) return in_range(info, parsed.value, static_cast<double>(parsed.value));
  // `1e400` is not an integer's spelling, but what a person has to know first is that it is too large.
  const bool huge = parse_double(text).fault == number_fault::out_of_range;
  return {std::nullopt, number_wrong(huge ? number_fault::out_of_range : parsed.fault)};
}

setting_reading<double> read_real(const setting_info& info, std::string_view text) {
  const auto parsed = parse_double(text);
  if (!parsed) return {std::nullopt, number_wrong(parsed.fault)};
  return in_range(info, parsed.value, parsed.value);
}

setting_reading<bool> read_boolean(const setting_info&, std::string_view text) {
  for (const std::string_view yes : {"1", "true", "yes", "on"}) {
    if (equal_ignoring_case(text, yes)) return {true, {}};
  }
  for (const std::string_view no : {"0", "false", "no", "off"}) {
    if (equal_ignoring_case(text, no)) return {false, {}};
  }
  return {std::nullopt, "the value is neither yes nor no"};
}

setting_reading<std::uint64_t> read_bytes(const setting_info& info, std::string_view text) {
  if (const auto bytes = parse_bytes(text)) return in_range(info, *bytes, static_cast<double>(*bytes));
  return {std::nullopt, quantity_wrong(text, bytes_in(split_unit(text).unit).has_value())};
}

setting_reading<std::chrono::nanoseconds> read_duration(const setting_info& info, std::string_view text) {
  if (const auto length = parse_duration(text)) {
    return in_range(info, *length, std::chrono::duration<double>(*length).count());
  }
  return {std::nullopt, quantity_wrong(text, nanoseconds_in(split_unit(text).unit).has_value())};
}

setting_reading<std::string> read_text(const setting_info& info, std::string_view text) {
  if (info.kind == setting_kind::choice && std::ranges::find(info.choices, text) == info.choices.end()) {
    return {std::nullopt, "the value is none of the choices"};
  }
  return {std::string(text), {}};
}

std::string fault_of(const setting_info& info, std::string_view text) {
  switch (info.kind) {
    case setting_kind::integer: return read_integer(info, text).wrong;
    case setting_kind::real: return read_real(info, text).wrong;
    case setting_kind::boolean: return read_boolean(info, text).wrong;
    case setting_kind::bytes: return read_bytes(info, text).wrong;
    case setting_kind::duration: return read_duration(info, text).wrong;
    case setting_kind::choice:
    case setting_kind::text:
    case setting_kind::path: return read_text(info, text).wrong;
  }
  return {};
}

std::string expectation(const setting_info& info) {
  std::string text;
  switch (info.kind) {
    case setting_kind::integer: text = "an integer"; break;
    case setting_kind::real: text = "a number"; break;
    case setting_kind::boolean: text = "one of 1, 0, true, false, yes, no, on, off"; break;
    case setting_kind::bytes: text = "a size like 512M or 2GiB"; break;
    case setting_kind::duration: text = "a time like 500ms, 10s or 2min"; break;
    case setting_kind::choice: text = fmt::format("one of {}", fmt::join(info.choices, ", ")); break;
    case setting_kind::text: text = "a text"; break;
    case setting_kind::path: text = "a path"; break;
  }
  if (info.minimum && info.maximum) {
    text += fmt::format(" from {} to {}", limit(info, *info.minimum), limit(info, *info.maximum));
  } else if (info.minimum) {
    text += fmt::format(", at least {}", limit(info, *info.minimum));
  } else if (info.maximum) {
    text += fmt::format(", at most {}", limit(info, *info.maximum));
  }
  if (!info.pass.empty()) text += fmt::format(", or {} for the default", fmt::join(info.pass, " or "));
  return text;
}

diagnosis malformed(const setting_info& info, std::string_view text, const location& where,
                    std::string wrong) {
  std::string hint;
  if (info.kind == setting_kind::choice) {
    const std::vector<std::string_view> choices(info.choices.begin(), info.choices.end());
    if (const std::string near = nearest_name(text, choices); !near.empty()) {
      hint = fmt::format("did you mean {}?", near);
    }
  }
  return {.what = std::move(wrong),
          .where = where,
          .found = fmt::format("\"{}\"", text),
          .expected = expectation(info),
          .hint = std::move(hint)};
}

}  // namespace detail
}  // namespace twill
