// SPDX-License-Identifier: Apache-2.0
#include "twill/report/from_table.hpp"

#include "twill/base/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <utility>

namespace twill::report {
namespace {

template <class T>
table::table_column column(const char* name, std::initializer_list<T> values, bool second_missing = false) {
  table::table_column c(name, table::column_type_of<T>);
  for (const T& v : values) c.template mutable_values<T>().push_back(v);
  if (second_missing) {
    table::buffer<std::uint8_t> validity;
    for (std::size_t i = 0; i < values.size(); ++i) validity.push_back(i == 1 ? 0 : 1);
    c.set_validity(std::move(validity));
  }
  return c;
}

TEST(from_table, keeps_every_value_as_the_table_writes_it) {
  table::column_table t("plants.csv");
  t.add(column<double>("mean", {0.25, 7, 1e6}, true));
  t.add(column<float>("share", {0.1F, 0.5F, 2.0F}));
  t.add(column<std::int32_t>("count", {1, 2, -3}));
  t.add(column<std::int64_t>("key", {9007199254740993, 1, 2}));
  t.add(column<table::date>("day", {{0}, {31}, {59}}, true));
  t.add(column<bool>("on", {true, false, true}));
  const data_table d = from_table(t);
  EXPECT_EQ(d.title(), "plants.csv");
  EXPECT_EQ(d.to_csv(),
            "mean,share,count,key,day,on\n"
            "0.25,0.1,1,9007199254740993,1970-01-01,true\n"
            ",0.5,2,1,,false\n"
            "1000000,2,-3,2,1970-03-01,true\n");
}

TEST(chart_values, are_days_for_dates_and_nan_where_missing) {
  const auto days = chart_values(column<table::date>("day", {{5}, {6}}, true));
  EXPECT_EQ(days[0], 5);
  EXPECT_TRUE(std::isnan(days[1]));
  try {
    (void)chart_values(column<bool>("on", {true}));
    FAIL() << "a chart of booleans";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(),
                 "error[invalid_value] column \"on\": a chart needs numbers or dates (found bool, expected a "
                 "column of "
                 "numbers or dates)");
  }
}

}  // namespace
}  // namespace twill::report
