// SPDX-License-Identifier: Apache-2.0
// Flags of the example programs: one table says what there is, --help prints it, and a word that is not in it
// ends the program with the code of usage errors and the flag that was most likely meant.
#pragma once

#include "twill/base/error.hpp"
#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flags {

struct flag {
  std::string_view name;                         // --paths
  std::string_view value;                        // what stands behind it: N, FOLDER; empty: nothing
  std::string_view help;                         // one line
  std::function<void(const std::string&)> take;  // gets the value, or the name where there is none
};

[[noreturn]] inline void refuse(std::string what, std::string_view where, std::string found,
                                std::string expected, std::string hint) {
  throw twill::error(twill::errc::bad_configuration, {.what = std::move(what),
                                                      .where = twill::location{.file = std::string(where)},
                                                      .found = std::move(found),
                                                      .expected = std::move(expected),
                                                      .hint = std::move(hint)});
}

// A number from `least` on.
inline auto number(std::string_view name, std::uint64_t least, std::function<void(std::uint64_t)> take) {
  return [name, least, take = std::move(take)](const std::string& text) {
    const auto n = twill::parse_uint64(text);
    if (!n || n.value < least)
      refuse("malformed value", name, text, "a number from " + std::to_string(least) + " on", {});
    take(n.value);
  };
}

inline void print_help(std::string_view about, std::string_view examples, std::span<const flag> all) {
  std::printf("%.*s\n\nFlags:\n", static_cast<int>(about.size()), about.data());
  for (const flag& f : all) {
    const std::string left = std::string(f.name) + (f.value.empty() ? "" : " ") + std::string(f.value);
    std::printf("  %-24s %.*s\n", left.c_str(), static_cast<int>(f.help.size()), f.help.data());
  }
  std::printf("  %-24s this text\n\nExamples:\n%.*s", "--help", static_cast<int>(examples.size()),
              examples.data());
}

// True: --help was asked for and printed, and the program is done.
inline bool read(int argc, char** argv, std::string_view about, std::string_view examples,
                 std::span<const flag> all) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help" || word == "-h") {
      print_help(about, examples, all);
      return true;
    }
    const flag* found = nullptr;
    std::vector<std::string_view> known{"--help"};
    for (const flag& f : all) {
      known.push_back(f.name);
      if (f.name == word) found = &f;
    }
    if (found == nullptr) {
      const std::string near = twill::nearest_name(word, known);
      refuse("unknown flag", word, {}, {},
             near.empty() ? "--help lists all flags" : "did you mean " + near + "?");
    }
    if (found->value.empty()) {
      found->take(word);
    } else if (i + 1 < argc) {
      found->take(argv[++i]);
    } else {
      refuse("missing value", word, "nothing", std::string(found->value), {});
    }
  }
  return false;
}

}  // namespace flags
