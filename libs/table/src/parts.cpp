// SPDX-License-Identifier: Apache-2.0
#include "parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace twill::table {
namespace {

namespace fs = std::filesystem;

bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string percent_decoded(std::string_view text) {
  const auto hex = [](char c) -> int {
    if (digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

[[noreturn]] void refuse(const std::string& folder, const std::error_code& why) {
  diagnosis d;
  d.what = "cannot list the folder";
  d.where.file = folder;
  d.found = why.message();
  throw error(errc::cannot_read, std::move(d));
}

}  // namespace

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool natural_less(std::string_view a, std::string_view b) noexcept {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [](std::string_view text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t start = at;
      while (at < text.size() && digit(text[at])) ++at;
      return text.substr(start, at - start);
    };
    const std::string_view x = number(a, i);
    const std::string_view y = number(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;  // only zeros before numbers differ
}

std::vector<table_part> list_parts(const std::string& folder, findings& out) {
  std::error_code failure;
  std::vector<table_part> parts;
  fs::recursive_directory_iterator at(folder, failure);
  if (failure) refuse(folder, failure);
  for (; at != fs::recursive_directory_iterator(); at.increment(failure)) {
    const fs::path& path = at->path();
    const std::string name = path.filename().string();
    const bool hidden = name.starts_with('_') || name.starts_with('.');
    if (at->is_directory(failure)) {
      if (hidden) at.disable_recursion_pending();
      continue;
    }
    if (hidden || (path.extension() != ".parquet" && path.extension() != ".csv")) continue;
    table_part part{.path = path.string(), .keys = {}};
    for (const fs::path& step : path.lexically_relative(folder).parent_path()) {
      const std::string text = step.string();
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0) continue;
      std::optional<std::string> value = percent_decoded(std::string_view(text).substr(equals + 1));
      if (*value == "__HIVE_DEFAULT_PARTITION__") value.reset();
      part.keys.emplace_back(percent_decoded(std::string_view(text).substr(0, equals)), std::move(value));
    }
    parts.push_back(std::move(part));
  }
  if (failure) refuse(folder, failure);
  std::ranges::sort(parts, natural_less, &table_part::path);
  if (parts.empty()) {
    out.error(rule::partition, {.what = "the folder has no part of a table",
                                .where = {.file = folder},
                                .expected = "files *.parquet or *.csv",
                                .hint = "names that begin with _ or . are left out"});
    return parts;
  }
  const auto keys_of = [](const table_part& part) {
    std::string text;
    for (const auto& [key, value] : part.keys) text += key + "=/";
    return text.empty() ? std::string("no folder key=value") : text;
  };
  for (const table_part& part : parts) {
    if (keys_of(part) == keys_of(parts.front())) continue;
    out.error(rule::partition,
              {.what = "the folders of a part have other keys",
               .where = {.file = part.path},
               .found = keys_of(part),
               .expected = fmt::format("{} as {}", keys_of(parts.front()), parts.front().path)});
  }
  return parts;
}

}  // namespace twill::table
