// SPDX-License-Identifier: Apache-2.0
#include "twill/base/json_writer.hpp"

#include "twill/base/number.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace twill {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

template <class T>
std::string written(const T& v, json_non_finite non_finite = json_non_finite::null) {
  return json_writer(json_style::compact, non_finite).value(v).text();
}

TEST(json_writer, keeps_the_order_of_keys_in_compact_style) {
  json_writer w;
  w.begin_object().member("z", 1).member("a", "x").key("list").begin_array().value(true).value(nullptr);
  w.begin_object().end_object().end_array().member("d", 0.1).end_object();
  EXPECT_EQ(w.text(), R"({"z":1,"a":"x","list":[true,null,{}],"d":0.1})");
}

TEST(json_writer, indents_two_spaces_a_level_and_keeps_empty_containers_short) {
  json_writer w(json_style::indented);
  w.begin_object().member("a", 1).key("b").begin_array().value(2).value(3).end_array();
  w.key("c").begin_object().end_object().key("d").begin_array().end_array().end_object();
  EXPECT_EQ(w.text(), "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    3\n  ],\n  \"c\": {},\n  \"d\": []\n}");
}

TEST(json_writer, writes_every_digit_of_integers) {
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(static_cast<short>(-7)), "-7");
  EXPECT_EQ(written(static_cast<unsigned char>(200)), "200");
}

TEST(json_writer, writes_doubles_shortest_and_non_finite_ones_as_asked) {
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(1e300), "1e+300");
  EXPECT_EQ(written(-0.0), "-0");
  EXPECT_EQ(written(5e-324), "5e-324");
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(written(inf), "null");
  EXPECT_EQ(written(std::nan("")), "null");
  EXPECT_EQ(written(inf, json_non_finite::text), "\"Infinity\"");
  EXPECT_EQ(written(-inf, json_non_finite::text), "\"-Infinity\"");
  EXPECT_EQ(written(std::nan(""), json_non_finite::text), "\"NaN\"");
}

TEST(json_writer, escapes_quotes_backslashes_and_control_characters) {
  EXPECT_EQ(escaped("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(escaped("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(escaped(std::string_view("\0\x1b\x1f\x7f", 4)), "\"\\u0000\\u001b\\u001f\x7f\"");
  EXPECT_EQ(escaped("é€😀"), "\"é€😀\"");
}

TEST(json_writer, replaces_each_maximal_ill_formed_utf8_part_by_one_replacement_character) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped("a\xFFz"), "\"a" + mark + "z\"");
  EXPECT_EQ(escaped("\x80"), "\"" + mark + "\"");
  EXPECT_EQ(escaped("\xE2\x82"), "\"" + mark + "\"");                    // truncated at the end: one part
  EXPECT_EQ(escaped("\xF0\x9F\x98x"), "\"" + mark + "x\"");              // truncated before an ASCII byte
  EXPECT_EQ(escaped("\xC0\xAF"), "\"" + mark + mark + "\"");             // overlong
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\"" + mark + mark + mark + "\"");  // a surrogate
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"");  // above U+10FFFF
}

TEST(json_writer, take_leaves_an_empty_writer_for_the_next_text) {
  json_writer w;
  EXPECT_FALSE(w.complete());
  EXPECT_EQ(w.value(1).take(), "1");
  EXPECT_FALSE(w.complete());
  EXPECT_EQ(w.begin_array().raw("[1, 2]").end_array().take(), "[[1, 2]]");
}

TEST(json_writer, doubles_read_back_as_the_same_bits) {
  std::mt19937_64 random(20241);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    const auto value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    const auto back = parse_double(written(value));
    ASSERT_TRUE(static_cast<bool>(back)) << written(value);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back.value), bits) << written(value);
  }
}

TEST(json_writer, any_bytes_become_a_string_without_raw_quotes_or_control_characters) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes(random() % 24, '\0');
    for (char& c : bytes) c = static_cast<char>(random() & 0xFF);
    const std::string text = escaped(bytes);
    ASSERT_GE(text.size(), 2U);
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      ASSERT_GE(static_cast<unsigned char>(text[i]), 0x20U);
      if (text[i] == '\\') {
        ++i;
        ASSERT_NE(std::string_view("\"\\bfnrtu").find(text[i]), std::string_view::npos) << text;
      } else {
        ASSERT_NE(text[i], '"') << text;
      }
    }
  }
}

TEST(json_writer_death, misuse_ends_the_program_and_says_why) {
  EXPECT_DEATH(json_writer().begin_object().value(1), "a value in a JSON object needs a key first");
  EXPECT_DEATH(json_writer().begin_array().key("a"), "a JSON key outside an object");
  EXPECT_DEATH(json_writer().begin_object().key("a").key("b"), "a JSON key after a key");
  EXPECT_DEATH(json_writer().begin_object().key("a").end_object(), "a key in a JSON object needs a value");
  EXPECT_DEATH(json_writer().begin_object().end_array(),
               "the end of a JSON container that is not the open one");
  EXPECT_DEATH(json_writer().end_array(), "the end of a JSON container that is not the open one");
  EXPECT_DEATH(json_writer().value(1).value(2), "a JSON text has one top-level value");
  EXPECT_DEATH(static_cast<void>(json_writer().begin_array().text()), "the JSON text is not complete");
}

}  // namespace
}  // namespace twill
