// SPDX-License-Identifier: Apache-2.0
#include "twill/base/error.hpp"

#include <gtest/gtest.h>

namespace twill {
namespace {

TEST(error, message_names_place_what_found_expected_and_hint) {
  const error e(errc::invalid_value, {.what = "maximum below minimum",
                                      .where = {.file = "system/hydros.json", .line = 41, .column = 9, .pointer = "/hydros/3/max"},
                                      .found = "120.0",
                                      .expected = "at least 150.0",
                                      .hint = "swap them or lower the minimum"});
  EXPECT_STREQ(e.what(),
               "error[invalid_value] system/hydros.json:41:9 /hydros/3/max: maximum below minimum "
               "(found 120.0, expected at least 150.0)\nhint: swap them or lower the minimum");
  EXPECT_EQ(e.code(), errc::invalid_value);
  EXPECT_EQ(e.exit(), exit_code::invalid_input);
}

}  // namespace
}  // namespace twill
