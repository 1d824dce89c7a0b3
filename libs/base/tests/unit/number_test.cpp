// SPDX-License-Identifier: Apache-2.0
#include "twill/base/number.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace twill {
namespace {

std::uint64_t bits(double value) { return std::bit_cast<std::uint64_t>(value); }

TEST(number, doubles_are_correctly_rounded) {
  EXPECT_EQ(parse_double("0.1").value, 0.1);
  EXPECT_EQ(parse_double("+2.5").value, 2.5);
  EXPECT_EQ(parse_double("1e300").value, 1e300);
  EXPECT_EQ(parse_double("4.9406564584124654e-324").value, std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(parse_double("1.7976931348623157e308").value, std::numeric_limits<double>::max());
}

TEST(number, underflow_is_zero_with_its_sign_and_overflow_is_out_of_range) {
  EXPECT_EQ(bits(parse_double("1e-400").value), bits(0.0));
  EXPECT_TRUE(parse_double("1e-400"));
  EXPECT_EQ(bits(parse_double("-1e-400").value), bits(-0.0));
  EXPECT_EQ(bits(parse_double("0.00001e-320").value), bits(0.0));
  EXPECT_EQ(parse_double("1e400").fault, number_fault::out_of_range);
  EXPECT_EQ(parse_double("-1e400").fault, number_fault::out_of_range);
  EXPECT_EQ(parse_double("1e99999999999999999999").fault, number_fault::out_of_range);
  EXPECT_TRUE(parse_double("1e-99999999999999999999"));
  EXPECT_EQ(parse_double(std::string(400, '9')).fault, number_fault::out_of_range);
}

TEST(number, every_mistake_has_its_own_name) {
  EXPECT_EQ(parse_double("").fault, number_fault::empty);
  EXPECT_EQ(parse_double("0x10").fault, number_fault::hexadecimal);
  EXPECT_EQ(parse_double("-0X1p3").fault, number_fault::hexadecimal);
  EXPECT_EQ(parse_double("1,5").fault, number_fault::decimal_comma);
  EXPECT_EQ(parse_double("--3").fault, number_fault::malformed);
  EXPECT_EQ(parse_double("+-3").fault, number_fault::malformed);
  EXPECT_EQ(parse_double(" 3").fault, number_fault::malformed);
  EXPECT_EQ(parse_double("3 ").fault, number_fault::malformed);
  EXPECT_EQ(parse_double("1e").fault, number_fault::malformed);
  EXPECT_EQ(parse_double("nan").fault, number_fault::not_finite);
  EXPECT_EQ(parse_double("-inf").fault, number_fault::not_finite);
}

TEST(number, integers_keep_their_range) {
  EXPECT_EQ(parse_int64("-9223372036854775808").value, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_int64("9223372036854775808").fault, number_fault::out_of_range);
  EXPECT_EQ(parse_uint64("18446744073709551615").value, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(parse_uint64("18446744073709551616").fault, number_fault::out_of_range);
  EXPECT_EQ(parse_uint64("-1").fault, number_fault::out_of_range);
  EXPECT_EQ(parse_int64("2.5").fault, number_fault::not_integral);
  EXPECT_EQ(parse_int64("1e3").fault, number_fault::not_integral);
  EXPECT_EQ(parse_int64("0x10").fault, number_fault::hexadecimal);
  EXPECT_EQ(parse_int64("12a").fault, number_fault::malformed);
}

TEST(number, descriptions_read_as_part_of_a_sentence) {
  EXPECT_EQ(describe(number_fault::decimal_comma),
            "written with a decimal comma, and the decimal separator is a full stop");
  EXPECT_EQ(describe(number_fault::hexadecimal), "hexadecimal, and numbers here are decimal");
  EXPECT_EQ(describe(number_fault::out_of_range), "too large to be represented");
}

TEST(number, shortest_text_reads_back_to_the_same_bits) {
  std::uint64_t state = 42;
  for (int i = 0; i < 20000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const double value = std::bit_cast<double>(state);
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(bits(parse_double(shortest(value)).value), state) << shortest(value);
  }
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(-0.0), "-0");
  EXPECT_EQ(shortest(1e300), "1e+300");
}

}  // namespace
}  // namespace twill
