// SPDX-License-Identifier: Apache-2.0
#include "twill/report/data.hpp"

#include "twill/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace twill::report {
namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double inf = std::numeric_limits<double>::infinity();

TEST(number_text, is_what_a_browser_prints) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(100000), "100000");
  EXPECT_EQ(number_text(123456789012345680.0), "123456789012345680");
  EXPECT_EQ(number_text(1e20), "100000000000000000000");
  EXPECT_EQ(number_text(1e21), "1e+21");
  EXPECT_EQ(number_text(0.000001), "0.000001");
  EXPECT_EQ(number_text(1.5e-7), "1.5e-7");
  EXPECT_EQ(number_text(5e-324), "5e-324");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(not_a_number), "");
  EXPECT_EQ(number_text(inf), "inf");
  EXPECT_EQ(number_text(-inf), "-inf");
}

TEST(number_text, rounds_exact_halves_away_from_zero) {
  EXPECT_EQ(number_text(0.5, 0), "1");
  EXPECT_EQ(number_text(2.5, 0), "3");
  EXPECT_EQ(number_text(-2.5, 0), "-3");
  EXPECT_EQ(number_text(9.5, 0), "10");
  EXPECT_EQ(number_text(0.125, 2), "0.13");
  EXPECT_EQ(number_text(99.875, 2), "99.88");
  EXPECT_EQ(number_text(0.15, 1), "0.1") << "0.15 is a little less than 0.15";
  EXPECT_EQ(number_text(1.005, 2), "1.00");
  EXPECT_EQ(number_text(-0.001, 2), "0.00");
  EXPECT_EQ(number_text(1840.22, 1), "1840.2");
  EXPECT_EQ(number_text(1e22, 2), "1e+22");
}

TEST(time_text, shows_a_time_of_day_only_where_there_is_one) {
  EXPECT_EQ(time_text(0), "1970-01-01");
  EXPECT_EQ(time_text(day_number(2024, 2, 29)), "2024-02-29");
  EXPECT_EQ(time_text(day_number(2024, 2, 29) + 0.25), "2024-02-29T06:00:00Z");
  EXPECT_EQ(time_text(day_number(1969, 12, 31) + 0.5), "1969-12-31T12:00:00Z");
  EXPECT_EQ(time_text(day_number(0, 1, 1)), "0000-01-01");
  EXPECT_EQ(time_text(not_a_number), "");
  EXPECT_EQ(time_text(1e9), "");
  EXPECT_EQ(time_text(2932896.9999999), "9999-12-31T23:59:59Z");
}

TEST(day_number, refuses_days_that_do_not_exist) {
  EXPECT_TRUE(std::isnan(day_number(2023, 2, 29)));
  EXPECT_TRUE(std::isnan(day_number(2023, 13, 1)));
  EXPECT_TRUE(std::isnan(day_number(10000, 1, 1)));
  EXPECT_EQ(day_number(2000, 3, 1), 11017);
}

data_table sample() {
  data_table t("Sample \"1\" </script>");
  t.add_texts("name", {"plain", "a,b", "say \"hi\"", "two\nlines"});
  t.add_numbers("value", "m\u00b3", std::array{1.0, not_a_number, inf, 0.25}, 1);
  t.add_times("day", std::array{0.0, 1.5, not_a_number, 2.0});
  return t;
}

TEST(data_table, gives_the_text_of_each_cell) {
  const data_table t = sample();
  EXPECT_EQ(t.rows(), 4U);
  EXPECT_EQ(t.text_at(3, 1), "0.3");
  EXPECT_EQ(t.text_at(1, 1), "");
  EXPECT_EQ(t.text_at(1, 2), "1970-01-02T12:00:00Z");
  EXPECT_THROW((void)t.text_at(4, 0), error);
}

TEST(data_table, writes_rfc_4180_with_all_digits) {
  EXPECT_EQ(sample().to_csv(),
            "name,value (m\u00b3),day\n"
            "plain,1,1970-01-01\n"
            "\"a,b\",,1970-01-02T12:00:00Z\n"
            "\"say \"\"hi\"\"\",inf,\n"
            "\"two\nlines\",0.25,1970-01-03\n");
}

TEST(data_table, writes_json_that_can_lie_in_a_page) {
  EXPECT_EQ(sample().to_json(),
            "{\"title\":\"Sample \\\"1\\\" \\u003c/script\\u003e\",\"columns\":["
            "{\"name\":\"name\",\"kind\":\"text\"},"
            "{\"name\":\"value\",\"unit\":\"m\u00b3\",\"kind\":\"number\",\"decimals\":1},"
            "{\"name\":\"day\",\"kind\":\"time\"}],\"values\":["
            "[\"plain\",\"a,b\",\"say \\\"hi\\\"\",\"two\\u000alines\"],"
            "[1,null,\"inf\",0.25],"
            "[\"1970-01-01\",\"1970-01-02T12:00:00Z\",null,\"1970-01-03\"]]}");
}

TEST(data_table, refuses_columns_of_different_lengths) {
  data_table t = sample();
  try {
    t.add_numbers("short", "", std::array{1.0});
    FAIL() << "a short column was taken";
  } catch (const error& e) {
    EXPECT_STREQ(
        e.what(),
        "error[invalid_value] column \"short\": a column of a report has another length than those before it "
        "(found 1 rows, expected 4)");
  }
  EXPECT_THROW(t.add_numbers("wild", "", std::array{1.0, 2.0, 3.0, 4.0}, 21), error);
  EXPECT_EQ(t.columns().size(), 3U);
}

}  // namespace
}  // namespace twill::report
