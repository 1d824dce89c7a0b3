// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"
#include "forms.hpp"

#include <utility>

namespace twill::sddp::detail {
namespace {

using table::column_spec;
using table::column_type;

column_spec id(std::string name, std::string doc) {
  return {.name = std::move(name), .type = column_type::int32, .doc = std::move(doc)};
}
column_spec maybe_id(std::string name, std::string doc) {
  return {.name = std::move(name),
          .type = column_type::int32,
          .required = false,
          .nullable = true,
          .doc = std::move(doc)};
}
column_spec real(std::string name, std::string unit, std::string doc, std::optional<double> minimum = {},
                 std::optional<double> maximum = {}) {
  return {.name = std::move(name),
          .minimum = minimum,
          .maximum = maximum,
          .unit = std::move(unit),
          .doc = std::move(doc)};
}
column_spec maybe(std::string name, std::string unit, std::string doc, std::optional<double> minimum = {}) {
  column_spec made = real(std::move(name), std::move(unit), std::move(doc), minimum);
  made.required = false;
  made.nullable = true;
  return made;
}

using columns = std::vector<column_spec>;

struct builder {
  std::vector<table_form> forms;

  table_form& add(std::string path, table_file case_files::* file, columns all,
                  std::vector<std::string> key) {
    table::table_schema schema{.name = path, .columns = std::move(all)};
    return forms.emplace_back(table_form{std::move(path), file, std::move(schema), std::move(key), {}});
  }
};

void system_tables(builder& b) {
  b.add(
      "system/hydro_geometry", &case_files::geometry,
      {id("hydro_id", "hydro"), real("volume_hm3", "hm3", "storage", 0),
       real("height_m", "m", "water level above", 0), real("area_km2", "km2", "surface, for evaporation", 0)},
      {"hydro_id", "volume_hm3"});
  b.add(
      "system/fpha_hyperplanes", &case_files::planes,
      {id("hydro_id", "hydro"), id("plane_id", "order of planes"),
       real("gamma_0", "MW", "constant of the plane"),
       real("gamma_v", "MW/hm3", "by mean storage, at least 0"),
       real("gamma_q", "MW/(m3/s)", "by turbined flow, above 0"),
       real("gamma_s", "MW/(m3/s)", "by spilled flow, at most 0"), maybe_id("stage_id", "stage; every stage"),
       maybe("kappa", "", "factor of the constant, above 0 and at most 1; 1", 0),
       maybe("valid_v_min_hm3", "hm3", "for people"), maybe("valid_v_max_hm3", "hm3", "for people"),
       maybe("valid_q_max_m3s", "m3/s", "for people")},
      {"hydro_id", "stage_id", "plane_id"});
}

void scenario_tables(builder& b) {
  b.add("scenarios/inflow_seasonal_stats", &case_files::inflow_stats,
        {id("hydro_id", "hydro"), id("stage_id", "stage"), real("mean_m3s", "m3/s", "mean inflow"),
         real("std_m3s", "m3/s", "deviation of the inflow; 0: certain", 0)},
        {"hydro_id", "stage_id"});
  b.add("scenarios/inflow_ar_coefficients", &case_files::inflow_ar,
        {id("hydro_id", "hydro"), id("stage_id", "stage"), id("lag", "stages before, from 1"),
         real("coefficient", "", "of the inflow so many stages before, over deviations"),
         real("residual_std_ratio", "", "deviation of the noise over that of the inflow, equal in all lags",
              0, 1)},
        {"hydro_id", "stage_id", "lag"})
      .positive = {"lag", "residual_std_ratio"};
  b.add("scenarios/inflow_annual_component", &case_files::inflow_annual,
        {id("hydro_id", "hydro"), id("stage_id", "stage"),
         real("annual_coefficient", "", "of the mean over twelve stages"),
         real("annual_mean_m3s", "m3/s", "of the mean over twelve stages"),
         real("annual_std_m3s", "m3/s", "of the mean over twelve stages", 0)},
        {"hydro_id", "stage_id"})
      .positive = {"annual_std_m3s"};
  b.add("scenarios/inflow_history", &case_files::inflow_history,
        {id("hydro_id", "hydro"),
         {.name = "date", .type = column_type::date, .doc = "first day of the period"},
         real("value_m3s", "m3/s", "inflow")},
        {"hydro_id", "date"});
  b.add("scenarios/load_seasonal_stats", &case_files::load_stats,
        {id("bus_id", "bus"), id("stage_id", "stage"), real("mean_mw", "MW", "mean load"),
         real("std_mw", "MW", "deviation of the load", 0)},
        {"bus_id", "stage_id"});
  b.add("scenarios/non_controllable_stats", &case_files::source_stats,
        {id("ncs_id", "non-controllable source"), id("stage_id", "stage"),
         real("mean", "", "mean share of max_generation_mw", 0, 1),
         real("std", "", "deviation of the share", 0)},
        {"ncs_id", "stage_id"});
  b.add("scenarios/noise_openings", &case_files::openings,
        {id("stage_id", "stage"),
         {.name = "opening_index", .type = column_type::uint32, .doc = "0 to num_scenarios - 1"},
         {.name = "entity_index",
          .type = column_type::uint32,
          .doc = "hydros, then uncertain loads, then uncertain sources, each by id"},
         real("value", "", "standard normal, correlated already, used as it is")},
        {"stage_id", "opening_index", "entity_index"});
  const auto external = [](std::string entity, std::string value, std::string unit) {
    column_spec stage = id("stage_id", "stage"), scenario = id("scenario_id", "scenario");
    stage.minimum = 0;
    scenario.minimum = 0;
    return columns{stage, scenario, id(std::move(entity), "whose"),
                   real(std::move(value), std::move(unit), "what is observed")};
  };
  b.add("scenarios/external_inflow_scenarios", &case_files::external_inflow,
        external("hydro_id", "value_m3s", "m3/s"), {"stage_id", "scenario_id", "hydro_id"});
  b.add("scenarios/external_load_scenarios", &case_files::external_load, external("bus_id", "value_mw", "MW"),
        {"stage_id", "scenario_id", "bus_id"});
  b.add("scenarios/external_ncs_scenarios", &case_files::external_source, external("ncs_id", "value", ""),
        {"stage_id", "scenario_id", "ncs_id"});
}

void bound_tables(builder& b) {
  b.add("constraints/thermal_bounds", &case_files::thermal_bounds,
        {id("thermal_id", "thermal"), id("stage_id", "stage"),
         maybe("min_generation_mw", "MW", "instead of the plant's", 0),
         maybe("max_generation_mw", "MW", "instead of the plant's", 0),
         maybe("cost_per_mwh", "$/MWh", "instead of the plant's", 0),
         maybe_id("block_id", "block; every block")},
        {"thermal_id", "stage_id", "block_id"});
  b.add("constraints/hydro_bounds", &case_files::hydro_bounds,
        {id("hydro_id", "hydro"), id("stage_id", "stage"),
         maybe("min_turbined_m3s", "m3/s", "instead of the plant's", 0),
         maybe("max_turbined_m3s", "m3/s", "instead of the plant's", 0),
         maybe("min_storage_hm3", "hm3", "instead of the plant's", 0),
         maybe("max_storage_hm3", "hm3", "instead of the plant's", 0),
         maybe("min_outflow_m3s", "m3/s", "instead of the plant's", 0),
         maybe("max_outflow_m3s", "m3/s", "instead of the plant's", 0),
         maybe("min_generation_mw", "MW", "instead of the plant's", 0),
         maybe("max_generation_mw", "MW", "instead of the plant's", 0),
         maybe("max_diversion_m3s", "m3/s", "instead of the plant's", 0),
         maybe("filling_inflow_m3s", "m3/s", "retained while filling", 0),
         maybe("water_withdrawal_m3s", "m3/s", "water that is taken out; 0", 0)},
        {"hydro_id", "stage_id"});
  b.add("constraints/line_bounds", &case_files::line_bounds,
        {id("line_id", "line"), id("stage_id", "stage"), maybe("direct_mw", "MW", "instead of the line's", 0),
         maybe("reverse_mw", "MW", "instead of the line's", 0)},
        {"line_id", "stage_id"});
  b.add("constraints/pumping_bounds", &case_files::pump_bounds,
        {id("station_id", "pumping station"), id("stage_id", "stage"),
         maybe("min_m3s", "m3/s", "instead of the station's", 0),
         maybe("max_m3s", "m3/s", "instead of the station's", 0)},
        {"station_id", "stage_id"});
  b.add("constraints/contract_bounds", &case_files::contract_bounds,
        {id("contract_id", "contract"), id("stage_id", "stage"),
         maybe("min_mw", "MW", "instead of the contract's", 0),
         maybe("max_mw", "MW", "instead of the contract's", 0),
         maybe("price_per_mwh", "$/MWh", "instead of the contract's")},
        {"contract_id", "stage_id"});
  b.add("constraints/ncs_bounds", &case_files::source_bounds,
        {id("ncs_id", "non-controllable source"), id("stage_id", "stage"),
         real("available_generation_mw", "MW", "instead of the capacity, where no statistics are given", 0)},
        {"ncs_id", "stage_id"});
  b.add("constraints/generic_constraint_bounds", &case_files::constraint_bounds,
        {id("constraint_id", "generic constraint"), id("stage_id", "stage"),
         real("bound", "", "right-hand side"), maybe_id("block_id", "block; every block")},
        {"constraint_id", "stage_id", "block_id"});
}

void cost_tables(builder& b) {
  b.add(
       "constraints/penalty_overrides_bus", &case_files::bus_costs,
       {id("bus_id", "bus"), id("stage_id", "stage"), maybe("excess_cost", "$/MWh", "instead of the case's")},
       {"bus_id", "stage_id"})
      .positive = {"excess_cost"};
  b.add("constraints/penalty_overrides_line", &case_files::line_costs,
        {id("line_id", "line"), id("stage_id", "stage"),
         maybe("exchange_cost", "$/MWh", "instead of the line's")},
        {"line_id", "stage_id"})
      .positive = {"exchange_cost"};
  b.add("constraints/penalty_overrides_ncs", &case_files::source_costs,
        {id("source_id", "non-controllable source"), id("stage_id", "stage"),
         maybe("curtailment_cost", "$/MWh", "instead of the source's")},
        {"source_id", "stage_id"})
      .positive = {"curtailment_cost"};
  columns all{id("hydro_id", "hydro"), id("stage_id", "stage")};
  std::vector<std::string> positive;
  for (const hydro_penalty& key : hydro_penalty_keys()) {
    all.push_back(maybe(std::string(key.key), std::string(key.unit), "instead of the hydro's"));
    positive.emplace_back(key.key);
  }
  b.add("constraints/penalty_overrides_hydro", &case_files::hydro_costs, std::move(all),
        {"hydro_id", "stage_id"})
      .positive = std::move(positive);
}

}  // namespace

const std::vector<table_form>& table_forms() {
  static const std::vector<table_form> forms = [] {
    builder b;
    system_tables(b);
    scenario_tables(b);
    bound_tables(b);
    cost_tables(b);
    return std::move(b.forms);
  }();
  return forms;
}

}  // namespace twill::sddp::detail
