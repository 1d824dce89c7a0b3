// SPDX-License-Identifier: Apache-2.0
// Writes a report in which every text tries to leave its place, and the text itself to stdout.
#include "twill/report.hpp"

#include <array>
#include <fstream>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  using namespace twill::report;
  if (argc != 2) return 64;
  const std::string text =
      "</script><script>window.broken=1</script>\"'><img src=x onerror=\"window.broken=1\"><!--<script>&amp;"
      "<a href=javascript:broken=1>\\u003c\u2028 ]]></title></svg></style>";
  document page(text, text);
  page.section(text).subsection(text).paragraph(text).note(text, tone::bad).code(text);
  page.list(std::array{text});
  page.cards(std::array{card{text, text, text, text, tone::good}});
  page.facts(std::array{std::pair{text, text}});
  chart c({.title = text,
           .subtitle = text,
           .x = {.label = text, .unit = text},
           .y = {.label = text, .unit = text}});
  const std::array<double, 6> x{1, 2, 3, 4, 5, 6};
  c.line(text, x, x).band(text, x, x, x).mark_x(2, text).mark_y(3, text);
  page.add(c.draw());
  data_table t(text);
  t.add_texts(text, {text, "plain"});
  page.table(t).data("hostile", t);
  page.choose(text, std::array{choice{text, c.draw()}});
  std::ofstream file(argv[1], std::ios::binary);
  file << page.html();
  file.close();
  std::cout << text;
  return file ? 0 : 2;
}
