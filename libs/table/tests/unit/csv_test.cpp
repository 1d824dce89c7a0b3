// SPDX-License-Identifier: Apache-2.0
#include "twill/table/csv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace twill::table {
namespace {

std::string mistakes(std::string_view text, const csv_options& options = {}) {
  findings out;
  static_cast<void>(read_csv(text, "a.csv", options, out));
  out.sort_by_place();
  return out.to_string();
}

std::string types(std::string_view text) {
  std::string all;
  for (const auto& c : read_csv(text, "a.csv").table.columns())
    all += std::string(all.empty() ? "" : " ") + std::string(name_of(c.type()));
  return all;
}

TEST(csv, columns_take_the_narrowest_type_of_their_values) {
  EXPECT_EQ(types("a,b,c,d,e,f\n1,1,true,2024-01-31,x,\n2,2.5,false,2024-02-29,1,\n"),
            "int64 double bool date string double");
  const auto t = read_csv("id,mean\n1,80\n2,0.1\n").table;
  EXPECT_EQ(t.column<std::int64_t>("id")[1], 2);
  EXPECT_EQ(t.column<double>("mean")[0], 80.0);
  EXPECT_EQ(t.column<double>("mean")[1], 0.1);
}

TEST(csv, a_column_that_turns_out_to_mix_texts_keeps_every_text_as_written) {
  const auto t = read_csv("a,b\n007,1\n0x10,2\nx,\"3\"\n,4\n").table;
  ASSERT_EQ(t.at("a").type(), column_type::string);
  EXPECT_EQ(t.at("a").strings()[0], "007");
  EXPECT_EQ(t.at("a").strings()[1], "0x10");
  EXPECT_TRUE(t.at("a").is_null(3));
  EXPECT_EQ(t.column<std::int64_t>("b")[2], 3);
  EXPECT_EQ(read_csv("a\n1,\n", "x",
                     {.delimiter = ';',
                      .schema = table_schema{.columns = {{.name = "a", .type = column_type::string}}}})
                .table.strings("a")[0],
            "1,");
}

TEST(csv, empty_fields_are_missing_and_quoted_empty_ones_are_texts) {
  const auto t = read_csv("a,b\n,1\n\"\",\nx,3\n").table;
  const auto& a = t.at("a");
  EXPECT_TRUE(a.is_null(0));
  EXPECT_FALSE(a.is_null(1));
  EXPECT_EQ(a.strings()[1], "");
  EXPECT_TRUE(t.at("b").is_null(1));
  const auto marked = read_csv("a\nNA\n1\n", "x", {.missing = {"NA"}}).table;
  EXPECT_EQ(marked.at("a").type(), column_type::int64);
  EXPECT_TRUE(marked.at("a").is_null(0));
}

TEST(csv, the_delimiter_the_mark_and_the_line_end_are_found_and_said) {
  EXPECT_EQ(read_csv("a;b\n1;2\n").to_string(), "1 row, 2 columns, semicolon-separated (detected)");
  EXPECT_EQ(read_csv("a\tb\r\n1\t2\r\n").to_string(), "1 row, 2 columns, tab-separated (detected), CRLF");
  EXPECT_EQ(read_csv("\xEF\xBB\xBF"
                     "a,b\n1,2")
                .to_string(),
            "1 row, 2 columns, comma-separated (detected), byte order mark");
  EXPECT_EQ(read_csv("a\n1\n2\n").to_string(), "2 rows, 1 column, comma-separated");
  EXPECT_EQ(read_csv("\"x,y\";b\n1;2\n").delimiter, ';');
  EXPECT_EQ(read_csv("a|b\n1|2\n", "x", {.delimiter = '|'}).table.columns().size(), 2u);
}

TEST(csv, quoted_fields_hold_delimiters_quotes_and_lines) {
  const auto t = read_csv("a,b\n\"x,\"\"y\"\"\nz\",1\n\"w\",2\n\nlast,3", "a.csv").table;
  EXPECT_EQ(t.strings("a")[0], "x,\"y\"\nz");
  EXPECT_EQ(t.rows(), 3u);
  EXPECT_EQ(t.where(0, "a").line, 2u);
  EXPECT_EQ(t.where(1, "a").line, 4u);
  EXPECT_EQ(t.where(2, "a").line, 6u);
}

TEST(csv, carriage_returns_belong_to_line_ends_only) {
  const auto t = read_csv("a,b\r\n1,x\r\n2,y\r\n").table;
  EXPECT_EQ(t.strings("b")[1], "y");
  EXPECT_EQ(mistakes("a,b\r1,2\r").substr(0, 62),
            "error[syntax] a.csv:1:3: carriage returns alone end no line (f");
}

TEST(csv, numbers_that_are_none_are_errors_with_row_column_and_text) {
  EXPECT_EQ(mistakes("x;y\n1;2\n1,5;3\n"),
            "error[number] a.csv:3:1 row 2 column \"x\": a decimal comma (found 1,5, expected 1.5)\n"
            "hint: numbers are written with a full stop");
  EXPECT_EQ(
      mistakes("x,y\n1,2\n0x10,3\n--3,4\n1e400,5\n99999999999999999999,6\n"),
      "error[number] a.csv:3:1 row 2 column \"x\": a number that is not decimal (found 0x10, expected an "
      "integer such as 12)\n"
      "error[number] a.csv:4:1 row 3 column \"x\": not an integer (found --3, expected an integer such as "
      "12)\n"
      "error[number] a.csv:5:1 row 4 column \"x\": a number beyond what a double can hold (found 1e400, "
      "expected a magnitude below 1.8e308)\n"
      "error[number] a.csv:6:1 row 5 column \"x\": an integer beyond its range (found 99999999999999999999)\n"
      "4 errors");
}

TEST(csv, requested_types_are_held_to) {
  const csv_options options{
      .schema = table_schema{
          .name = "stats",
          .columns = {{.name = "hydro_id", .type = column_type::int32, .minimum = 0},
                      {.name = "mean", .type = column_type::float64, .minimum = 0, .unit = "m3/s"},
                      {.name = "day", .type = column_type::date, .nullable = true}}}};
  const auto t = read_csv("day,hydro_id,mean\n,1,2\n2024-01-01,2,3.5\n", "a.csv", options).table;
  EXPECT_EQ(t.column<std::int32_t>("hydro_id")[1], 2);
  EXPECT_EQ(t.column<double>("mean")[0], 2.0);
  EXPECT_TRUE(t.at("day").is_null(0));
  EXPECT_EQ(mistakes("hydro_id,maen,day\n1.5,2,2024-13-01\n4294967296,x,\n-1,,\n", options),
            "error[missing_column] a.csv: the column \"mean\" is missing (found hydro_id, maen, day, "
            "expected mean of type double)\n"
            "hint: is \"maen\" meant to be \"mean\"?\n"
            "warning[unknown_column] a.csv column \"maen\": stats has no such column\n"
            "hint: did you mean \"mean\"?\n"
            "error[number] a.csv:2:1 row 1 column \"hydro_id\": not an integer (found 1.5, expected an "
            "integer such as 12)\n"
            "error[number] a.csv:2:7 row 1 column \"day\": not a day of the calendar (found 2024-13-01, "
            "expected YYYY-MM-DD)\n"
            "error[out_of_range] a.csv:3 row 2 column \"hydro_id\": a value that int32 cannot hold exactly "
            "(found 4294967296)\n"
            "4 errors, 1 warning");
}

TEST(csv, ragged_rows_name_their_line_and_both_counts) {
  EXPECT_EQ(mistakes("a,b\n1\n1,2,3\n"),
            "error[ragged_row] a.csv:2:1 row 1: a row with too few fields (found 1, expected 2, as the "
            "header has)\n"
            "error[ragged_row] a.csv:3:1 row 2: a row with too many fields (found 3, expected 2, as the "
            "header has)\n"
            "hint: numbers are written with a full stop; a text with a comma needs quotes\n"
            "2 errors");
}

TEST(csv, not_finite_numbers_are_refused_unless_allowed) {
  EXPECT_EQ(mistakes("x\n1.5\nnan\n-inf\n"),
            "error[number] a.csv:3:1 row 2 column \"x\": a number that is not finite (found nan, expected a "
            "number such as 12, -0.5 or 1e6)\n"
            "error[number] a.csv:4:1 row 3 column \"x\": a number that is not finite (found -inf, expected a "
            "number such as 12, -0.5 or 1e6)\n"
            "2 errors");
  const auto t = read_csv("x\n1.5\nnan\n-inf\n", "x", {.not_finite = true}).table;
  EXPECT_TRUE(std::isnan(t.column<double>("x")[1]));
  EXPECT_EQ(t.column<double>("x")[2], -INFINITY);
}

TEST(csv, a_million_columns_and_an_endless_line_are_refused_within_bounds) {
  std::string wide = "a";
  for (int i = 0; i < 1'000'000; ++i) wide += ",a" + std::to_string(i);
  EXPECT_EQ(mistakes(wide),
            "error[limit] a.csv:1:1: too many columns (found more than 10000, expected at most 10000)");
  std::string endless = "a,b\n1,";
  endless.append(3'000'000, '7');
  EXPECT_EQ(mistakes(endless, {.max_record_bytes = 1'000'000}),
            "error[limit] a.csv:2:1 row 1: a row is too long (found more than 1000000 bytes without the end "
            "of a row, expected at most 1000000 bytes)\n"
            "hint: is a line end or a closing quote missing?");
  EXPECT_EQ(mistakes("a,b\n\"" + std::string(3'000'000, 'x'), {.max_record_bytes = 1'000'000}).substr(0, 41),
            "error[limit] a.csv:2:1 row 1: a row is to");
  EXPECT_EQ(mistakes("a,b\n" + std::string(10'000, ',') + "\n").substr(0, 70),
            "error[ragged_row] a.csv:2:1 row 1: a row with too many fields (found 1");
  std::string tall = "a\n";
  for (int i = 0; i < 10'000; ++i) tall += "1\n";
  EXPECT_EQ(mistakes(tall, {.memory_limit = 10'000}).substr(0, 45),
            "error[limit] a.csv:4098 row 4096: the table i");
}

TEST(csv, chosen_columns_are_read_and_the_rest_is_skipped) {
  findings out;
  const auto t = read_csv("a,b,c\n1,maybe,3\n", "a.csv", {.columns = {"c", "a"}}, out).table;
  EXPECT_EQ(out.to_string(), "");
  EXPECT_EQ(t.column_names(), (std::vector<std::string_view>{"a", "c"}));
  EXPECT_EQ(mistakes("a,bus\n1,2\n", {.columns = {"buss"}}),
            "error[missing_column] a.csv: no column \"buss\" (found a, bus)\nhint: did you mean \"bus\"?");
}

TEST(csv, header_alone_is_a_table_without_rows) {
  const auto t = read_csv("a,b").table;
  EXPECT_EQ(t.rows(), 0u);
  EXPECT_EQ(t.columns().size(), 2u);
}

TEST(csv, writes_shortest_numbers_and_quotes_only_where_needed) {
  column_table t("t");
  t.add(table_column("x", buffer<double>{0.1, 1e300, -0.0}, {1, 1, 1}));
  t.add(table_column("f", buffer<float>{0.1F, 2, 3}));
  t.add(table_column("n", buffer<std::int32_t>{1, 2, 3}, {1, 0, 1}));
  t.add(table_column("a,b", string_array{"x", "", "say \"no\"\n"}));
  EXPECT_EQ(write_csv(t), "x,f,n,\"a,b\"\n0.1,0.1,1,x\n1e+300,2,,\"\"\n-0,3,3,\"say \"\"no\"\"\n\"\n");
  EXPECT_EQ(write_csv(t, {.delimiter = ';', .crlf = true}).substr(0, 11), "x;f;n;a,b\r\n");
}

}  // namespace
}  // namespace twill::table
