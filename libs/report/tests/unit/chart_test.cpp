// SPDX-License-Identifier: Apache-2.0
#include "twill/report/chart.hpp"

#include "histogram.hpp"
#include "twill/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace twill::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const double nan = std::numeric_limits<double>::quiet_NaN();

/// Compares with tests/golden/<name>.svg; with GOLDEN_UPDATE in the environment writes that file, and fails,
/// so that no run both writes and passes.
void expect_golden(const figure& f, const std::string& name) {
  const std::string path = std::string(TWILL_REPORT_GOLDEN) + "/" + name + ".svg";
  if (std::getenv("GOLDEN_UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << f.svg();
    FAIL() << path << " is written anew: look at it, and run again without GOLDEN_UPDATE";
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(f.svg(), golden.str()) << path;
}

const std::array<double, 6> months{19723, 19754, 19783, 19814, 19844, 19875};

chart fan_chart() {
  chart c({.title = "Stored water",
           .subtitle = "with a gap",
           .x = {.label = "Month", .kind = scale_kind::time},
           .y = {.label = "Storage", .unit = "hm\u00b3", .decimals = 1}});
  const std::array<double, 6> low{10, 12, nan, 14, 13, 11};
  const std::array<double, 6> high{30, 33, nan, 38, 36, 30};
  const std::array<double, 6> middle{20, 22, nan, 25, 24, 21};
  const std::array<fan_band, 1> bands{{{"5 % to 95 %", low, high}}};
  c.fan("median", months, bands, middle).mark_y(40, "capacity").mark_x(19800, "repair");
  return c;
}

TEST(chart, draws_a_fan) { expect_golden(fan_chart().draw(), "fan"); }

TEST(chart, draws_lines_with_markers_on_a_logarithmic_axis) {
  chart c(
      {.title = "Gap", .x = {.label = "Iteration"}, .y = {.label = "Gap", .kind = scale_kind::logarithmic}});
  const std::array<double, 4> x{1, 2, 3, 4};
  c.line("a", x, std::array{0.5, 0.1, 0.02, 0.0}).line("b", x, std::array{0.7, 0.3, -1.0, 0.05});
  const figure f = c.draw();
  EXPECT_THAT(f.svg(), HasSubstr("2 values not above zero: not on a logarithmic axis"));
  expect_golden(f, "log_lines");
}

TEST(chart, draws_bars_side_by_side_and_stacked) {
  for (const bool stacked : {false, true}) {
    chart c({.title = "Bars",
             .y = {.label = "Cost", .unit = "$"},
             .categories = {"north", "south", "a category with a long name"},
             .stack_bars = stacked});
    c.bars("fuel", std::array{3.0, -2.0, 1.0}).bars("other", std::array{1.0, -1.0, nan});
    expect_golden(c.draw(), stacked ? "bars_stacked" : "bars");
  }
}

TEST(chart, draws_areas_and_steps) {
  chart c({.title = "Areas", .x = {.label = "x"}, .y = {.label = "Power", .unit = "W", .si_prefix = true}});
  const std::array<double, 4> x{0, 1, 2, 3};
  c.area("hydro", x, std::array{1e6, 2e6, 1.5e6, 2.5e6}).area("wind", x, std::array{5e5, nan, 7e5, 2e5});
  c.step("load", x, std::array{2e6, 2.2e6, 2.1e6, 2.6e6});
  expect_golden(c.draw(), "areas");
}

TEST(chart, draws_distributions) {
  const std::array<double, 9> values{1, 2, 2, 3, 3, 3, 4, 4, 9};
  chart h({.title = "Histogram", .x = {.label = "value"}, .y = {.label = "count"}});
  h.histogram("values", values, 4);
  EXPECT_THAT(h.draw().data().to_csv(), "value from,value to,values\n1,3,3\n3,5,5\n5,7,0\n7,9,1\n");
  chart e({.title = "ECDF", .x = {.label = "value"}, .y = {.label = "share"}});
  e.ecdf("values", std::array{4.0, 1.0, 1.0, nan});
  EXPECT_EQ(e.draw().data().to_csv(), "value,values\n1,0.6666666666666666\n4,1\n");
  chart s({.title = "Scatter", .x = {.label = "u"}, .y = {.label = "v"}});
  s.scatter("points", std::array{1.0, 2.0, nan}, std::array{3.0, nan, 1.0});
  s.scatter("more", std::array{1.5}, std::array{2.5});
  expect_golden(s.draw(), "scatter");
}

TEST(heat_map, draws_shades_values_and_missing_cells) {
  const heat_map h{.title = "Heat",
                   .row_label = "Stage",
                   .column_label = "Iteration",
                   .value_label = "Change",
                   .unit = "%",
                   .rows = {"one", "two"},
                   .columns = {"a", "b", "c"},
                   .values = {-1, 0, 1, 0.5, nan, -0.25},
                   .centre = 0};
  const figure f = h.draw();
  EXPECT_EQ(f.data().to_csv(), "Stage,a (%),b (%),c (%)\none,-1,0,1\ntwo,0.5,,-0.25\n");
  expect_golden(f, "heat_map");
}

TEST(heat_map, refuses_a_wrong_number_of_values) {
  const heat_map h{.title = "Heat", .rows = {"one"}, .columns = {"a", "b"}, .values = {1}};
  try {
    (void)h.draw();
    FAIL() << "a value too few was taken";
  } catch (const error& e) {
    EXPECT_STREQ(
        e.what(),
        "error[invalid_value] column \"Heat\": a heat map has not one value for each row and column (found 1 "
        "values, expected 1 times 2)");
  }
}

TEST(gantt, draws_tasks_in_the_order_of_their_first_appearance) {
  const gantt g{.title = "Work",
                .lane_label = "Worker",
                .x = {.label = "Time", .unit = "s", .si_prefix = true},
                .tasks = {{"w1", "forward", 0, 0.01},
                          {"w0", "forward", 0, 0.02},
                          {"w1", "backward", 0.01, 0.05},
                          {"w2", "lost", 0, nan}}};
  const figure f = g.draw();
  EXPECT_EQ(f.data().to_csv(),
            "Worker,kind,start (s),end (s)\nw1,forward,0,0.01\nw0,forward,0,0.02\nw1,backward,0.01,0.05\n");
  expect_golden(f, "gantt");
}

TEST(chart, gives_its_numbers_as_a_table) {
  const data_table t = fan_chart().draw().data();
  EXPECT_EQ(t.columns()[1].heading(), "5 % to 95 % lower (hm\u00b3)");
  EXPECT_EQ(t.text_at(0, 0), "2024-01-01");
  EXPECT_EQ(t.text_at(2, 3), "");
  EXPECT_EQ(t.text_at(3, 3), "25.0");
}

TEST(chart, puts_layers_with_other_x_into_columns_of_their_own) {
  chart c({.title = "t", .x = {.label = "x"}});
  c.line("a", std::array{1.0, 2.0}, std::array{3.0, 4.0})
      .line("b", std::array{1.0, 2.0}, std::array{5.0, 6.0});
  c.line("c", std::array{7.0}, std::array{8.0});
  EXPECT_EQ(c.draw().data().to_csv(), "x,a,b,x,c\n1,3,5,7,8\n2,4,6,,\n");
  EXPECT_THAT(c.draw().element(), HasSubstr("data-series=\"0:1:1:p 0:2:2:p 3:4:3:p\""));
}

TEST(chart, says_so_when_there_is_nothing_to_draw) {
  chart c({.title = "Empty"});
  EXPECT_THAT(c.draw().svg(), HasSubstr(">no data</text>"));
  c.line("only gaps", std::array{1.0, 2.0}, std::array{nan, nan});
  EXPECT_THAT(c.draw().svg(), HasSubstr(">no data</text>"));
  EXPECT_THAT((heat_map{.title = "Empty"}).draw().svg(), HasSubstr(">no data</text>"));
  EXPECT_THAT((gantt{.title = "Empty"}).draw().svg(), HasSubstr(">no data</text>"));
}

TEST(chart, bears_extreme_values) {
  const double big = std::numeric_limits<double>::max();
  const double inf = std::numeric_limits<double>::infinity();
  for (const scale_kind kind : {scale_kind::linear, scale_kind::logarithmic, scale_kind::time}) {
    chart c({.title = "Extremes",
             .x = {.kind = kind},
             .y = {.kind = kind == scale_kind::time ? scale_kind::linear : kind}});
    const std::array<double, 7> x{-big, big, inf, -inf, 0, 5e-324, 1};
    c.line("l", x, x).band("b", x, x, x).step("s", x, x).scatter("p", x, x).ecdf("e", x).histogram("h", x);
    const std::string svg = c.draw().svg();
    EXPECT_THAT(svg, Not(HasSubstr("nan"))) << static_cast<int>(kind);
    EXPECT_THAT(svg, Not(HasSubstr("inf"))) << static_cast<int>(kind);
    EXPECT_THAT(svg, Not(HasSubstr("92233720"))) << "a coordinate that no picture has";
  }
}

TEST(chart, draws_many_points_in_few_bytes) {
  std::vector<double> x(200000);
  std::vector<double> y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<double>(i);
    y[i] = static_cast<double>((i * 7919) % 1000);
  }
  chart c({.title = "Dense"});
  c.line("dense", x, y);
  EXPECT_LT(c.draw().svg().size(), 50000U);
}

TEST(chart, refuses_layers_of_different_lengths) {
  chart c({.title = "t", .categories = {"one", "two"}});
  try {
    c.line("storage", std::array{1.0, 2.0}, std::array{1.0});
    FAIL() << "lengths were not compared";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(),
                 "error[invalid_value] column \"storage\": the lengths of a chart's layer differ (found 1 y, "
                 "expected 2)");
  }
  EXPECT_THROW(c.bars("b", std::array{1.0}), error);
  EXPECT_THROW(c.histogram("h", std::array{1.0}), error);
  EXPECT_THROW(c.band("b", std::array{1.0}, std::array{1.0}, std::array{1.0, 2.0}), error);
  c.area("a", std::array{0.0, 1.0}, std::array{1.0, 2.0});
  EXPECT_THROW(c.area("b", std::array{0.0, 2.0}, std::array{1.0, 2.0}), error);
}

