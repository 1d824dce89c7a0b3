// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace twill::report::detail {
namespace {

TEST(escaped, leaves_no_markup) {
  EXPECT_EQ(escaped("</script><b a=\"x\" b='y'>&amp;"),
            "&lt;/script&gt;&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(escaped("caf\u00e9 \U0001f30a"), "caf\u00e9 \U0001f30a");
}

TEST(escaped, replaces_what_xml_cannot_hold) {
  EXPECT_EQ(escaped(std::string("a\0b", 3)), "a\ufffdb");
  EXPECT_EQ(escaped("\x1b[31m"), "\ufffd[31m");
  EXPECT_EQ(escaped("tab\tline\n"), "tab\tline\n");
  EXPECT_EQ(escaped("\r"), "&#13;");
  EXPECT_EQ(escaped("\xef\xbf\xbe"), "\ufffd") << "U+FFFE";
}

TEST(escaped, replaces_broken_utf8_byte_by_byte) {
  EXPECT_EQ(escaped("\xff"), "\ufffd");
  EXPECT_EQ(escaped("\xc3"), "\ufffd") << "cut off";
  EXPECT_EQ(escaped("\xc0\xaf"), "\ufffd\ufffd") << "overlong slash";
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\ufffd\ufffd\ufffd") << "surrogate";
  EXPECT_EQ(escaped("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd") << "beyond U+10FFFF";
  EXPECT_EQ(escaped("\xe2\x82<"), "\ufffd\ufffd&lt;") << "the next character survives";
}

TEST(json_string, can_stand_in_a_script_element) {
  std::string out;
  append_json_string(out, "</script><!-- \"\\ \u2028\u2029 & \x01 \x7f \u00e9");
  EXPECT_EQ(out,
            "\"\\u003c/script\\u003e\\u003c!-- \\\"\\\\ \\u2028\\u2029 \\u0026 \\u0001 \\u007f \u00e9\"");
}

TEST(terminal_width, knows_wide_and_combining_characters) {
  EXPECT_EQ(terminal_width(std::string_view("abc")), 3U);
  EXPECT_EQ(terminal_width(std::string_view("\u5357\u5c71")), 4U);
  EXPECT_EQ(terminal_width(std::string_view("e\u0301")), 1U);
  EXPECT_EQ(terminal_width(std::string_view("\uff21")), 2U) << "full width A";
  EXPECT_EQ(terminal_width(std::string_view("\uff71")), 1U) << "half width katakana";
  EXPECT_EQ(terminal_width(std::string_view("\U0001f468\u200d\U0001f469\u200d\U0001f466")), 2U)
      << "one family";
}

TEST(prefix_within, keeps_marks_with_their_letter) {
  EXPECT_EQ(prefix_within("e\u0301e\u0301", 1), 3U);
  EXPECT_EQ(prefix_within("\u5357\u5c71", 3), 3U);
  EXPECT_EQ(prefix_within("abc", 9), 3U);
  EXPECT_EQ(prefix_within("abc", 0), 0U);
}

TEST(shortened, ends_with_an_ellipsis_within_the_room) {
  EXPECT_EQ(shortened("short", 11, 100), "short");
  const std::string text = shortened("a rather long name of a reservoir", 11, 100);
  EXPECT_TRUE(text.ends_with("\u2026")) << text;
  EXPECT_LE(pixel_width(text, 11), 100.0);
  EXPECT_GT(pixel_width(text, 11), 80.0);
}

}  // namespace
}  // namespace twill::report::detail
