// SPDX-License-Identifier: Apache-2.0
#include "form.hpp"

#include "../json/document.hpp"
#include "../utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace twill::table::csv {
namespace {

constexpr std::array<char, 3> candidates{',', ';', '\t'};
constexpr std::size_t looked_at = 64 * 1024;  // bytes of the text that decide
constexpr std::size_t lines_looked_at = 20;

}  // namespace

std::optional<char> detect_delimiter(std::string_view text) {
  using counts = std::array<std::size_t, candidates.size()>;
  counts header{};
  counts line{};
  counts agreeing{};
  std::size_t lines = 0;
  bool quoted = false;
  const std::string_view head = text.substr(0, looked_at);
  const auto end_line = [&](bool complete) {
    if (lines == 0) {
      header = line;
    } else if (complete) {
      for (std::size_t k = 0; k < candidates.size(); ++k) agreeing[k] += line[k] == header[k] ? 1U : 0U;
    }
    ++lines;
    line = {};
  };
  bool blank = true;
  for (const char c : head) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n') {
      if (!blank) end_line(true);
      if (lines == lines_looked_at) break;
      blank = true;
      continue;
    }
    blank = blank && c == '\r';
    for (std::size_t k = 0; k < candidates.size(); ++k) line[k] += c == candidates[k] ? 1U : 0U;
  }
  if (!blank && lines < lines_looked_at) end_line(head.size() == text.size());
  std::optional<char> best;
  std::size_t best_agreeing = 0;
  std::size_t best_count = 0;
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    if (header[k] == 0) continue;
    if (!best || agreeing[k] > best_agreeing || (agreeing[k] == best_agreeing && header[k] > best_count)) {
      best = candidates[k];
      best_agreeing = agreeing[k];
      best_count = header[k];
    }
  }
  return best;
}

bool check_encoding(std::string_view text, const std::string& name, findings& out) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
      (text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0'))) {
    diagnosis d;
    d.what = "the text is not UTF-8";
    d.where = {.file = name, .line = 1, .column = 1};
    d.found = "UTF-16";
    d.expected = "UTF-8";
    d.hint = "save the file as UTF-8";
    out.error(rule::encoding, std::move(d));
    return false;
  }
  const auto line_start = [&](std::size_t at) {
    const std::size_t last = text.substr(0, at).rfind('\n');
    return last == std::string_view::npos ? 0 : last + 1;
  };
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    diagnosis d;
    d.what = "a zero byte";
    d.where = {.file = name,
               .line = 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, zero), '\n')),
               .column = zero - line_start(zero) + 1};
    d.found = "\\x00";
    d.expected = "text";
    d.hint = "is this another kind of file, or one that was cut off while it was written?";
    out.error(rule::encoding, std::move(d));
    return false;
  }
  constexpr std::size_t told = 5;
  std::size_t count = 0;
  std::size_t line = 1;
  std::size_t counted_to = 0;
  for (std::size_t at = find_invalid_utf8(text); at != std::string_view::npos;
       at = find_invalid_utf8(text, at + 1)) {
    if (++count > told) continue;
    line += static_cast<std::size_t>(std::ranges::count(text.substr(counted_to, at - counted_to), '\n'));
    counted_to = at;
    out.error(rule::encoding,
              {.what = "a byte that is not UTF-8",
               .where = {.file = name, .line = line, .column = at - line_start(at) + 1},
               .found = fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[at]))),
               .expected = "UTF-8",
               .hint = "save the file as UTF-8; it may be Latin-1 or Windows-1252"});
  }
  if (count > told) {
    out.error(rule::encoding,
              {.what = fmt::format("{} bytes that are not UTF-8 in all", count), .where = {.file = name}});
  }
  return true;
}

std::string name_of_delimiter(char delimiter) {
  switch (delimiter) {
    case ',': return "comma";
    case ';': return "semicolon";
    case '\t': return "tab";
    default: return fmt::format("'{}'", delimiter);
  }
}

std::string excerpt(std::string_view text) { return json::detail::excerpt(text); }

}  // namespace twill::table::csv
