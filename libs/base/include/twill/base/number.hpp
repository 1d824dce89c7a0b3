// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twill {

/// Why a text is not the number that was asked for.
enum class number_fault : std::uint8_t {
  none,
  empty,          ///< no characters
  malformed,      ///< not a decimal number: letters, two signs, trailing text, white space
  hexadecimal,    ///< `0x10`: numbers here are decimal
  decimal_comma,  ///< `1,5`: the decimal separator is a full stop
  not_integral,   ///< `2.5` where an integer belongs
  out_of_range,   ///< `1e400`, or an integer beyond its type
  not_finite      ///< `nan`, `inf`
};

/// A sentence fragment for a message: "not a decimal number", ...
[[nodiscard]] std::string_view describe(number_fault fault) noexcept;

/// A number, or why the text is none.
template <class T>
struct parsed_number {
  T value{};                                ///< zero when there is a fault
  number_fault fault = number_fault::none;  ///< what is wrong with the text
  explicit operator bool() const noexcept { return fault == number_fault::none; }
};

/// The whole text as a number: an optional sign, decimal digits, for doubles a full stop and an exponent. The
/// locale never matters; nothing is skipped or ignored. Doubles are correctly rounded; a non-zero text that
/// rounds to zero is accepted as zero, one that rounds to infinity is out of range.
[[nodiscard]] parsed_number<double> parse_double(std::string_view text) noexcept;
/// The same for integers; a whole number in another form (`1e3`, `2.0`) is not taken for one.
[[nodiscard]] parsed_number<std::int64_t> parse_int64(std::string_view text) noexcept;
/// The same for integers from zero; a negative one is out of range.
[[nodiscard]] parsed_number<std::uint64_t> parse_uint64(std::string_view text) noexcept;

/// The shortest decimal text that reads back as the same double (`0.1`, `1e+300`, `-0`, `nan`, `inf`).
[[nodiscard]] std::string shortest(double value);

}  // namespace twill
