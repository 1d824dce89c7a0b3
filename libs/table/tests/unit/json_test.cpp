// SPDX-License-Identifier: Apache-2.0
#include "twill/table/json.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace twill::table::json {
namespace {

std::string mistakes(std::string text, const parse_options& options = {}) {
  findings out;
  static_cast<void>(parse(std::move(text), "a.json", out, options));
  return out.to_string();
}

TEST(json, keeps_integers_and_doubles_apart) {
  const auto d = parse(R"([3, 3.0, 3e0, -7, 18446744073709551615, "3", 9223372036854775808, 1e-400])");
  const value root = d.root();
  std::vector<value> v(root.begin(), root.end());
  ASSERT_EQ(v.size(), 8u);
  EXPECT_EQ(v[0].type(), kind::integer);
  EXPECT_EQ(v[0].as_int64(), 3);
  EXPECT_EQ(v[0].as_double(), 3.0);
  EXPECT_EQ(v[1].type(), kind::real);
  EXPECT_EQ(v[1].as_int64(), std::nullopt);
  EXPECT_EQ(v[2].type(), kind::real);
  EXPECT_EQ(v[3].as_int64(), -7);
  EXPECT_EQ(v[3].as_uint64(), std::nullopt);
  EXPECT_EQ(v[4].as_uint64(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(v[4].as_int64(), std::nullopt);
  EXPECT_EQ(v[5].as_int64(), std::nullopt);
  EXPECT_EQ(v[5].as_string(), "3");
  EXPECT_EQ(v[6].as_double(), 9223372036854775808.0);
  EXPECT_EQ(v[7].as_double(), 0.0);
}

TEST(json, members_are_found_by_key_and_know_their_pointer) {
  const auto d =
      parse("{\n  \"a/b\": {\"m~n\": [1, {\"x\": true}]},\n  \"empty\": {}, \"none\": []\n}", "a.json");
  const auto x = (*++d.root().find("a/b")->find("m~n")->begin()).find("x");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->as_bool(), true);
  EXPECT_EQ(x->pointer(), "/a~1b/m~0n/1/x");
  EXPECT_EQ(x->where().to_string(), "a.json:2:28 /a~1b/m~0n/1/x");
  EXPECT_EQ(x->key_where().column, 23u);
  EXPECT_EQ(d.root().find("nothing"), std::nullopt);
  EXPECT_EQ(d.root().size(), 3u);
  EXPECT_EQ(d.root().pointer(), "");
  EXPECT_EQ(d.root().find("empty")->begin(), d.root().find("empty")->end());
  EXPECT_EQ(d.root().find("none")->where().to_string(), "a.json:3:24 /none");
}

TEST(json, a_byte_order_mark_is_skipped_and_takes_no_column) {
  const auto d = parse("\xEF\xBB\xBF{\"a\": 1}", "a.json");
  EXPECT_EQ(d.root().find("a")->where().to_string(), "a.json:1:7 /a");
}

TEST(json, texts_are_unescaped) {
  EXPECT_EQ(parse(R"("\u0041\n\ud83d\ude00\/")").root().as_string(), "A\n\xF0\x9F\x98\x80/");
}

TEST(json, duplicate_keys_are_refused_even_when_written_differently_but_leave_a_document) {
  findings out;
  const auto d = parse("{\"a\": 1,\n \"\\u0061\": 2}", "a.json", out);
  EXPECT_TRUE(d.has_value());
  EXPECT_EQ(out.to_string(),
            "error[duplicate_key] a.json:2:2 /a: the key stands twice in one object (found \"a\")\n"
            "hint: it stands at 1:2 too; keep one of them");
  std::string many = "{";
  for (int i = 0; i < 40; ++i) many += "\"k" + std::to_string(i) + "\": 1,";
  EXPECT_EQ(mistakes(many + "\"k7\": 2}").substr(0, 20), "error[duplicate_key]");
}

TEST(json, depth_is_limited_and_the_limit_can_be_set) {
  const std::string deep = std::string(128, '[') + std::string(128, ']');
  EXPECT_EQ(mistakes(deep), "");
  EXPECT_EQ(mistakes('[' + deep + ']'),
            "error[limit] a.json:1:129: arrays and objects are nested too deeply (found level 129, expected "
            "at most 128 levels)");
  EXPECT_EQ(mistakes("[[1]]", {.max_depth = 1}),
            "error[limit] a.json:1:2 /0: arrays and objects are nested too deeply (found level 2, expected "
            "at most 1 levels)");
  EXPECT_EQ(mistakes(std::string(2'000'000, '[')).substr(0, 13), "error[limit] ");
}

TEST(json, length_is_limited) {
  EXPECT_EQ(mistakes("[1, 2]", {.max_bytes = 5}),
            "error[limit] a.json: the JSON text is too long (found 6 bytes, expected at most 5)");
}

TEST(json, what_is_no_json_number_is_refused) {
  for (const char* word : {"NaN", "Infinity", "-Infinity", "nan", "1e400", "-1e999", "0x10", "01", "+1", ".5",
                           "5.", "1e", "--3", "1_000"}) {
    const std::string text = mistakes(std::string("{\"x\": ") + word + "}");
    EXPECT_EQ(text.substr(0, 24), "error[number] a.json:1:7") << text;
    EXPECT_NE(text.find(std::string("found ") + word), std::string::npos) << text;
  }
  EXPECT_EQ(mistakes("{\"x\": 1,5}"),
            "error[number] a.json:1:7 /x: a decimal comma (found 1,5, expected 1.5)");
}

TEST(json, writes_what_reads_back) {
  const std::string text =
      R"({"a": [1, 2.0, -0.1, null, true, "q\"\n\u0001"], "b": {}, "c": [], "d": {"e": 1e+300}})";
  const auto d = parse(text);
  EXPECT_EQ(write(d.root(), 0),
            R"({"a": [1, 2.0, -0.1, null, true, "q\"\n\u0001"], "b": {}, "c": [], "d": {"e": 1e+300}})");
  EXPECT_EQ(write(parse(write(d.root(), 2)).root(), 0), write(d.root(), 0));
  EXPECT_EQ(write(*d.root().find("d"), 2), "{\n  \"e\": 1e+300\n}");
}

TEST(json, a_missing_file_is_an_error_of_reading) {
  try {
    static_cast<void>(read_file("/nonexistent/x.json"));
    FAIL() << "nothing thrown";
  } catch (const error& e) {
    EXPECT_EQ(e.exit(), exit_code::io);
    EXPECT_STREQ(e.what(),
                 "error[cannot_read] /nonexistent/x.json: cannot read the file (found No such file or "
                 "directory)\nhint: check the path");
  }
}

}  // namespace
}  // namespace twill::table::json
