// SPDX-License-Identifier: Apache-2.0
#include "twill/report/html.hpp"

#include "assets.hpp"
#include "twill/base/error.hpp"
#include "twill/report/chart.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace twill::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

figure small_chart(const std::string& title) {
  chart c({.title = title});
  return c.line("y", std::array{1.0, 2.0}, std::array{3.0, 4.0}).draw();
}

TEST(document, has_contents_sections_and_data_blocks) {
  document d("Title", "Subtitle");
  d.section("First").subsection("Below").paragraph("Text.").add(small_chart("Chart"));
  d.section("Second").code("a < b").list(std::array<std::string, 2>{"one", "two"});
  const std::string html = d.html();
  EXPECT_THAT(html, HasSubstr("<a href=\"#section-1\">First</a>"));
  EXPECT_THAT(html, HasSubstr("<li class=\"sub\"><a href=\"#section-2\">Below</a>"));
  EXPECT_THAT(html, HasSubstr("<h3 id=\"section-2\">Below</h3>"));
  EXPECT_THAT(html, HasSubstr("<pre tabindex=\"0\"><code>a &lt; b</code></pre>"));
  EXPECT_THAT(html, HasSubstr("<script type=\"application/json\" id=\"figure-1\">{\"title\":\"Chart\""));
  EXPECT_THAT(html, HasSubstr("<li>two</li>"));
  EXPECT_THAT(d.data_ids(), ElementsAre("figure-1"));
}

TEST(document, names_no_place_in_a_network) {
  document d("Title");
  d.add(small_chart("Chart"));
  const std::string html = d.html();
  // The name of the SVG language in the script is the only address.
  EXPECT_EQ(count(html, "http://") + count(html, "https://"), 1U);
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, Not(HasSubstr("@import")));
}

TEST(document, lets_no_text_become_markup) {
  const std::string text = "</script><script>alert(1)</script>\"'<b>\x01\xff";
  document d(text, text);
  d.section(text).subsection(text).paragraph(text).note(text, tone::bad).code(text).list(std::array{text});
  d.cards(std::array{card{text, text, text, text, tone::warning}}).facts(std::array{std::pair{text, text}});
  data_table t(text);
  t.add_texts(text, {text});
  d.table(t).data("block", t).choose(text, std::array{choice{text, small_chart(text)}});
  const std::string html = d.html();
  EXPECT_EQ(count(html, "alert(1)</script>"), 0U);
  EXPECT_EQ(count(html, "<b>"), 1U) << "the word before the note";
  EXPECT_EQ(count(html, "<script"), 4U) << "three data blocks and the script";
  EXPECT_EQ(count(html, "</script"), 4U);
  EXPECT_EQ(count(html, "\x01"), 0U);
  EXPECT_EQ(count(html, "\xff"), 0U);
}

TEST(document, shows_only_the_first_of_a_choice) {
  document d("Title");
  d.choose("Which", std::array{choice{"a", small_chart("A")}, choice{"b", small_chart("B")}});
  EXPECT_THAT(d.html(), HasSubstr("<figure data-block=\"figure-1\">"));
  EXPECT_THAT(d.html(), HasSubstr("<figure data-block=\"figure-2\" hidden>"));
  EXPECT_THAT(d.html(), HasSubstr("<option>b</option>"));
}

TEST(document, writes_tables_with_missing_values_as_dashes) {
  document d("Title");
  data_table t("Plants");
  t.add_texts("Plant", {"A & B"}).add_numbers("Output", "GWh", std::array{std::nan("")});
  d.table(t);
  EXPECT_THAT(d.html(), HasSubstr("<caption>Plants</caption>"));
  EXPECT_THAT(d.html(), HasSubstr("<th scope=\"col\" class=\"n\">Output (GWh)</th>"));
  EXPECT_THAT(d.html(), HasSubstr("<tr><td>A &amp; B</td><td class=\"n\">\u2013</td></tr>"));
}

TEST(document, keeps_ids_apart) {
  document d("Title");
  data_table t("t");
  d.data("figure-1", t);
  d.add(small_chart("Chart"));
  EXPECT_THAT(d.data_ids(), ElementsAre("figure-1", "figure-2"));
  EXPECT_THROW(d.data("figure-2", t), error);
  EXPECT_THROW(d.data("a b", t), error);
  EXPECT_THROW(d.data("", t), error);
  EXPECT_THROW(d.data("section-1", t), error);
}

TEST(document, is_small_and_the_same_each_time) {
  const auto make = [] {
    document d("Hundred charts");
    for (int k = 0; k < 100; ++k) {
      std::vector<double> x(200);
      std::vector<double> y(200);
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<double>(i);
        y[i] = std::sqrt(static_cast<double>(i * 7 + static_cast<std::size_t>(k)));
      }
      chart c({.title = "Chart " + std::to_string(k), .x = {.label = "x"}, .y = {.label = "y", .unit = "m"}});
      d.add(c.line("y", x, y).draw());
    }
    return d.html();
  };
  const std::string html = make();
  EXPECT_LT(html.size(), 3U << 20U);
  EXPECT_EQ(html, make());
}

TEST(script, for_hover_is_short) {
  const std::string_view js = detail::hover_js();
  EXPECT_LE(std::count(js.begin(), js.end(), '\n'), 150);
}

}  // namespace
}  // namespace twill::report
