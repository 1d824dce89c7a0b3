// SPDX-License-Identifier: Apache-2.0
// Every rule of the validator on a case that breaks it: cases/mutations.txt says what is changed and what
// must be told. TWILL_WRITE_EXPECTED=1 writes what is told into the file; the difference is then to be read.
#include "case_folder.hpp"
#include "twill/base/file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace twill::sddp::tests {
namespace {

struct mutation {
  std::string name;
  std::vector<std::string> steps;     // edit/-/+/write/|/remove/move lines
  std::vector<std::string> expected;  // first lines and hints of the findings that the change adds
};

const std::string file_name = std::string(TWILL_SOURCE_DIR) + "/libs/sddp/tests/cases/mutations.txt";

std::vector<mutation> read_mutations() {
  std::vector<mutation> all;
  std::istringstream lines(twill::read_file(file_name));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("//")) continue;
    if (line.starts_with("[")) {
      all.push_back({line.substr(1, line.size() - 2), {}, {}});
    } else if (line.starts_with("> ")) {
      all.back().expected.push_back(line.substr(2));
    } else {
      all.back().steps.push_back(line);
    }
  }
  return all;
}

/// `\\n` stands for the end of a line, which a step cannot have.
std::string with_lines(std::string text) {
  for (std::size_t at = text.find("\\n"); at != std::string::npos; at = text.find("\\n", at + 1))
    text.replace(at, 2, "\n");
  return text;
}

void apply(const mutation& m, const case_folder& to) {
  std::string file;
  std::string old;
  std::string written;
  for (const std::string& step : m.steps) {
    const std::string rest = step.substr(1);
    if (step.starts_with("edit "))
      file = step.substr(5);
    else if (step.starts_with("-"))
      old = with_lines(rest);
    else if (step.starts_with("+"))
      to.replace(file, old, with_lines(rest));
    else if (step.starts_with("write "))
      file = step.substr(6), written.clear(), to.write(file, "");
    else if (step.starts_with("|"))
      written += rest + '\n', to.write(file, written);
    else if (step.starts_with("remove "))
      to.remove(step.substr(7));
    else
      FAIL() << m.name << ": no such step: " << step;
  }
}

std::multiset<std::string> told(const case_report& report) {
  std::multiset<std::string> all;
  for (const finding& f : report.findings) all.insert(f.to_string());
  return all;
}

std::vector<std::string> added_by(const mutation& m, const std::multiset<std::string>& before) {
  const case_folder broken;
  apply(m, broken);
  const case_report report = validate_case(broken.path());
  std::multiset<std::string> known = before;
  std::vector<std::string> lines;
  for (const finding& f : report.findings) {
    const std::string text = f.to_string();
    if (const auto at = known.find(text); at != known.end()) {
      known.erase(at);
      continue;
    }
    std::istringstream parts(text);
    for (std::string line; std::getline(parts, line);) {
      // Folders have names of their own each time.
      if (const auto at = line.find(broken.path()); at != std::string::npos)
        line.replace(at, broken.path().size(), "CASE");
      lines.push_back(line);
    }
  }
  return lines;
}

void write_expected(const std::map<std::string, std::vector<std::string>>& found) {
  std::istringstream lines(twill::read_file(file_name));
  std::string text;
  std::string name;
  const auto flush = [&] {
    for (const std::string& line : name.empty() ? std::vector<std::string>() : found.at(name))
      text += "> " + line + '\n';
    if (!name.empty()) text += '\n';
    name.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("> ") || line.empty()) continue;
    if (line.starts_with("[")) flush(), name = line.substr(1, line.size() - 2);
    text += line + '\n';
  }
  flush();
  std::ofstream(file_name) << text;
}

TEST(case_rules, each_broken_case_is_told_with_kind_place_words_and_hint) {
  const std::vector<mutation> all = read_mutations();
  ASSERT_GE(all.size(), 230U);
  const case_folder right;
  const case_report clean = validate_case(right.path());
  ASSERT_EQ(clean.errors, 0U) << clean.to_string();
  const auto before = told(clean);
  std::map<std::string, std::vector<std::string>> found;
  for (const mutation& m : all) {
    EXPECT_FALSE(found.contains(m.name)) << "two mutations of one name: " << m.name;
    found[m.name] = added_by(m, before);
    EXPECT_FALSE(found[m.name].empty()) << m.name << ": nothing is told";
  }
  if (std::getenv("TWILL_WRITE_EXPECTED") != nullptr) return write_expected(found);
  for (const mutation& m : all) EXPECT_EQ(found[m.name], m.expected) << m.name;
}

/// Rules are written as texts with a point: "hydro.bus_id". Those of the sources must stand in the mutations.
TEST(case_rules, every_rule_of_the_sources_has_a_broken_case) {
  const std::string expected = twill::read_file(file_name);
  std::set<std::string> missing;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(TWILL_SOURCE_DIR) + "/libs/sddp/src/case")) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("check_") && !name.starts_with("resolve") && name != "context.cpp") continue;
    const std::string source = twill::read_file(entry.path().string());
    for (std::size_t at = source.find('"'); at != std::string::npos; at = source.find('"', at + 1)) {
      const std::size_t end = source.find('"', at + 1);
      if (end == std::string::npos) break;
      const std::string word = source.substr(at + 1, end - at - 1);
      at = end;
      // Refusals name their feature alone.
      const std::string call = "refuse(\"" + word;
      if (at > call.size() && word.find('.') == std::string::npos &&
          source.compare(at - call.size(), call.size(), call) == 0 &&
          expected.find("[feature." + word + ']') == std::string::npos)
        missing.insert("feature." + word);
      const bool rule =
          word.find('.') != std::string::npos && word.find('.') != 0 && word.back() != '.' &&
          std::ranges::all_of(word, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; });
      if (!rule || word.ends_with(".json") || word.ends_with(".hpp") || word.ends_with(".csv")) continue;
      if (expected.find('[' + word + ']') == std::string::npos) missing.insert(word);
    }
  }
  EXPECT_EQ(missing, std::set<std::string>());
}

}  // namespace
}  // namespace twill::sddp::tests
