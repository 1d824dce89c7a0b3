// SPDX-License-Identifier: Apache-2.0
// Any bytes as one file of a case that is right: it is read, or refused with findings that say where and why.
// The first byte chooses the file, the rest is its content.
#include "fuzz.hpp"
#include "twill/base/file.hpp"
#include "twill/sddp/case.hpp"
#include "twill/sddp/plan.hpp"
#include "twill/sddp/templates.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>

using namespace twill::sddp;
namespace fs = std::filesystem;

namespace {

// Seeds under libs/sddp/tests/corpus/case/ count on this order: new names go to the end.
constexpr std::array<std::string_view, 17> documents{
    "config.json",
    "penalties.json",
    "stages.json",
    "initial_conditions.json",
    "system/buses.json",
    "system/lines.json",
    "system/hydros.json",
    "system/thermals.json",
    "system/non_controllable_sources.json",
    "system/pumping_stations.json",
    "system/energy_contracts.json",
    "system/hydro_production_models.json",
    "scenarios/load_factors.json",
    "scenarios/non_controllable_factors.json",
    "scenarios/correlation.json",
    "constraints/exchange_factors.json",
    "constraints/generic_constraints.json",
};
constexpr std::array<std::string_view, 23> tables{
    "system/hydro_geometry",
    "system/fpha_hyperplanes",
    "scenarios/inflow_seasonal_stats",
    "scenarios/inflow_ar_coefficients",
    "scenarios/inflow_annual_component",
    "scenarios/inflow_history",
    "scenarios/load_seasonal_stats",
    "scenarios/non_controllable_stats",
    "scenarios/noise_openings",
    "scenarios/external_inflow_scenarios",
    "scenarios/external_load_scenarios",
    "scenarios/external_ncs_scenarios",
    "constraints/thermal_bounds",
    "constraints/hydro_bounds",
    "constraints/line_bounds",
    "constraints/pumping_bounds",
    "constraints/contract_bounds",
    "constraints/ncs_bounds",
    "constraints/generic_constraint_bounds",
    "constraints/penalty_overrides_bus",
    "constraints/penalty_overrides_line",
    "constraints/penalty_overrides_hydro",
    "constraints/penalty_overrides_ncs",
};

/// The name for a first byte; tables come as CSV and, after these, as Parquet.
std::string name_of_choice(std::size_t choice) {
  choice %= documents.size() + 2 * tables.size();
  if (choice < documents.size()) return std::string(documents[choice]);
  choice -= documents.size();
  return std::string(tables[choice % tables.size()]) + (choice < tables.size() ? ".csv" : ".parquet");
}

/// A case with a cascade, lags, wind and two buses in a folder of its own.
class workplace {
 public:
  workplace() {
    std::string pattern = (fs::temp_directory_path() / "twill-case-fuzz-XXXXXX").string();
    require(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern + "/case";
    write_template("cascade", path_);
    require(validate_case(path_).errors == 0);
  }
  ~workplace() {
    std::error_code ignored;
    fs::remove_all(fs::path(path_).parent_path(), ignored);
  }
  workplace(const workplace&) = delete;
  workplace& operator=(const workplace&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  void put(const std::string& name, std::string_view content) {
    const fs::path to = fs::path(path_) / name;
    if (fs::exists(to)) kept_.emplace(name, twill::read_file(to.string()));
    fs::create_directories(to.parent_path());
    twill::write_file_atomically(to.string(), content);
  }
  void restore(const std::string& name) {
    const auto before = kept_.find(name);
    if (before != kept_.end())
      twill::write_file_atomically(path_ + '/' + name, before->second);
    else
      fs::remove(fs::path(path_) / name);
  }

 private:
  std::string path_;
  std::map<std::string, std::string> kept_;
};

void check(const case_report& report) {
  std::size_t errors = 0;
  for (const finding& f : report.findings) {
    errors += f.level == severity::error ? 1U : 0U;
    require(!f.rule.empty() && !f.details.what.empty() && !f.details.where.file.empty());
    require(!name_of(f.kind).empty());
    require((f.kind == finding_kind::model_quality || f.kind == finding_kind::unused_entity) ==
            (f.level == severity::warning));
  }
  require(errors <= report.errors && (errors != 0) == (report.errors != 0));
  require(!report.to_string().empty() && !report.to_json().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static workplace place;
  if (size == 0) return 0;
  const std::string name = name_of_choice(data[0]);
  place.put(name, {reinterpret_cast<const char*>(data) + 1, size - 1});
  const case_options options{.tables = name.ends_with(".csv") ? table_choice::csv : table_choice::automatic};
  const case_report report = validate_case(place.path(), options);
  check(report);
  try {
    const study read = load_case(place.path(), options);
    require(report.errors == 0 && read.report.findings == report.findings);
    require(!plan_study(read, 1).to_string().empty());
  } catch (const case_error& wrong) {
    require(wrong.report().findings == report.findings && report.errors != 0);
  }
  place.restore(name);
  return 0;
}
