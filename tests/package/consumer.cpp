// SPDX-License-Identifier: Apache-2.0
// A program of somebody else: it sees installed headers and libraries only.
#include "twill/base/error.hpp"
#include "twill/base/number.hpp"

#include <cstdio>

int main() {
  const auto good = twill::parse_double("0.25");
  const auto bad = twill::parse_double("0x10");
  std::printf("%s is %s\n", twill::shortest(good.value).c_str(),
              good.fault == twill::number_fault::none ? "read" : "refused");
  try {
    throw twill::error(twill::errc::invalid_value, {.what = "the step is unreadable",
                                                    .where = {.file = "steps.csv", .line = 3},
                                                    .found = "0x10",
                                                    .expected = "a decimal number",
                                                    .hint = "write 16"});
  } catch (const twill::error& e) {
    std::printf("%s\nexit %d, %s\n", e.what(), static_cast<int>(e.exit()),
                bad.fault == twill::number_fault::hexadecimal ? "hexadecimal" : "not seen");
  }
  return 0;
}
