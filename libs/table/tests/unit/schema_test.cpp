// SPDX-License-Identifier: Apache-2.0
#include "twill/table/schema.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace twill::table {
namespace {

std::string conformed(column_table& t, const table_schema& schema) {
  findings out;
  conform(t, schema, out);
  return out.to_string();
}

table_schema one(column_type type) { return {.columns = {{.name = "x", .type = type, .nullable = true}}}; }

TEST(conform, widens_where_nothing_is_lost) {
  column_table t("t");
  t.add(table_column("x", buffer<std::int32_t>{1, -2}, {1, 0}));
  EXPECT_EQ(conformed(t, one(column_type::int64)), "");
  EXPECT_EQ(t.at("x").values<std::int64_t>()[0], 1);
  EXPECT_EQ(conformed(t, one(column_type::float64)), "");
  EXPECT_EQ(t.at("x").values<double>()[0], 1.0);
  EXPECT_TRUE(t.at("x").is_null(1));
  t.replace(table_column("x", buffer<float>{0.5F, NAN}));
  EXPECT_EQ(conformed(t, one(column_type::float64)), "");
  EXPECT_EQ(t.at("x").values<double>()[0], 0.5);
}

TEST(conform, narrows_integers_that_fit_with_a_warning_and_names_those_that_do_not) {
  column_table t("t.parquet");
  t.add(table_column("x", buffer<std::int64_t>{1, 7}));
  EXPECT_EQ(conformed(t, one(column_type::int32)),
            "warning[wrong_type] t.parquet column \"x\": another integer type; every value fits (found "
            "int64, expected int32)");
  EXPECT_EQ(t.column<std::int32_t>("x")[1], 7);
  t.replace(table_column("x", buffer<std::int64_t>{1, std::int64_t{1} << 40}));
  EXPECT_EQ(conformed(t, one(column_type::int32)),
            "error[out_of_range] t.parquet row 2 column \"x\": a value that int32 cannot hold exactly (found "
            "1099511627776)");
  t.replace(table_column("x", buffer<std::int64_t>{1, -1}));
  EXPECT_EQ(conformed(t, one(column_type::uint64)).substr(0, 43),
            "error[out_of_range] t.parquet row 2 column ");
}

TEST(conform, integers_become_doubles_only_when_exact) {
  column_table t("t");
  t.add(table_column("x", buffer<std::int64_t>{std::int64_t{1} << 53, (std::int64_t{1} << 53) + 1}));
  EXPECT_EQ(conformed(t, one(column_type::float64)),
            "error[out_of_range] t row 2 column \"x\": a value that double cannot hold exactly (found "
            "9007199254740993)");
  t.replace(table_column("x", buffer<std::uint64_t>{std::numeric_limits<std::uint64_t>::max(), 0}));
  EXPECT_EQ(conformed(t, one(column_type::float64)).substr(0, 32), "error[out_of_range] t row 1 colu");
}

TEST(conform, a_column_without_values_is_of_every_type) {
  column_table t("t");
  t.add(table_column("x", buffer<double>{0, 0}, {0, 0}));
  for (const auto type : {column_type::string, column_type::date, column_type::boolean, column_type::int32}) {
    EXPECT_EQ(conformed(t, one(type)), "");
    EXPECT_EQ(t.at("x").type(), type);
    EXPECT_EQ(t.at("x").null_count(), 2u);
  }
}

TEST(conform, tells_missing_wrong_out_of_range_and_unknown_at_once) {
  column_table t("t");
  t.add(table_column("stage", buffer<std::int32_t>{1, 2, 3}, {1, 0, 1}));
  t.add(table_column("mean", string_array{"a", "b", "c"}));
  t.add(table_column("std", buffer<double>{-1, 2, NAN}));
  const table_schema schema{.name = "stats",
                            .columns = {{.name = "stage", .type = column_type::int32},
                                        {.name = "mean", .type = column_type::float64},
                                        {.name = "std", .minimum = 0, .maximum = 1, .unit = "MW"},
                                        {.name = "maybe", .required = false},
                                        {.name = "stdd", .required = true}},
                            .unknown = unknown_columns::refused};
  t.add(table_column("stages", buffer<double>{1, 2, 3}));
  EXPECT_EQ(conformed(t, schema),
            "error[missing_value] t row 2 column \"stage\": a value is missing\n"
            "error[wrong_type] t column \"mean\": the column has another type (found string (a in row 1), "
            "expected double)\n"
            "error[out_of_range] t row 1 column \"std\": too small (found -1, expected at least 0 and at "
            "most 1 MW)\n"
            "error[out_of_range] t row 2 column \"std\": too large (found 2, expected at least 0 and at most "
            "1 MW)\n"
            "error[out_of_range] t row 3 column \"std\": not finite (found nan, expected at least 0 and at "
            "most 1 MW)\n"
            "error[missing_column] t: the column \"stdd\" is missing (found stage, mean, std, stages, "
            "expected stdd of type double)\n"
            "hint: is \"std\" meant to be \"stdd\"?\n"
            "error[unknown_column] t column \"stages\": stats has no such column\n"
            "hint: did you mean \"stage\"?\n"
            "7 errors");
}

TEST(conform, names_ten_rows_of_a_kind_and_counts_the_rest) {
  column_table t("t");
  t.add(table_column("x", buffer<double>(1000, -1.0)));
  findings out;
  conform(t, {.columns = {{.name = "x", .minimum = 0}}}, out);
  EXPECT_EQ(out.errors(), 11u);
  EXPECT_EQ(out.items().back().details.what, "1000 values out of range in all");
}

TEST(table_schema, documents_itself) {
  EXPECT_EQ(to_markdown({.name = "stats.parquet",
                         .doc = "Seasonal statistics.",
                         .columns = {{.name = "mean",
                                      .type = column_type::float64,
                                      .nullable = true,
                                      .minimum = 0,
                                      .unit = "m3/s",
                                      .doc = "Mean inflow."}}}),
            "### stats.parquet\nSeasonal statistics.\n\n"
            "| column | type | unit | range | presence | meaning |\n|---|---|---|---|---|---|\n"
            "| `mean` | double | m3/s | at least 0 | required, may be missing | Mean inflow. |\n");
}

}  // namespace
}  // namespace twill::table
