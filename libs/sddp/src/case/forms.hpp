// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "raw.hpp"
#include "twill/table/json_fields.hpp"

#include <string>
#include <string_view>
#include <vector>

// The JSON form of every file of a case: what a key means, its type, its range. Readers, the page of the
// format and the JSON Schemas come from these.
namespace twill::sddp::detail {

namespace json = table::json;

[[nodiscard]] const json::description<raw::config>& config_form();
[[nodiscard]] const json::description<raw::penalties>& penalties_form();
[[nodiscard]] const json::description<raw::stages>& stages_form();
[[nodiscard]] const json::description<raw::initial_conditions>& initial_conditions_form();
[[nodiscard]] const json::description<raw::list<raw::bus>>& buses_form();
[[nodiscard]] const json::description<raw::list<raw::line>>& lines_form();
[[nodiscard]] const json::description<raw::list<raw::hydro>>& hydros_form();
[[nodiscard]] const json::description<raw::list<raw::thermal>>& thermals_form();
[[nodiscard]] const json::description<raw::list<raw::source>>& sources_form();
[[nodiscard]] const json::description<raw::list<raw::contract>>& contracts_form();
[[nodiscard]] const json::description<raw::list<raw::pump>>& pumps_form();
[[nodiscard]] const json::description<raw::list<raw::production_model>>& production_models_form();
[[nodiscard]] const json::description<raw::list<raw::factors>>& load_factors_form();
[[nodiscard]] const json::description<raw::list<raw::factors>>& source_factors_form();
[[nodiscard]] const json::description<raw::list<raw::exchange_factors>>& exchange_factors_form();
[[nodiscard]] const json::description<raw::correlation>& correlation_form();
[[nodiscard]] const json::description<raw::list<raw::constraint>>& constraints_form();

/// One penalty of a hydro: its key in files and tables, and where it goes.
struct hydro_penalty {
  std::string_view key;
  raw::opt<double> raw::hydro_penalties::* member;
  std::string_view unit;
  std::string_view doc;
  bool required;  // in penalties.json
  bool may_be_zero;
};
[[nodiscard]] const std::vector<hydro_penalty>& hydro_penalty_keys();

/// An object form whose unknown keys are warnings, as everywhere in a case.
template <class T>
[[nodiscard]] json::description<T> object(std::string name, std::string doc = {}) {
  json::description<T> made(std::move(name), std::move(doc));
  made.unknown_keys(table::severity::warning);
  return made;
}

template <class T, class D>
[[nodiscard]] json::description<raw::list<T>> list_of(const std::string& file, const std::string& key,
                                                      const std::string& doc, const D& item) {
  auto made = object<raw::list<T>>(file, doc);
  made.field(key, &raw::list<T>::items, item, {.doc = "one object each"});
  made.ignored("version");
  return made;
}

template <class T>
void with_lifetime(json::description<T>& form) {
  raw::opt<raw::id> T::* entry = &T::entry;
  raw::opt<raw::id> T::* exit = &T::exit;
  form.field("entry_stage_id", entry, {.doc = "first stage at which it exists; the first of the study"});
  form.field("exit_stage_id", exit, {.doc = "first stage at which it exists no longer; never"});
}

}  // namespace twill::sddp::detail
