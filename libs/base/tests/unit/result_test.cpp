// SPDX-License-Identifier: Apache-2.0
#include "twill/base/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace twill {
namespace {

result<std::string> probe(bool works) {
  if (works) return std::string("fine");
  return {errc::missing_value, {.what = "no such key", .where = {.file = "a.json", .line = 2}}};
}

TEST(result, holds_a_value) {
  auto r = probe(true);
  ASSERT_TRUE(r);
  EXPECT_EQ(*r, "fine");
  EXPECT_EQ(r->size(), 4U);
  EXPECT_EQ(r.value(), "fine");
  EXPECT_EQ(std::move(r).value_or("other"), "fine");
}

TEST(result, holds_a_failure_and_raises_it_as_an_error_on_demand) {
  auto r = probe(false);
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.reason().code, errc::missing_value);
  EXPECT_EQ(r.reason().details.what, "no such key");
  try {
    static_cast<void>(r.value());
    FAIL() << "value() of a failure must throw";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "error[missing_value] a.json:2: no such key");
    EXPECT_EQ(e.code(), errc::missing_value);
  }
  EXPECT_EQ(probe(false).value_or("other"), "other");
}

TEST(result, carries_values_that_only_move) {
  result<std::unique_ptr<int>> r(std::make_unique<int>(5));
  const std::unique_ptr<int> taken = std::move(r).value();
  EXPECT_EQ(*taken, 5);
}

}  // namespace
}  // namespace twill
