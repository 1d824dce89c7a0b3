// SPDX-License-Identifier: Apache-2.0
// The reference page of keys and columns is written from the forms that read them, so it cannot say other
// things. TWILL_WRITE_EXPECTED=1 writes it.
#include "case/files.hpp"
#include "case/forms.hpp"
#include "twill/base/file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace twill::sddp::detail {
namespace {

const std::string page_name = std::string(TWILL_SOURCE_DIR) + "/docs/reference/case-keys.md";

/// The file itself is a section of the page, the objects inside of it are below.
template <class T>
std::string of_file(const std::string& name, const json::description<T>& form) {
  std::string text = json::to_markdown(form);
  const std::size_t end = text.find('\n');
  return "\n## " + name + '\n' + text.substr(end + 1);
}

std::string of_table(const table_form& form) {
  std::string text = table::to_markdown(form.schema);
  const std::size_t end = text.find('\n');
  const auto words = [](const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "`" : ", `") + name + '`';
    return all;
  };
  std::string made = "\n## " + form.path + '\n' + text.substr(end + 1);
  made += "\nNo two rows agree in " + words(form.key) + '.';
  if (!form.positive.empty()) made += " Above 0: " + words(form.positive) + '.';
  return made + '\n';
}

std::string page() {
  std::string text =
      "# Keys and columns of a case\n\n"
      "Written from the forms by which `twill sddp` reads them; [the format](case-format.md) tells what they "
      "are for.\n"
      "Optional keys may be absent or `null`; optional columns may be absent, or empty in a row.\n";
  text += of_file("config.json", config_form());
  text += of_file("penalties.json", penalties_form());
  text += of_file("stages.json", stages_form());
  text += of_file("initial_conditions.json", initial_conditions_form());
  text += of_file("system/buses.json", buses_form());
  text += of_file("system/lines.json", lines_form());
  text += of_file("system/hydros.json", hydros_form());
  text += of_file("system/thermals.json", thermals_form());
  text += of_file("system/non_controllable_sources.json", sources_form());
  text += of_file("system/pumping_stations.json", pumps_form());
  text += of_file("system/energy_contracts.json", contracts_form());
  text += of_file("system/hydro_production_models.json", production_models_form());
  text += of_file("scenarios/load_factors.json", load_factors_form());
  text += of_file("scenarios/non_controllable_factors.json", source_factors_form());
  text += of_file("scenarios/correlation.json", correlation_form());
  text += of_file("constraints/exchange_factors.json", exchange_factors_form());
  text += of_file("constraints/generic_constraints.json", constraints_form());
  for (const table_form& form : table_forms()) text += of_table(form);
  return text;
}

TEST(case_keys, the_reference_page_says_what_the_forms_read) {
  const std::string made = page();
  if (std::getenv("TWILL_WRITE_EXPECTED") != nullptr) std::ofstream(page_name) << made;
  EXPECT_EQ(twill::read_file(page_name), made) << "write it anew with TWILL_WRITE_EXPECTED=1";
}

TEST(case_keys, every_key_and_column_says_what_it_means) {
  const std::string made = page();
  // A row without a meaning ends with an empty cell.
  for (std::size_t at = made.find("|  |\n"); at != std::string::npos; at = made.find("|  |\n", at + 1)) {
    const std::size_t start = made.rfind('\n', at) + 1;
    ADD_FAILURE() << made.substr(start, at - start);
  }
  EXPECT_EQ(table_forms().size() + 17, 40U) << "files that a case may have";
}

}  // namespace
}  // namespace twill::sddp::detail
