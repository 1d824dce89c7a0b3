// SPDX-License-Identifier: Apache-2.0
#include "twill/base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace twill {
namespace {

diagnosis full() {
  diagnosis d{.what = "maximum below minimum", .found = "120.0", .expected = "at least 150.0"};
  d.where = {.file = "system/hydros.json", .line = 41, .column = 9, .pointer = "/hydros/3/max"};
  d.hint = "swap them or lower the minimum";
  return d;
}

TEST(error, message_names_place_what_found_expected_and_hint) {
  const error e(errc::invalid_value, full());
  EXPECT_STREQ(e.what(),
               "error[invalid_value] system/hydros.json:41:9 /hydros/3/max: maximum below minimum "
               "(found 120.0, expected at least 150.0)\nhint: swap them or lower the minimum");
  EXPECT_EQ(e.code(), errc::invalid_value);
  EXPECT_EQ(e.exit(), exit_code::invalid_input);
  EXPECT_EQ(e.code_name(), "invalid_value");
  EXPECT_EQ(e.found(), "120.0");
  EXPECT_EQ(e.expected(), "at least 150.0");
  EXPECT_EQ(e.hint(), "swap them or lower the minimum");
  EXPECT_EQ(e.where().line, 41u);
}

TEST(error, message_leaves_out_what_is_not_known) {
  EXPECT_STREQ(error(errc::internal, {.what = "queue is gone"}).what(), "error[internal]: queue is gone");
  EXPECT_STREQ(error(errc::missing_value, {.what = "no seed", .expected = "an integer"}).what(),
               "error[missing_value]: no seed (expected an integer)");
  EXPECT_STREQ(error(errc::invalid_value, {.what = "bad seed", .found = "x"}).what(),
               "error[invalid_value]: bad seed (found x)");
}

TEST(error, places_read_as_people_write_them) {
  EXPECT_EQ((location{.file = "a.csv", .row = 7, .field = "demand"}).to_string(),
            "a.csv row 7 column \"demand\"");
  EXPECT_EQ((location{.file = "a.json", .line = 3}).to_string(), "a.json:3");
  EXPECT_EQ((location{.line = 3, .column = 4}).to_string(), "line 3:4");
  EXPECT_EQ((location{.pointer = "/a/0"}).to_string(), "/a/0");
  EXPECT_EQ((location{.row = 0}).to_string(), "row 0");
  EXPECT_EQ(location{}.to_string(), "");
  EXPECT_TRUE(location{}.empty());
  EXPECT_FALSE((location{.row = 0}).empty());
}

TEST(error, is_a_system_error_that_copies_without_throwing) {
  static_assert(std::is_base_of_v<std::system_error, error>);
  static_assert(std::is_nothrow_copy_constructible_v<error>);
  const error e(errc::disk_full, full());
  const error copy = e;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is tested
  EXPECT_STREQ(copy.what(), e.what());
  EXPECT_EQ(&copy.details(), &e.details());
}

struct expected_row {
  errc code;
  const char* name;
  exit_code exit;
};

// Without it the names of the cases would hold addresses and differ from run to run.
void PrintTo(const expected_row& row, std::ostream* out) { *out << row.name; }

class error_codes : public testing::TestWithParam<expected_row> {};

TEST_P(error_codes, have_their_name_message_and_exit_code) {
  const error e(GetParam().code, {.what = "x"});
  EXPECT_EQ(e.code_name(), GetParam().name);
  EXPECT_EQ(e.exit(), GetParam().exit);
  EXPECT_EQ(std::string(e.what()), std::string("error[") + GetParam().name + "]: x");
  EXPECT_NE(e.code().message(), "unknown code");
}

INSTANTIATE_TEST_SUITE_P(
    table, error_codes,
    testing::Values(expected_row{errc::invalid_value, "invalid_value", exit_code::invalid_input},
                    expected_row{errc::missing_value, "missing_value", exit_code::invalid_input},
                    expected_row{errc::unknown_name, "unknown_name", exit_code::invalid_input},
                    expected_row{errc::corrupt_data, "corrupt_data", exit_code::invalid_input},
                    expected_row{errc::bad_configuration, "bad_configuration", exit_code::usage},
                    expected_row{errc::cannot_read, "cannot_read", exit_code::io},
                    expected_row{errc::cannot_write, "cannot_write", exit_code::io},
                    expected_row{errc::disk_full, "disk_full", exit_code::io},
                    expected_row{errc::unsupported, "unsupported", exit_code::internal},
                    expected_row{errc::internal, "internal", exit_code::internal}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(exit_codes, follow_the_table_for_every_kind_of_exception) {
  EXPECT_EQ(exit_code_of(error(errc::cannot_read, {.what = "x"})), exit_code::io);
  EXPECT_EQ(exit_code_of(std::system_error(ENOSPC, std::generic_category())), exit_code::io);
  EXPECT_EQ(exit_code_of(std::system_error(std::make_error_code(std::io_errc::stream))), exit_code::internal);
  EXPECT_EQ(exit_code_of(std::runtime_error("x")), exit_code::internal);
  EXPECT_EQ(static_cast<int>(exit_code::success), 0);
  EXPECT_EQ(static_cast<int>(exit_code::invalid_input), 1);
  EXPECT_EQ(static_cast<int>(exit_code::io), 2);
  EXPECT_EQ(static_cast<int>(exit_code::numerical), 3);
  EXPECT_EQ(static_cast<int>(exit_code::internal), 4);
  EXPECT_EQ(static_cast<int>(exit_code::usage), 64);
}

}  // namespace
}  // namespace twill
