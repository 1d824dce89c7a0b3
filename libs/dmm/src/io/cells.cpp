// SPDX-License-Identifier: Apache-2.0
#include "io/cells.hpp"

#include "twill/base/number.hpp"

#include <cmath>

namespace twill::dmm::detail {

double checked_count(double value, std::string_view text, const location& where, table::findings& out) {
  std::string what;
  std::string expected = "a whole number from 0";
  if (!std::isfinite(value)) {
    what = "a count is not a finite number";
  } else if (value < 0) {
    what = "a count is negative";
  } else if (value != std::trunc(value)) {
    what = "a count has a fraction";
  } else if (value > 0x1p53) {
    what = "a count is too large";
    expected = "at most 9007199254740992";
  } else {
    return value;
  }
  out.error(
      table::rule::out_of_range,
      {.what = std::move(what), .where = where, .found = std::string(text), .expected = std::move(expected)});
  return 0;
}

double count_of(std::string_view text, const location& where, table::findings& out) {
  // Most cells of such tables are one digit.
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') return text[0] - '0';
  const auto read = parse_double(text);
  if (read) return checked_count(read.value, text, where, out);
  if (read.fault == number_fault::not_finite) {
    return checked_count(std::nan(""), text, where, out);
  }
  out.error(table::rule::number, {.what = "a count is " + std::string(describe(read.fault)),
                                  .where = where,
                                  .found = std::string(text),
                                  .expected = "a whole number from 0"});
  return 0;
}

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace twill::dmm::detail
