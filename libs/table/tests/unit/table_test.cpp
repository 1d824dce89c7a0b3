// SPDX-License-Identifier: Apache-2.0
#include "twill/table/table.hpp"

#include "twill/table/findings.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace twill::table {
namespace {

column_table demand() {
  column_table t("demand.csv");
  t.add(table_column("bus", buffer<std::int32_t>{0, 1, 2}));
  t.add(table_column("mean_mw", buffer<double>{80, 0.1, 5}, buffer<std::uint8_t>{1, 0, 1}));
  t.add(table_column("name", string_array{"a", "", "c"}));
  return t;
}

std::string message(auto&& call) {
  try {
    call();
  } catch (const error& e) {
    return e.what();
  }
  return "nothing thrown";
}

TEST(column_table, spans_show_the_values) {
  const auto t = demand();
  const auto bus = t.column<std::int32_t>("bus");
  ASSERT_EQ(bus.size(), 3u);
  EXPECT_EQ(bus[2], 2);
  EXPECT_EQ(t.strings("name")[2], "c");
  EXPECT_EQ(t.rows(), 3u);
}

TEST(column_table, a_missing_value_holds_the_null_slot) {
  const auto t = demand();
  const table_column& mean = t.at("mean_mw");
  EXPECT_TRUE(mean.nullable());
  EXPECT_EQ(mean.null_count(), 1u);
  EXPECT_TRUE(mean.is_null(1));
  EXPECT_TRUE(std::isnan(mean.values<double>()[1]));
  EXPECT_EQ(mean.text_at(1), "");
  EXPECT_EQ(mean.text_at(0), "80");
}

TEST(column_table, asking_wrongly_is_answered_with_the_nearest_name_and_the_type) {
  const auto t = demand();
  EXPECT_EQ(message([&] { static_cast<void>(t.at("mean_mv")); }),
            "error[wrong_column] demand.csv: no column \"mean_mv\" (found bus, mean_mw, name)\nhint: did you "
            "mean \"mean_mw\"?");
  EXPECT_EQ(message([&] { static_cast<void>(t.column<double>("bus")); }),
            "error[wrong_column]: column \"bus\" has another type (found int32, expected double)\n"
            "hint: check a schema with `conform` before reading: it also widens numbers");
  EXPECT_EQ(message([&] { static_cast<void>(t.column<double>("mean_mw")); }),
            "error[wrong_column] demand.csv row 2 column \"mean_mw\": a value is missing (found 1 of 3 "
            "values missing, expected "
            "every value present)");
}

TEST(column_table, refuses_a_second_name_and_another_length) {
  auto t = demand();
  EXPECT_EQ(message([&] { t.add(table_column("bus", buffer<double>{1, 2, 3})); }),
            "error[wrong_column] demand.csv: two columns are named \"bus\"");
  EXPECT_EQ(
      message([&] { t.add(table_column("x", buffer<double>{1})); }),
      "error[wrong_column] demand.csv: column \"x\" has another length (found 1 rows, expected 3 rows)");
  t.replace(table_column("bus", buffer<double>{1, 2, 3}));
  EXPECT_EQ(t.at("bus").type(), column_type::float64);
}

TEST(column_table, knows_lines_of_text_sources) {
  auto t = demand();
  EXPECT_EQ(t.where(1, "bus").to_string(), "demand.csv row 2 column \"bus\"");
  t.set_lines(2);
  EXPECT_EQ(t.where(1, "bus").to_string(), "demand.csv:3 row 2 column \"bus\"");
  t.set_lines(2, {2, 5, 6});
  EXPECT_EQ(t.where(1, "bus").line, 5u);
}

TEST(column_table, equality_takes_nan_as_itself_and_sees_gaps) {
  EXPECT_EQ(demand(), demand());
  auto other = demand();
  other.replace(table_column("mean_mw", buffer<double>{80, 0.1, 5}));
  EXPECT_FALSE(demand() == other);
  EXPECT_EQ(table_column("x", buffer<double>{NAN}), table_column("x", buffer<double>{NAN}));
  EXPECT_FALSE(table_column("x", buffer<double>{1}) == table_column("x", buffer<double>{2}));
}

TEST(table_column, a_full_validity_is_dropped_but_the_column_stays_nullable) {
  const table_column c("x", buffer<bool>{true, false}, {1, 1});
  EXPECT_TRUE(c.validity().empty());
  EXPECT_TRUE(c.nullable());
  EXPECT_EQ(c.text_at(0) + c.text_at(1), "truefalse");
}

TEST(table_column, validity_of_another_length_is_refused) {
  EXPECT_EQ(message([] { table_column("x", buffer<float>{1, 2}, {1}); }),
            "error[wrong_column]: column \"x\" has a validity of another length (found 1 validities, "
            "expected 2, one a row)");
}

TEST(date, counts_days_and_refuses_what_is_no_day) {
  EXPECT_EQ(parse_date("1970-01-01")->days, 0);
  EXPECT_EQ(parse_date("2024-02-29")->days, 19782);
  EXPECT_EQ(parse_date("1969-12-31")->days, -1);
  for (const char* text :
       {"2023-02-29", "2023-1-01", "2023-13-01", "2023-00-10", "20230101", "", "2023-01-0x", "2023/01/01"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
  EXPECT_EQ(to_string(date{19782}), "2024-02-29");
  for (std::int32_t d = -800000; d < 800000; d += 37) EXPECT_EQ(to_date(to_civil({d})).days, d);
  EXPECT_EQ(to_civil({std::numeric_limits<std::int32_t>::max()}), (civil_date{5881580, 7, 11}));
}

TEST(buffer, grows_copies_moves_and_compares) {
  buffer<int> a(3);
  a.push_back(7);
  buffer<int> b = a;
  b[0] = 1;
  EXPECT_EQ(a, (buffer<int>{0, 0, 0, 7}));
  EXPECT_EQ(b, (buffer<int>{1, 0, 0, 7}));
  const buffer<int> c = std::move(b);
  EXPECT_EQ(c.size(), 4u);
  a.resize(6, 9);
  a.shrink_to_fit();
  EXPECT_EQ(a, (buffer<int>{0, 0, 0, 7, 9, 9}));
}

}  // namespace
}  // namespace twill::table
