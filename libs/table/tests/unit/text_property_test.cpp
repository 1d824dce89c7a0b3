// SPDX-License-Identifier: Apache-2.0
#include "twill/base/number.hpp"
#include "twill/table/csv.hpp"
#include "twill/table/json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace twill::table {
namespace {

std::string text_of(const std::vector<int>& picks) {
  static const std::vector<std::string> pieces{"a",  "B",    " ",        ",", ";", "\t", "\"",           "\n",
                                               "\r", "\r\n", "\xC3\xA9", "1", "-", ".",  "\xEF\xBB\xBF", "\\",
                                               "/",  "~"};
  std::string text;
  for (const int p : picks) text += pieces[static_cast<std::size_t>(p) % pieces.size()];
  return text;
}

double double_of(std::uint64_t bits) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

TEST(csv_property, tables_read_back_as_written) {
  EXPECT_TRUE(rc::check("csv round trip", [] {
    const auto rows = *rc::gen::inRange<std::size_t>(0, 20);
    const char delimiter = *rc::gen::element(',', ';', '\t');
    const bool crlf = *rc::gen::arbitrary<bool>();
    column_table t("t");
    buffer<double> reals;
    buffer<std::int64_t> integers;
    buffer<std::uint64_t> naturals;
    buffer<bool> truths;
    buffer<date> days;
    string_array texts;
    buffer<std::uint8_t> present;
    for (std::size_t i = 0; i < rows; ++i) {
      const double real = double_of(*rc::gen::arbitrary<std::uint64_t>());
      reals.push_back(std::isfinite(real) ? real : static_cast<double>(i) / 7);
      integers.push_back(*rc::gen::arbitrary<std::int64_t>());
      naturals.push_back(*rc::gen::arbitrary<std::uint64_t>());
      truths.push_back(*rc::gen::arbitrary<bool>());
      days.push_back({*rc::gen::inRange(-700000, 2000000)});
      texts.push_back(text_of(*rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 18))));
      present.push_back(*rc::gen::inRange(0, 4) != 0 ? 1 : 0);
    }
    table_column text("text", column_type::string);
    for (std::size_t i = 0; i < rows; ++i) text.mutable_strings().push_back(present[i] != 0 ? texts[i] : "");
    text.set_validity(present);
    t.add(table_column("real", std::move(reals), present));
    t.add(table_column("integer", std::move(integers)));
    t.add(table_column("natural", std::move(naturals), present));
    t.add(table_column("truth", std::move(truths)));
    t.add(table_column("day", std::move(days), present));
    t.add(std::move(text));
    table_schema schema;
    for (const auto& c : t.columns())
      schema.columns.push_back({.name = c.name(), .type = c.type(), .nullable = true});
    const std::string written = write_csv(t, {.delimiter = delimiter, .crlf = crlf});
    const auto read = read_csv(written, "t", {.delimiter = delimiter, .schema = schema});
    RC_ASSERT(read.table == t);
    RC_ASSERT(write_csv(read.table, {.delimiter = delimiter, .crlf = crlf}) == written);
  }));
}

TEST(csv_property, doubles_are_read_as_the_library_reads_them) {
  EXPECT_TRUE(rc::check("fast numbers", [] {
    const auto digits = std::to_string(*rc::gen::arbitrary<std::uint64_t>());
    const auto cut = *rc::gen::inRange<std::size_t>(0, digits.size() + 1);
    std::string text =
        (*rc::gen::arbitrary<bool>() ? "-" : "") + digits.substr(0, cut) + "." + digits.substr(cut);
    if (*rc::gen::arbitrary<bool>()) text += "e" + std::to_string(*rc::gen::inRange(-330, 300));
    findings out;
    const auto t = read_csv("x\n0.5\n" + text + "\n", "t", {}, out).table;
    if (out.empty()) {
      RC_ASSERT(t.column<double>("x")[1] == parse_double(text).value);
    } else {
      RC_ASSERT(parse_double(text).fault != number_fault::none);
    }
  }));
}

std::string json_of(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
    case 0: return "null";
    case 1: return *rc::gen::arbitrary<bool>() ? "true" : "false";
    case 2: return std::to_string(*rc::gen::arbitrary<std::int64_t>());
    case 3: {
      const double real = double_of(*rc::gen::arbitrary<std::uint64_t>());
      const std::string text = shortest(std::isfinite(real) ? real : 0.25);
      return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
    }
    case 4: return json::quoted(text_of(*rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 18))));
    case 5: {
      std::string text = "[";
      const int n = *rc::gen::inRange(0, 4);
      for (int i = 0; i < n; ++i) text += (i == 0 ? "" : ", ") + json_of(depth - 1);
      return text + "]";
    }
    default: {
      std::string text = "{";
      const int n = *rc::gen::inRange(0, 4);
      for (int i = 0; i < n; ++i) {
        text += i == 0 ? "" : ", ";
        text += json::quoted("k" + std::to_string(i) +
                             text_of(*rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 18)))) +
                ": " + json_of(depth - 1);
      }
      return text + "}";
    }
  }
}

TEST(json_property, texts_write_back_as_they_were_and_places_point_at_their_values) {
  EXPECT_TRUE(rc::check("json round trip", [] {
    const std::string text = json_of(4);
    const auto d = json::parse(text);
    RC_ASSERT(json::write(d.root(), 0) == text);
    RC_ASSERT(json::write(json::parse(json::write(d.root(), 2)).root(), 0) == text);
    // One line: the column of a value is its offset, where its own text must stand.
    std::vector<json::value> todo{d.root()};
    while (!todo.empty()) {
      const json::value v = todo.back();
      todo.pop_back();
      const std::string own = json::write(v, 0);
      RC_ASSERT(text.compare(v.where().column - 1, own.size(), own) == 0);
      todo.insert(todo.end(), v.begin(), v.end());
    }
  }));
}

TEST(json_property, a_cut_text_is_refused_with_a_place) {
  EXPECT_TRUE(rc::check("cut json", [] {
    const std::string text = "[" + json_of(3) + "]";
    const auto cut = *rc::gen::inRange<std::size_t>(0, text.size());
    findings out;
    RC_ASSERT(!json::parse(text.substr(0, cut), "t", out).has_value());
    RC_ASSERT(out.errors() >= 1);
    RC_ASSERT(out.items()[0].details.where.line == 1);
    RC_ASSERT(out.items()[0].details.what != "not a JSON text");
  }));
}

}  // namespace
}  // namespace twill::table
