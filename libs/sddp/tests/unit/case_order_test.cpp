// SPDX-License-Identifier: Apache-2.0
// The order in which a case says things never matters: rows and columns of tables, elements of arrays that
// are sets, keys of objects.
#include "case_folder.hpp"
#include "twill/table/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

namespace twill::sddp::tests {
namespace {

namespace fs = std::filesystem;
namespace json = table::json;

/// std::shuffle draws differently in every standard library.
template <class T>
void shuffle(std::vector<T>& all, std::mt19937& random) {
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random() % i]);
}

/// Arrays whose order says something: segments by cost, points of a curve, months, lags, matrices, ranges of
/// which the first counts.
bool is_a_list(std::string_view key) {
  static constexpr std::array lists{
      std::string_view("deficit_segments"), std::string_view("points"),
      std::string_view("coefficients"),     std::string_view("coefficients_mm"),
      std::string_view("values_m3s"),       std::string_view("season_ids"),
      std::string_view("matrix"),           std::string_view("entities"),
      std::string_view("stage_ranges"),     std::string_view("reference_volumes_hm3"),
      std::string_view("stopping_rules")};
  return std::ranges::find(lists, key) != lists.end();
}

/// `list`: an array inside of such a list, the row of a matrix.
std::string shuffled(json::value v, std::mt19937& random, bool list = false) {
  if (!v.is_object() && !v.is_array()) return json::write(v, 0);
  list = v.is_array() && (list || is_a_list(v.key()));
  std::vector<std::string> parts;
  for (const json::value inner : v)
    parts.push_back(v.is_object() ? json::quoted(inner.key()) + ": " + shuffled(inner, random)
                                  : shuffled(inner, random, list));
  if (!list) shuffle(parts, random);
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return v.is_object() ? '{' + text + '}' : '[' + text + ']';
}

std::string shuffled_table(const std::string& text, std::mt19937& random) {
  std::istringstream lines(text);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string>& fields = rows.emplace_back();
    line += ',';
    for (std::size_t at = 0; at < line.size(); at = line.find(',', at) + 1)
      fields.push_back(line.substr(at, line.find(',', at) - at));
  }
  std::vector<std::size_t> columns(rows.front().size());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  shuffle(columns, random);
  std::vector<std::string> written;
  for (const auto& row : rows) {
    std::string& line = written.emplace_back();
    for (const std::size_t c : columns) line += (line.empty() && c == columns.front() ? "" : ",") + row[c];
  }
  std::vector<std::string> body(written.begin() + 1, written.end());
  shuffle(body, random);
  std::string made = written.front() + '\n';
  for (const std::string& line : body) made += line + '\n';
  return made;
}

/// What is told, without places: these move with what is told about.
std::multiset<std::tuple<finding_kind, std::string, std::string>> kinds_told(const case_report& report) {
  std::multiset<std::tuple<finding_kind, std::string, std::string>> all;
  for (const finding& f : report.findings) all.emplace(f.kind, f.rule, f.entity);
  return all;
}

void shuffle_files(const case_folder& in, std::mt19937& random) {
  for (const auto& entry : fs::recursive_directory_iterator(in.path())) {
    const std::string name = fs::relative(entry.path(), in.path()).string();
    if (entry.path().extension() == ".csv")
      in.write(name, shuffled_table(in.read(name), random));
    else if (entry.path().extension() == ".json")
      in.write(name, shuffled(json::parse(in.read(name)).root(), random));
  }
}

std::vector<std::string> cases() {
  std::vector<std::string> all{"tests/cases/complete", "tests/cases/own-two-plants"};
  for (const char* folder : {"templates", "../../../shared/cases"}) {
    const fs::path at = fs::path(TWILL_SOURCE_DIR) / "libs/sddp" / folder;
    if (!fs::exists(at)) continue;
    for (const auto& entry : fs::directory_iterator(at))
      if (entry.is_directory()) all.push_back(std::string(folder) + '/' + entry.path().filename().string());
  }
  std::ranges::sort(all);
  return all;
}

TEST(case_order, no_shuffling_of_what_is_a_set_changes_the_study) {
  std::mt19937 random(10);
  for (const std::string& name : cases()) {
    const case_folder as_it_is(name);
    const case_options csv{.tables = table_choice::csv};
    const case_report clean = validate_case(as_it_is.path(), csv);
    for (int round = 0; round < (name == "tests/cases/complete" ? 20 : 3); ++round) {
      const case_folder turned(name);
      shuffle_files(turned, random);
      const case_report again = validate_case(turned.path(), csv);
      ASSERT_EQ(kinds_told(again), kinds_told(clean)) << name << '\n' << again.to_string();
      if (clean.errors != 0) break;
      const study before = load_case(as_it_is.path(), csv);
      const study after = load_case(turned.path(), csv);
      EXPECT_TRUE(after.model == before.model) << name;
      EXPECT_TRUE(after.settings == before.settings) << name;
    }
  }
}

TEST(case_order, the_shuffle_itself_keeps_what_is_a_list) {
  std::mt19937 random(1);
  const json::document text = json::parse(R"({"points": [[1, 2, 3], [4]], "name": "a\"b", "ids": []})");
  const std::string made = shuffled(text.root(), random);
  EXPECT_NE(made.find(R"("points": [[1, 2, 3], [4]])"), std::string::npos) << made;
  EXPECT_NE(made.find(R"("name": "a\"b")"), std::string::npos) << made;
  EXPECT_EQ(shuffled_table("a,b\n1,\n", random).size(), 7U);
}

}  // namespace
}  // namespace twill::sddp::tests
