// SPDX-License-Identifier: Apache-2.0
#include "iter_support.hpp"
#include "twill/par/string.hpp"

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>

using namespace iter_test;
using namespace std::string_view_literals;

namespace {

using views = std::vector<std::string_view>;

/// Text of random characters of one to four bytes, now and then with a byte that belongs to none.
std::string random_text(std::uint32_t seed, std::size_t n, bool ill_formed) {
  std::mt19937 random(seed);
  const std::vector<std::string> alphabet{
      "a", "b", " ", "\n", "\r\n", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x8D\x8C", "\xE3\x80\x80", ",", "\t"};
  std::string text;
  for (std::size_t i = 0; i < n; ++i) {
    if (ill_formed && random() % 4 == 0) {
      text.push_back(static_cast<char>(0x80U + random() % 0x80U));
    } else {
      text += alphabet[random() % alphabet.size()];
    }
  }
  return text;
}

struct serial_split {
  views between;
  views inclusive;
  views terminated;
  views matched;
};

/// By hand, for a separator that matches at given places.
serial_split split_serially(std::string_view text,
                            const std::function<std::size_t(std::string_view)>& match_at_front) {
  serial_split out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = match_at_front(text.substr(i));
    if (n == 0) {
      ++i;
      continue;
    }
    out.between.push_back(text.substr(begin, i - begin));
    out.terminated.push_back(text.substr(begin, i - begin));
    out.inclusive.push_back(text.substr(begin, i + n - begin));
    out.matched.push_back(text.substr(i, n));
    i += n;
    begin = i;
  }
  out.between.push_back(text.substr(begin));
  if (begin != text.size()) {
    out.terminated.push_back(text.substr(begin));
    out.inclusive.push_back(text.substr(begin));
  }
  return out;
}

template <class Pattern>
void check_split(std::string_view text, Pattern pattern, const serial_split& expected) {
  ASSERT_EQ(items(text | par::split(pattern)), expected.between);
  ASSERT_EQ(items(text | par::split_inclusive(pattern)), expected.inclusive);
  ASSERT_EQ(items(text | par::split_terminator(pattern)), expected.terminated);
  ASSERT_EQ(items(text | par::matches(pattern)), expected.matched);
  const auto indexed = items(text | par::match_indices(pattern));
  ASSERT_EQ(indexed.size(), expected.matched.size());
  for (std::size_t i = 0; i < indexed.size(); ++i) {
    ASSERT_EQ(indexed[i].second, expected.matched[i]);
    ASSERT_EQ(text.data() + indexed[i].first, expected.matched[i].data());
  }
}

}  // namespace

TEST(iter_string, chars_decodes_every_length) {
  in_pools([] {
    EXPECT_EQ(items("z\xC3\x9F\xE6\xB0\xB4\xF0\x9F\x8D\x8C"sv | par::chars()),
              (std::vector<char32_t>{U'z', 0xDF, 0x6C34, 0x1F34C}));
    EXPECT_EQ(items(par::char_indices("a\xC3\x9F!")),
              (std::vector<std::pair<std::size_t, char32_t>>{{0, U'a'}, {1, 0xDF}, {3, U'!'}}));
    EXPECT_TRUE(items(""sv | par::chars()).empty());
  });
}

TEST(iter_string, each_maximal_ill_formed_part_is_one_replacement_character) {
  // The examples of Unicode 15, section 3.9, tables 3-8 to 3-11.
  const std::vector<std::pair<std::string, std::vector<char32_t>>> cases{
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41",
       {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0x41}},
      {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41",
       {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0x41}},
      {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42",
       {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0x41, 0xFFFD, 0xFFFD, 0x42}},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD, 0x41}},
      {"\xE2\x82", {0xFFFD}}};
  in_pools([&] {
    for (const auto& [text, expected] : cases) ASSERT_EQ(items(text | par::chars()), expected);
  });
}

TEST(iter_string, random_text_is_decoded_the_same_wherever_it_is_cut) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const std::string text = random_text(seed, 3000, seed % 2 == 0);
    std::vector<std::pair<std::size_t, char32_t>> expected;
    for (std::size_t at = 0; at < text.size();) {
      const auto c = par::detail::decode_utf8(std::string_view(text).substr(at));
      expected.emplace_back(at, c.value);
      at += c.bytes;
    }
    in_pools([&] { ASSERT_EQ(items(text | par::char_indices()), expected) << seed; });
  }
}

