// SPDX-License-Identifier: Apache-2.0
// An error that tells its user where, what was found, what was expected and what to do.
#include "twill/base/error.hpp"

#include <cstdio>

int main() {
  try {
    // [snippet:throw]
    throw twill::error(twill::errc::invalid_value,
                       {.what = "maximum below minimum",
                        .where = twill::location{.file = "plants.json", .line = 41, .column = 9},
                        .found = "120",
                        .expected = "at least 150",
                        .hint = "swap them or lower the minimum"});
    // [end:throw]
  } catch (const twill::error& e) {
    std::printf("%s\n", e.what());
    std::printf("exit code %d\n", static_cast<int>(e.exit()));
  }
}
