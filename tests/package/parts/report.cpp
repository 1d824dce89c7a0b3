// SPDX-License-Identifier: Apache-2.0
#include "twill/report/text_table.hpp"

#include <array>
#include <cstdio>

int main() {
  const std::array<double, 2> levels{0.5, 12.25};
  twill::report::data_table table("levels");
  table.add_texts("name", {"upper", "lower"}).add_numbers("level", "m", levels);
  std::printf("%s", twill::report::to_text(table, {.style = twill::report::table_style::plain}).c_str());
}