TEST(iter_string, encode_utf16_makes_surrogate_pairs) {
  in_pools([] {
    EXPECT_EQ(items("a\xE2\x82\xAC\xF0\x9F\x8D\x8C"sv | par::encode_utf16()),
              (std::vector<char16_t>{u'a', 0x20AC, 0xD83C, 0xDF4C}));
  });
}

TEST(iter_string, bytes_are_indexed) {
  const std::string text = "ab\xFF";
  static_assert(par::indexed_parallel_range<decltype(par::bytes(text))>);
  EXPECT_EQ(items(text | par::bytes()), (std::vector<unsigned char>{'a', 'b', 0xFF}));
}

TEST(iter_string, every_kind_of_pattern_cuts_as_the_serial_loop) {
  for (std::uint32_t seed = 0; seed < 12; ++seed) {
    const std::string text = random_text(seed, 2000, seed % 3 == 0);
    const auto starts_with = [](std::string_view s) {
      return [s](std::string_view rest) { return rest.starts_with(s) ? s.size() : 0; };
    };
    const auto comma = split_serially(text, starts_with(","));
    const auto euro = split_serially(text, starts_with("\xE2\x82\xAC"));
    const auto ab = split_serially(text, starts_with("ab"));
    const auto aa = split_serially(text, starts_with("aa"));
    const auto set = split_serially(text, [](std::string_view rest) -> std::size_t {
      if (rest.starts_with(',') || rest.starts_with('a')) return 1;
      return rest.starts_with("\xC3\xA9") ? 2 : 0;
    });
    in_pools([&] {
      check_split(text, ',', comma);
      check_split(text, U',', comma);
      check_split(text, [](char32_t c) { return c == U','; }, comma);
      check_split(text, U'\u20AC', euro);
      check_split(text, "\xE2\x82\xAC", euro);
      check_split(text, std::string("ab"), ab);
      // Occurrences of "aa" overlap: "aaa" holds one match, at its front.
      check_split(text, "aa", aa);
      check_split(text, U",a\u00E9", set);
    });
  }
}

TEST(iter_string, patterns_at_the_ends_and_in_nothing) {
  in_pools([] {
    EXPECT_EQ(items(",a,,b,"sv | par::split(',')), (views{"", "a", "", "b", ""}));
    EXPECT_EQ(items(",a,,b,"sv | par::split_terminator(',')), (views{"", "a", "", "b"}));
    EXPECT_EQ(items(",a,,b,"sv | par::split_inclusive(',')), (views{",", "a,", ",", "b,"}));
    EXPECT_EQ(items(""sv | par::split(',')), views{""});
    EXPECT_EQ(items(""sv | par::split_terminator(',')), views{});
    EXPECT_EQ(items(""sv | par::matches(',')), views{});
    EXPECT_EQ(items(par::split("a-b", '-')), (views{"a", "b"}));
  });
}

TEST(iter_string, lines_end_with_a_line_feed_and_perhaps_a_carriage_return) {
  in_pools([] {
    EXPECT_EQ(items("one\r\ntwo\n\nthree\r"sv | par::lines()), (views{"one", "two", "", "three\r"}));
    EXPECT_EQ(items("one\n"sv | par::lines()), views{"one"});
    EXPECT_EQ(items(""sv | par::lines()), views{});
  });
}

TEST(iter_string, words_stand_between_white_space) {
  const std::string text = " \t one\xC2\xA0two\xE3\x80\x80three \n\n four\x0B\x66ive ";
  in_pools([&] {
    EXPECT_EQ(items(text | par::split_whitespace()), (views{"one", "two", "three", "four", "five"}));
    EXPECT_EQ(items("\t one  two\n"sv | par::split_ascii_whitespace()), (views{"one", "two"}));
    EXPECT_EQ(items(text | par::split_ascii_whitespace()),
              (views{"one\xC2\xA0two\xE3\x80\x80three", "four\x0B\x66ive"}));
  });
}

TEST(iter_string, patterns_that_cannot_match_are_refused) {
  EXPECT_EQ(message_of<std::invalid_argument>([] { static_cast<void>("a"sv | par::split("")); }),
            "par: the pattern is an empty string");
  EXPECT_EQ(message_of<std::invalid_argument>([] { static_cast<void>("a"sv | par::split('\xE9')); }),
            "par: a char pattern must be ASCII; use a char32_t for any other character");
}
