// SPDX-License-Identifier: Apache-2.0
// docs/reference/lanes-isa.md is the instruction table as a page.
#include "twill/lanes/instruction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace twill::lanes {
namespace {

std::string types_of(opcode op) {
  std::string out;
  std::size_t count = 0;
  for (std::size_t t = 0; t < type_count; ++t) {
    if (!supports(op, static_cast<type>(t))) continue;
    if (!out.empty()) out += " ";
    out += name_of(static_cast<type>(t));
    ++count;
  }
  return count == type_count ? "all" : out;
}

std::string fields_text(opcode op) {
  std::string out;
  for (const field_info& f : fields_of(op)) {
    std::string name(f.name);
    if (f.kind == field_kind::pred_opt) name += "?";
    const bool reg = f.kind == field_kind::src || f.kind == field_kind::dst;
    if (reg && f.as == operand_type::u8) name += ":u8";
    if (reg && f.as == operand_type::u32) name += ":u32";
    if (reg && f.as == operand_type::u64) name += ":u64";
    if (reg && f.as == operand_type::f64) name += ":f64";
    if (!out.empty()) out += " ";
    out += name;
  }
  return out;
}

std::string page() {
  std::string out =
      "# The instructions of the lane machine\n\n"
      "In the order of the table in `libs/lanes/src/isa/table.cpp`, which encoders, decoders, validator and "
      "executor read\n"
      "too. Fields stand in the order of the text form; a register field without a type has the "
      "instruction's. Registers\n"
      "are read in this order, types before values.\n\n"
      "| JSON name | text | kind | types | fields |\n|---|---|---|---|---|\n";
  for (std::size_t k = 0; k < opcode_count; ++k) {
    const auto op = static_cast<opcode>(k);
    out += "| " + std::string(name_of(op)) + " | `" + std::string(mnemonic_of(op)) + "` | " +
           std::string(name_of(category_of(op))) + " | " + types_of(op) + " | " + fields_text(op) + " |\n";
  }
  return out;
}

TEST(isa_page, is_what_the_table_says) {
  std::ifstream file(std::string(TWILL_SOURCE_DIR) + "/docs/reference/lanes-isa.md");
  std::ostringstream content;
  content << file.rdbuf();
  const bool same = content.str() == page();
  const std::string wanted = testing::TempDir() + "lanes-isa.md";
  if (!same) std::ofstream(wanted) << page();
  EXPECT_TRUE(same) << "the page differs from the table; what it should be stands in " << wanted;
}

}  // namespace
}  // namespace twill::lanes
