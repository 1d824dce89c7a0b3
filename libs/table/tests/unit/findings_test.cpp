// SPDX-License-Identifier: Apache-2.0
#include "twill/table/findings.hpp"

#include <gtest/gtest.h>

namespace twill::table {
namespace {

diagnosis at_line(std::size_t line, std::string what) {
  return {.what = std::move(what), .where = {.file = "a.json", .line = line}};
}

TEST(findings, one_report_names_them_all_and_counts) {
  findings all;
  all.error(rule::wrong_type, {.what = "a text where a number belongs",
                               .where = {.file = "a.json", .line = 3, .column = 7, .pointer = "/x"},
                               .found = "\"5\"",
                               .expected = "a number",
                               .hint = "drop the quotes"});
  all.warning("my_rule", at_line(9, "doubtful"));
  EXPECT_EQ(
      all.to_string(),
      "error[wrong_type] a.json:3:7 /x: a text where a number belongs (found \"5\", expected a number)\n"
      "hint: drop the quotes\n"
      "warning[my_rule] a.json:9: doubtful\n"
      "1 error, 1 warning");
}

TEST(findings, caps_the_printed_number_and_prefers_errors) {
  findings all;
  for (std::size_t i = 1; i <= 4; ++i) all.warning("w", at_line(i, "meh"));
  all.error("e", at_line(5, "bad"));
  EXPECT_EQ(all.to_string(2),
            "error[e] a.json:5: bad\nwarning[w] a.json:1: meh\n... and 3 more\n1 error, 4 warnings");
}

TEST(findings, keeps_memory_bounded_yet_never_loses_the_first_error) {
  findings all(3);
  for (std::size_t i = 0; i < 1000; ++i) all.warning("w", at_line(i + 1, "meh"));
  all.error("e", at_line(7, "bad"));
  all.error("e", at_line(8, "worse"));
  EXPECT_EQ(all.items().size(), 3u);
  EXPECT_EQ(all.errors(), 2u);
  EXPECT_EQ(all.warnings(), 1000u);
  EXPECT_EQ(all.items().back().details.what, "bad");
}

TEST(findings, merge_counts_what_was_not_kept) {
  findings small(1);
  small.error("e", at_line(1, "a"));
  small.error("e", at_line(2, "b"));
  small.warning("w", at_line(2, "c"));
  findings all;
  all.merge(small);
  EXPECT_EQ(all.errors(), 2u);
  EXPECT_EQ(all.warnings(), 1u);
  EXPECT_EQ(all.items().size(), 1u);
}

TEST(findings, sorts_by_place) {
  findings all;
  all.error("e", at_line(9, "third"));
  all.error("e", at_line(2, "first"));
  all.warning("w", at_line(2, "second"));
  all.sort_by_place();
  EXPECT_EQ(all.items()[0].details.what, "first");
  EXPECT_EQ(all.items()[1].details.what, "second");
  EXPECT_EQ(all.items()[2].details.what, "third");
}

TEST(input_error, is_a_twill_error_that_shows_everything_and_ends_with_one) {
  findings all;
  all.warning("w", at_line(1, "doubtful"));
  all.error(rule::unknown_key, at_line(2, "unknown key"));
  try {
    all.throw_if_errors();
    FAIL() << "nothing thrown";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::invalid_input);
    EXPECT_STREQ(e.code().category().name(), "twill.table");
    EXPECT_EQ(e.exit(), exit_code::invalid_input);
    EXPECT_EQ(e.details().what, "unknown key");
    EXPECT_STREQ(
        e.what(),
        "warning[w] a.json:1: doubtful\nerror[unknown_key] a.json:2: unknown key\n1 error, 1 warning");
    const auto* ours = dynamic_cast<const input_error*>(&e);
    ASSERT_NE(ours, nullptr);
    EXPECT_EQ(ours->all().items().size(), 2u);
  }
}

TEST(input_error, warnings_alone_do_not_throw) {
  findings all;
  all.warning("w", at_line(1, "doubtful"));
  EXPECT_NO_THROW(all.throw_if_errors());
}

TEST(table_errors, unreadable_files_end_with_two) {
  EXPECT_EQ(error(make_error_code(errc::cannot_read), {.what = "x"}).exit(), exit_code::io);
  EXPECT_EQ(error(make_error_code(errc::cannot_write), {.what = "x"}).exit(), exit_code::io);
  EXPECT_EQ(error(make_error_code(errc::unsupported), {.what = "x"}).exit(), exit_code::invalid_input);
  EXPECT_EQ(error(make_error_code(errc::too_large), {.what = "x"}).code_name(), "too_large");
}

}  // namespace
}  // namespace twill::table
