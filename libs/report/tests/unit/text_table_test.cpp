// SPDX-License-Identifier: Apache-2.0
#include "twill/report/text_table.hpp"

#include "text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <sstream>
#include <string>

namespace twill::report {
namespace {

data_table sample_table() {
  data_table t;
  t.add_texts("Plant", {"Alder", "\u5357\u5c71", "e\u0301t\u00e9"});
  t.add_numbers("Output", "GWh", std::array{1.5, std::nan(""), 120.25});
  t.add_times("Since", std::array{0.0, 31.0, std::nan("")});
  return t;
}

TEST(text_table, aligns_by_kind_and_by_width_on_the_terminal) {
  EXPECT_EQ(to_text(sample_table(), {.style = table_style::ascii}),
            "+-------+--------------+------------+\n"
            "| Plant | Output (GWh) | Since      |\n"
            "+-------+--------------+------------+\n"
            "| Alder |         1.5  | 1970-01-01 |\n"
            "| \u5357\u5c71  |              | 1970-02-01 |\n"
            "| e\u0301t\u00e9   |       120.25 |            |\n"
            "+-------+--------------+------------+\n");
}

TEST(text_table, draws_boxes) {
  data_table t;
  t.add_numbers("n", "", std::array{7.0});
  EXPECT_EQ(to_text(t),
            "\u250c\u2500\u2500\u2500\u2510\n\u2502 n \u2502\n\u251c\u2500\u2500\u2500\u2524\n\u2502 7 "
            "\u2502\n\u2514\u2500\u2500\u2500\u2518\n");
  EXPECT_EQ(to_text(data_table()), "");
}

TEST(text_table, plain_style_has_no_spaces_at_line_ends) {
  EXPECT_EQ(to_text(sample_table(), {.style = table_style::plain, .missing = "-"}),
            "Plant  Output (GWh)  Since\n"
            "-----  ------------  ----------\n"
            "Alder          1.5   1970-01-01\n"
            "\u5357\u5c71              -  1970-02-01\n"
            "e\u0301t\u00e9          120.25  -\n");
}

TEST(text_table, narrows_texts_before_numbers) {
  data_table t;
  t.add_texts("A long heading", {"a long text in a cell"});
  t.add_numbers("value", "", std::array{123456.0});
  EXPECT_EQ(to_text(t, {.style = table_style::ascii, .max_width = 22}),
            "+-----------+--------+\n"
            "| A long h~ |  value |\n"
            "+-----------+--------+\n"
            "| a long t~ | 123456 |\n"
            "+-----------+--------+\n");
}

TEST(text_table, wraps_at_spaces_and_inside_long_words) {
  data_table t;
  t.add_texts("h", {"one two three", "incomprehensible", "\u5357\u5c71\u30c0\u30e0"});
  EXPECT_EQ(to_text(t, {.style = table_style::plain, .max_width = 7, .when_wide = overflow::wrap}),
            "h\n-------\none two\nthree\nincompr\nehensib\nle\n\u5357\u5c71\u30c0\n\u30e0\n");
}

TEST(text_table, keeps_every_line_within_the_width) {
  data_table t;
  t.add_texts("name", {"x\u0301x\u0301x\u0301x\u0301x\u0301x\u0301", "\u5357\u5c71\u30c0\u30e0\u5357\u5c71",
                       "plain words here"});
  t.add_texts("other", {"a", "bbbbbbbbbbbbbbbbbbbbbbbbbb", "c"});
  for (const overflow how : {overflow::truncate, overflow::wrap}) {
    for (const std::size_t width : {13U, 16U, 20U, 27U}) {
      std::istringstream lines(to_text(t, {.max_width = width, .when_wide = how}));
      for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(detail::terminal_width(std::string_view(line)), width) << line;
      }
    }
  }
}

TEST(text_table, sends_no_commands_to_the_terminal) {
  data_table t;
  t.add_texts("name", {"\x1b[2Jred\x07", "two\nlines\ttab", "\u202eback", "\xff"});
  const std::string text = to_text(t, {.style = table_style::plain});
  EXPECT_EQ(text, "name\n-------------\n\ufffd[2Jred\ufffd\ntwo lines tab\n\ufffdback\n\ufffd\n");
}

TEST(text_table, is_bold_only_when_asked) {
  EXPECT_EQ(to_text(sample_table()).find('\x1b'), std::string::npos);
  EXPECT_NE(to_text(sample_table(), {.colours = true}).find("\x1b[1mPlant\x1b[0m"), std::string::npos);
}

}  // namespace
}  // namespace twill::report