TEST(chart, gives_the_same_bytes_each_time) {
  EXPECT_EQ(fan_chart().draw().svg(), fan_chart().draw().svg());
  const figure f = fan_chart().draw();
  EXPECT_THAT(f.svg(), HasSubstr("role=\"img\""));
  EXPECT_THAT(f.svg(), HasSubstr("<title>Stored water</title><desc>2 layers: 5 % to 95 %, median."));
  EXPECT_THAT(f.svg(), Not(HasSubstr("id=")));
}

TEST(bins, are_round_and_hold_every_value) {
  const std::array<double, 8> values{1, 2, 3, 4, 5, 6, 7, 50};
  const std::vector<double> edges = detail::bin_edges(values, 0);
  ASSERT_GE(edges.size(), 2U);
  EXPECT_LE(edges.front(), 1);
  EXPECT_GE(edges.back(), 50);
  double sum = 0;
  for (const double c : detail::bin_counts(values, edges)) sum += c;
  EXPECT_EQ(sum, 8);
  EXPECT_THAT(detail::bin_edges(std::array{nan}, 0), ElementsAre(0, 1));
  EXPECT_EQ(detail::bin_edges(std::array{0.0, 1.0}, 4).size(), 5U);
  EXPECT_THAT(detail::bin_counts(std::array{0.0, 0.25, 1.0, 2.0}, detail::bin_edges(std::array{0.0, 1.0}, 4)),
              ElementsAre(1, 1, 0, 1));
}

}  // namespace
}  // namespace twill::report
