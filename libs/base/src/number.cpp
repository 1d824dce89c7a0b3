// SPDX-License-Identifier: Apache-2.0
#include "twill/base/number.hpp"

#include <charconv>
#include <cmath>
#include <system_error>

namespace twill {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text) noexcept {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return text;
}

/// Which mistake a text is that did not parse as a whole: the words of the message depend on it.
number_fault classify(std::string_view text) noexcept {
  if (text.empty()) return number_fault::empty;
  const std::string_view digits = without_sign(text);
  if (digits.size() > 1 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
    return number_fault::hexadecimal;
  const auto comma = digits.find(',');
  if (comma != std::string_view::npos && comma > 0 && comma + 1 < digits.size() &&
      is_digit(digits[comma - 1]) && is_digit(digits[comma + 1])) {
    return number_fault::decimal_comma;
  }
  return number_fault::malformed;
}

/// std::from_chars takes no plus sign; a second sign behind it stays an error.
std::string_view without_plus(std::string_view text) noexcept {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  return text;
}

/// The exponent of a literal's `e` part: zero where there is none, kept far from the ends of the type.
std::int64_t decimal_exponent(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const std::string_view digits = without_sign(text);
  std::int64_t power = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), power);
  constexpr std::int64_t enough = std::int64_t{1}
                                  << 40;  // beyond any exponent, and sums with it do not overflow
  if (parsed.ec == std::errc::result_out_of_range || power > enough) power = enough;
  return text.front() == '-' ? -power : power;
}

/// The n of a well-formed unsigned decimal literal that lies in [10^(n-1), 10^n).
std::int64_t decimal_magnitude(std::string_view text) noexcept {
  const auto e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  std::int64_t magnitude = 0;
  bool point = false;
  bool significant = false;
  for (const char c : mantissa) {
    if (c == '.') {
      point = true;
    } else if (significant || c != '0') {
      significant = true;
      magnitude += point ? 0 : 1;
    } else if (point) {
      --magnitude;
    }
  }
  return magnitude + (e == std::string_view::npos ? 0 : decimal_exponent(text.substr(e + 1)));
}

template <class Integer>
parsed_number<Integer> parse_integer(std::string_view text) noexcept {
  const std::string_view rest = without_plus(text);
  Integer value{};
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (failure == std::errc{} && end == rest.data() + rest.size()) return {value, number_fault::none};
  if (failure == std::errc::result_out_of_range && end == rest.data() + rest.size()) {
    return {Integer{}, number_fault::out_of_range};
  }
  if (const auto real = parse_double(text)) {
    if (std::trunc(real.value) != real.value) return {Integer{}, number_fault::not_integral};
    // Integral but not an integer literal (`1e3`, `2.0`, `-1` for an unsigned): only the sign is a question
    // of range.
    if (text.find_first_of(".eE") == std::string_view::npos) return {Integer{}, number_fault::out_of_range};
    return {Integer{}, number_fault::not_integral};
  }
  return {Integer{}, classify(text)};
}

}  // namespace

std::string_view describe(number_fault fault) noexcept {
  switch (fault) {
    case number_fault::none: return "a number";
    case number_fault::empty: return "empty";
    case number_fault::malformed: return "not a decimal number";
    case number_fault::hexadecimal: return "hexadecimal, and numbers here are decimal";
    case number_fault::decimal_comma:
      return "written with a decimal comma, and the decimal separator is a full stop";
    case number_fault::not_integral: return "not an integer";
    case number_fault::out_of_range: return "too large to be represented";
    case number_fault::not_finite: return "not a finite number";
  }
  return "not a number";
}

parsed_number<double> parse_double(std::string_view text) noexcept {
  const std::string_view rest = without_plus(text);
  const char* const last = rest.data() + rest.size();
  double value = 0;
  const auto [end, failure] = std::from_chars(rest.data(), last, value);
  if (failure == std::errc::invalid_argument || end != last) return {0, classify(text)};
  if (failure == std::errc::result_out_of_range) {
    // from_chars leaves the value alone on underflow and overflow alike. The decimal exponent of the leading
    // non-zero digit tells them apart: nothing near 1e-300 overflows and nothing near 1e300 underflows.
    if (decimal_magnitude(without_sign(rest)) > 0) return {0, number_fault::out_of_range};
    return {rest.front() == '-' ? -0.0 : 0.0, number_fault::none};
  }
  if (!std::isfinite(value)) return {0, number_fault::not_finite};
  return {value, number_fault::none};
}

parsed_number<std::int64_t> parse_int64(std::string_view text) noexcept {
  return parse_integer<std::int64_t>(text);
}

parsed_number<std::uint64_t> parse_uint64(std::string_view text) noexcept {
  return parse_integer<std::uint64_t>(text);
}

std::string shortest(double value) {
  char buffer[32];
  const auto [end, failure] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return failure == std::errc{} ? std::string(buffer, end) : std::string{};
}

}  // namespace twill
