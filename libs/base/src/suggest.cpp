// SPDX-License-Identifier: Apache-2.0
#include "twill/base/suggest.hpp"

#include <algorithm>
#include <vector>

namespace twill {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

// Optimal string alignment: Damerau's distance without edits inside a swapped pair, three rows of the table.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::string nearest_name(std::string_view mistyped, std::span<const std::string_view> known) {
  std::string wanted(mistyped);
  std::ranges::transform(wanted, wanted.begin(), lower);
  std::size_t best = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  std::string_view answer;
  for (const std::string_view name : known) {
    std::string candidate(name);
    std::ranges::transform(candidate, candidate.begin(), lower);
    if (const std::size_t distance = edit_distance(wanted, candidate); distance < best) {
      best = distance;
      answer = name;
    }
  }
  return std::string(answer);
}

}  // namespace twill
