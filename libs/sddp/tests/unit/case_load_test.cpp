// SPDX-License-Identifier: Apache-2.0
#include "case_folder.hpp"
#include "twill/sddp/plan.hpp"
#include "twill/sddp/templates.hpp"
#include "twill/table/parquet.hpp"
#include "twill/table/read_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

namespace twill::sddp::tests {
namespace {

namespace fs = std::filesystem;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

const study& complete() {
  static const study loaded = load_case(std::string(TWILL_SOURCE_DIR) + "/libs/sddp/tests/cases/complete");
  return loaded;
}

/// Rows of every CSV file and elements of the entity lists in the opposite order.
void reverse(const case_folder& in) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(in.path()))
    if (entry.path().extension() == ".csv") names.push_back(fs::relative(entry.path(), in.path()).string());
  for (const std::string& name : names) {
    std::istringstream lines(in.read(name));
    std::string head;
    std::getline(lines, head);
    std::string body;
    for (std::string line; std::getline(lines, line);) body.insert(0, line + '\n');
    in.write(name, head + '\n' + body);
  }
}

/// The elements of the array under a key, in the opposite order. Elements are objects.
void reverse_array(const case_folder& in, const std::string& file, const std::string& key) {
  const std::string text = in.read(file);
  const std::size_t from = text.find('[', text.find('"' + key + '"')) + 1;
  std::vector<std::string> elements;
  int depth = 0;
  std::size_t start = from;
  std::size_t at = from;
  for (; depth > 0 || text[at] != ']'; ++at) {
    if (text[at] == '{' || text[at] == '[') {
      if (depth++ == 0) start = at;
    } else if (text[at] == '}' || text[at] == ']') {
      if (--depth == 0) elements.push_back(text.substr(start, at + 1 - start));
    }
  }
  std::string turned;
  for (const std::string& element : elements)
    turned.insert(0, (turned.empty() ? "" : ", ")), turned.insert(0, element);
  in.write(file, text.substr(0, from) + turned + text.substr(at));
}

/// With `wide`, ids are INT64, as writers make them that know no other integers.
void to_parquet(const case_folder& in, bool wide = false) {
  std::vector<fs::path> texts;
  for (const auto& entry : fs::recursive_directory_iterator(in.path()))
    if (entry.path().extension() == ".csv") texts.push_back(entry.path());
  for (const fs::path& from : texts) {
    const table::column_table read = table::read_table(from.string());
    fs::path to = from;
    to.replace_extension(".parquet");
    table::column_table narrow(to.string());
    for (const table::table_column& column : read.columns()) {
      if (column.type() != table::column_type::int64) {
        narrow.add(column);
        continue;
      }
      // Numbers without a point and ids look alike in a CSV file: the typed file has doubles for the former.
      const bool id = column.name().ends_with("_id") || column.name() == "lag";
      const bool count = column.name().ends_with("_index");
      table::buffer<std::int32_t> ids;
      table::buffer<std::uint32_t> counts;
      table::buffer<double> reals;
      for (const std::int64_t x : column.values<std::int64_t>()) {
        ids.push_back(static_cast<std::int32_t>(x));
        counts.push_back(static_cast<std::uint32_t>(x));
        reals.push_back(static_cast<double>(x));
      }
      table::buffer<std::uint8_t> validity(column.validity());
      if (id && wide)
        narrow.add(column);
      else if (id)
        narrow.add(table::table_column(column.name(), std::move(ids), std::move(validity)));
      else if (count)
        narrow.add(table::table_column(column.name(), std::move(counts), std::move(validity)));
      else
        narrow.add(table::table_column(column.name(), std::move(reals), std::move(validity)));
    }
    table::write_parquet(to.string(), narrow);
    fs::remove(from);
  }
}

TEST(case_load, entities_are_ordered_by_id_and_refer_by_position) {
  const system& s = complete().model;
  ASSERT_EQ(s.buses.size(), 2U);
  EXPECT_EQ(s.buses[0].id, bus_id(10));
  EXPECT_EQ(s.buses[0].deficit_segments.size(), 2U);
  EXPECT_EQ(s.buses[0].deficit_segments[0], (deficit_segment{30.0, 900.0}));
  EXPECT_EQ(s.buses[1].deficit_segments, std::vector<deficit_segment>({{unlimited, 2500.0}}));
  ASSERT_EQ(s.hydros.size(), 2U);
  EXPECT_EQ(s.hydros[0].id, hydro_id(4));
  EXPECT_EQ(s.hydros[0].downstream, hydro_index(1));
  EXPECT_EQ(s.hydros[0].diverts_to, hydro_index(1));
  EXPECT_THAT(s.hydros[1].upstream, ElementsAre(hydro_index(0)));
  EXPECT_THAT(s.hydros[1].diverted_from, ElementsAre(hydro_index(0)));
  EXPECT_THAT(s.cascade, ElementsAre(hydro_index(0), hydro_index(1)));
  EXPECT_EQ(s.lines[0].target, bus_index(1));
  EXPECT_EQ(s.thermals[1].bus, bus_index(1));
  EXPECT_EQ(s.sources[0].id, source_id(6));
  EXPECT_THAT(s.initial.storage_hm3, ElementsAre(100.0, 30.0));
  EXPECT_THAT(s.initial.inflow_lags_m3s, ElementsAre(33.0, 12.0));
  EXPECT_EQ(s.state_size(), 4U);
}

TEST(case_load, stages_carry_hours_discount_risk_and_noise_groups) {
  const system& s = complete().model;
  ASSERT_EQ(s.stages.size(), 2U);
  EXPECT_EQ(s.stages[0].hours, 744.0);
  EXPECT_DOUBLE_EQ(s.stages[0].discount, std::pow(1.1, -31 / 365.25));
  EXPECT_DOUBLE_EQ(s.stages[1].discount, std::pow(1.05, -28 / 365.25));
  EXPECT_EQ(s.stages[0].risk, (risk_measure{.lambda = 0.25, .alpha = 0.4}));
  EXPECT_TRUE(s.stages[1].risk.is_expectation());
  EXPECT_EQ(s.stages[0].season, season_id(0));
  EXPECT_EQ(s.stages[1].noise_group, stage_id(1));
  EXPECT_EQ(s.stages[0].openings, 3U);
}

TEST(case_load, bounds_of_stages_and_blocks_override_those_of_plants) {
  const system& s = complete().model;
  const thermal_index coal(0);
  EXPECT_EQ(s.stages[0].at(coal, 0), (thermal_at_block{5.0, 50.0, 40.0}));
  EXPECT_EQ(s.stages[1].at(coal, 0), (thermal_at_block{5.0, 46.0, 44.0}));
  EXPECT_EQ(s.stages[1].at(coal, 1), (thermal_at_block{5.0, 45.0, 44.0}));
  const line_index tie(0);
  EXPECT_EQ(s.stages[0].at(tie, 1), (line_at_block{30.0, 25.0, 0.03}));
  EXPECT_EQ(s.stages[1].at(tie, 0), (line_at_block{14.0, 20.0, 0.07}));
  EXPECT_EQ(s.stages[1].at(tie, 1), (line_at_block{28.0, 25.0, 0.07}));
  const hydro_at_stage& top = s.stages[1].at(hydro_index(0));
  EXPECT_EQ(top.max_storage_hm3, 200.0);
  EXPECT_EQ(top.min_turbined_m3s, 3.0);
  EXPECT_EQ(top.max_diversion_m3s, 4.0);
  EXPECT_EQ(top.withdrawal_m3s, 2.0);
  EXPECT_EQ(top.max_outflow_m3s, 500.0);
  EXPECT_EQ(s.stages[0].at(hydro_index(0)).max_diversion_m3s, 5.0);
  EXPECT_EQ(s.stages[0].at(hydro_index(1)).max_outflow_m3s, unlimited);
}

TEST(case_load, penalties_follow_their_precedence) {
  const system& s = complete().model;
  const hydro_costs& first = s.stages[0].at(hydro_index(0)).costs;
  const hydro_costs& second = s.stages[1].at(hydro_index(0)).costs;
  const hydro_costs& general = s.stages[1].at(hydro_index(1)).costs;
  EXPECT_EQ(general.spillage_per_m3s_h, 0.012);
  EXPECT_EQ(first.spillage_per_m3s_h, 0.02);
  EXPECT_EQ(second.spillage_per_m3s_h, 0.03);
  // The plant says both directions, the stage only one: the other stays the plant's.
  EXPECT_EQ(general.withdrawal_under_per_m3s_h, 640.0);
  EXPECT_EQ(first.withdrawal_under_per_m3s_h, 700.0);
  EXPECT_EQ(second.withdrawal_under_per_m3s_h, 800.0);
  EXPECT_EQ(second.withdrawal_over_per_m3s_h, 700.0);
  EXPECT_EQ(general.negative_inflow_per_m3s_h, 1000.0);
  EXPECT_EQ(s.stages[0].at(bus_index(0)).excess_cost_per_mwh, 0.02);
  EXPECT_EQ(s.stages[1].at(bus_index(0)).excess_cost_per_mwh, 0.05);
  EXPECT_EQ(s.stages[0].at(source_index(0)).curtailment_cost_per_mwh, 0.009);
  EXPECT_EQ(s.stages[1].at(source_index(0)).curtailment_cost_per_mwh, 0.011);
}

TEST(case_load, loads_and_sources_have_statistics_and_factors) {
  const system& s = complete().model;
  EXPECT_EQ(s.stages[0].at(bus_index(0)), (bus_at_stage{48.0, 3.0, 0.02}));
  EXPECT_EQ(s.stages[0].load_factor(bus_index(0), 0), 1.2);
  EXPECT_EQ(s.stages[0].load_factor(bus_index(1), 0), 1.0);
  EXPECT_EQ(s.stages[1].load_factor(bus_index(1), 1), 0.95);
  const source_at_stage& wind = s.stages[1].at(source_index(0));
  EXPECT_EQ(wind.max_generation_mw, 20.0) << "statistics are shares of the capacity";
  EXPECT_EQ(wind.mean_fraction, 0.3);
  EXPECT_EQ(s.stages[0].source_factor(source_index(0), 0), 0.5);
  EXPECT_EQ(s.stages[0].source_factor(source_index(0), 1), 1.0);
}

TEST(case_load, planes_and_evaporation_are_resolved) {
  const system& s = complete().model;
  EXPECT_EQ(s.stages[0].at(hydro_index(0)).productivity_mw_per_m3s, 0.8);
  EXPECT_FALSE(s.stages[0].at(hydro_index(0)).planes);
  const auto of_all = s.stages[0].at(hydro_index(1)).planes;
  const auto of_second = s.stages[1].at(hydro_index(1)).planes;
  ASSERT_TRUE(of_all && of_second);
  EXPECT_NE(*of_all, *of_second);
  EXPECT_EQ(s.plane_sets[of_all->index()].planes,
            (std::vector<production_plane>{{0.98, 0.02, 0.45, -0.01}, {0.98 * 6.0, 0.01, 0.3, -0.01}}));
  EXPECT_EQ(s.plane_sets[of_second->index()].planes, (std::vector<production_plane>{{2.0, 0.0, 0.4, 0.0}}));
  const auto& evaporation = s.stages[0].at(hydro_index(0)).evaporation;
  ASSERT_TRUE(evaporation);
  // 90 mm over 744 h; area 4 + 100 * 5 / 120 km2 at 100 hm3, slope 5 / 120.
  const double per_hour = 1.0 / (3.6 * 744.0);
  EXPECT_DOUBLE_EQ(evaporation->m3s_per_hm3, per_hour * 90.0 * 5.0 / 120.0);
  EXPECT_DOUBLE_EQ(evaporation->constant_m3s, per_hour * 90.0 * 4.0);
  EXPECT_EQ(evaporation->least_m3s, 0.0);
  EXPECT_DOUBLE_EQ(evaporation->most_m3s, 2 * (evaporation->constant_m3s + evaporation->m3s_per_hm3 * 240.0));
  EXPECT_FALSE(s.stages[0].at(hydro_index(1)).evaporation);
}

TEST(case_load, inflows_follow_their_coefficients) {
  const inflow_model& m = complete().model.inflows;
  EXPECT_EQ(m.lags, 1U);
  EXPECT_THAT(m.order, ElementsAre(1U, 1U));
  const hydro_index top(0);
  // 0.5 * 7 / 6, from the deviations of the stage and the one before.
  EXPECT_DOUBLE_EQ(m.psi_of(0, top)[0], 0.5 * 7.0 / 6.0);
  EXPECT_DOUBLE_EQ(m.base(0, top), 34.0 - 0.5 * 7.0 / 6.0 * 30.0);
  EXPECT_DOUBLE_EQ(m.sigma(0, top), 7.0 * 0.9);
  EXPECT_DOUBLE_EQ(m.psi_of(1, top)[0], 0.5 * 8.0 / 7.0);
  EXPECT_EQ(m.mean_m3s[1], 12.0);
}

TEST(case_load, an_annual_component_makes_twelve_lags) {
  const case_folder with;
  with.write("scenarios/inflow_annual_component.csv",
             "hydro_id,stage_id,annual_coefficient,annual_mean_m3s,annual_std_m3s\n4,1,0.3,31.0,2.0\n");
  std::string stats = with.read("scenarios/inflow_seasonal_stats.csv");
  std::string before;
  for (int stage = -11; stage < -1; ++stage) before += "4," + std::to_string(stage) + ",30.0,6.0\n";
  with.write("scenarios/inflow_seasonal_stats.csv", stats + before);
  std::string stages;
  for (int id = -11; id < -1; ++id)
    stages +=
        "{\"id\": " + std::to_string(id) + R"(, "start_date": "2026-01-01", "end_date": "2026-02-01"}, )";
  with.replace("stages.json", "\"pre_study_stages\": [", "\"pre_study_stages\": [" + stages);
  with.replace("initial_conditions.json", "[33.0]", "[33.0, 32.0]");
  const study loaded = load_case(with.path());
  const inflow_model& m = loaded.model.inflows;
  EXPECT_EQ(m.lags, 12U);
  EXPECT_THAT(m.order, ElementsAre(12U, 1U));
  const double yearly = 0.3 * 8.0 / 2.0 / 12.0;
  EXPECT_DOUBLE_EQ(m.psi_of(1, hydro_index(0))[0], 0.5 * 8.0 / 7.0 + yearly);
  EXPECT_DOUBLE_EQ(m.psi_of(1, hydro_index(0))[11], yearly);
  EXPECT_NEAR(m.base(1, hydro_index(0)), 36.0 - (0.5 * 8.0 / 7.0 + yearly) * 34.0 - 11 * yearly * 30.0,
              1e-12);
  EXPECT_DOUBLE_EQ(m.psi_of(0, hydro_index(0))[1], 0.0);
  EXPECT_EQ(loaded.model.initial.inflow_lags_m3s[2], 32.0) << "lag 2 of the first hydro";
  EXPECT_EQ(loaded.model.state_size(), 26U);
}

TEST(case_load, noise_has_hydros_then_uncertain_loads_then_sources) {
  const noise_model& n = complete().model.noise;
  EXPECT_EQ(n.dimension(), 5U);
  EXPECT_THAT(n.loads, ElementsAre(bus_index(0), bus_index(1)));
  EXPECT_THAT(n.sources, ElementsAre(source_index(0)));
  ASSERT_TRUE(n.tree);
  EXPECT_THAT(n.tree->offsets, ElementsAre(0U, 15U, 30U));
  EXPECT_THAT(n.tree->opening(0, 1), ElementsAre(-1.1, 0.3, -0.7, 0.5, -0.4));
  EXPECT_EQ(n.tree->openings(1), 3U);
  ASSERT_EQ(n.profiles.size(), 1U);
  EXPECT_THAT(n.profiles[0].groups[0].positions, ElementsAre(0U, 1U));
  EXPECT_THAT(n.profiles[0].groups[0].matrix, ElementsAre(1.0, 0.6, 0.6, 1.0));
  EXPECT_THAT(n.profile_of_stage, ElementsAre(0U, 0U));
}

TEST(case_load, generic_constraints_are_parsed_and_stand_once_a_block) {
  const system& s = complete().model;
  ASSERT_EQ(s.constraints.size(), 2U);
  EXPECT_EQ(s.constraints[0].id, constraint_id(2));
  EXPECT_FALSE(s.constraints[0].slack_cost_per_unit_h);
  const generic_constraint& cap = s.constraints[1];
  EXPECT_EQ(cap.sense, constraint_sense::at_most);
  EXPECT_EQ(cap.slack_cost_per_unit_h, 4000.0);
  EXPECT_EQ(cap.terms, (std::vector<constraint_term>{{1.0, quantity::thermal_generation, 0, {}},
                                                     {2.5, quantity::hydro_generation, 0, 0U},
                                                     {-1.0, quantity::bus_deficit, 1, {}}}));
  EXPECT_EQ(s.stages[0].constraint_rows,
            (std::vector<constraint_row>{{constraint_index(1), 0, 120.0}, {constraint_index(1), 1, 120.0}}));
  EXPECT_EQ(s.stages[1].constraint_rows,
            (std::vector<constraint_row>{{constraint_index(0), 0, 5.0}, {constraint_index(1), 1, 110.0}}));
}

TEST(case_load, settings_come_from_the_configuration) {
  const study_settings& made = complete().settings;
  EXPECT_EQ(made.training.forward_passes, 2U);
  EXPECT_EQ(made.training.tree_seed, 11U);
  EXPECT_EQ(made.training.stopping_rules, std::vector<stopping_rule>{iteration_limit{40}});
  EXPECT_TRUE(made.simulation.enabled);
  EXPECT_EQ(made.simulation.scenarios, 200U);
  EXPECT_EQ(complete().model.inflow_method, negative_inflow::penalty);
  const case_folder other;
  other.write("config.json", R"({"training": {"forward_passes": 3, "tree_seed": -7, "stopping_mode": "all",
    "stopping_rules": [{"type": "iteration_limit", "limit": 9}, {"type": "bound_stalling", "iterations": 4, "tolerance": 0.01}],
    "cut_selection": {"enabled": true, "method": "lml1", "memory_window": 6},
    "scenario_source": {"seed": 5, "inflow": {"scheme": "out_of_sample"}}},
    "modeling": {"storage_violation": "soft", "inflow_non_negativity": {"method": "truncation"}},
    "solver": {"cost_scale": 0, "state_fixing": "rows"}, "parallel": {"threads": 3}})");
  const study loaded = load_case(other.path());
  EXPECT_EQ(loaded.settings.training.tree_seed, 7U);
  EXPECT_EQ(loaded.settings.training.mode, stopping_mode::all);
  EXPECT_EQ(loaded.settings.training.stopping_rules[1], stopping_rule(bound_stalling{4, 0.01}));
  EXPECT_TRUE(loaded.settings.training.selection.enabled);
  EXPECT_EQ(loaded.settings.training.selection.method, cut_selection_method::lml1);
  EXPECT_EQ(loaded.settings.training.selection.memory_window, 6U);
  EXPECT_EQ(loaded.settings.training.scenarios.inflow, sampling_scheme::out_of_sample);
  EXPECT_EQ(loaded.settings.simulation.source, loaded.settings.training.scenarios)
      << "simulation draws as training";
  EXPECT_FALSE(loaded.settings.simulation.enabled);
  EXPECT_EQ(loaded.settings.solver.fixing, state_fixing::rows);
  EXPECT_EQ(loaded.settings.solver.cost_scale, 0.0);
  EXPECT_EQ(loaded.settings.threads, 3U);
  EXPECT_TRUE(loaded.model.soft_min_storage);
  EXPECT_EQ(loaded.model.inflow_method, negative_inflow::truncation);
}

TEST(case_load, entities_exist_from_entry_to_exit) {
  const case_folder with;
  with.replace("system/thermals.json", "\"name\": \"OIL\"", "\"name\": \"OIL\", \"entry_stage_id\": 1");
  with.replace("system/lines.json", "\"name\": \"TIE\"", "\"name\": \"TIE\", \"exit_stage_id\": 1");
  with.replace("system/non_controllable_sources.json", "\"name\": \"WIND\"",
               "\"name\": \"WIND\", \"entry_stage_id\": 1");
  with.replace("system/hydros.json", "\"name\": \"FOOT\"", "\"name\": \"FOOT\", \"exit_stage_id\": 1");
  const study loaded = load_case(with.path());
  const system& s = loaded.model;
  EXPECT_EQ(s.stages[0].at(thermal_index(1), 0).max_generation_mw, 0.0);
  EXPECT_EQ(s.stages[1].at(thermal_index(1), 0).max_generation_mw, 40.0);
  EXPECT_EQ(s.stages[0].at(line_index(0), 0).direct_mw, 30.0);
  EXPECT_EQ(s.stages[1].at(line_index(0), 0).direct_mw, 0.0);
  EXPECT_FALSE(s.stages[0].at(source_index(0)).exists);
  EXPECT_TRUE(s.stages[1].at(source_index(0)).exists);
  EXPECT_TRUE(s.stages[0].at(hydro_index(1)).exists);
  EXPECT_FALSE(s.stages[1].at(hydro_index(1)).exists);
}

TEST(case_load, the_order_of_rows_and_elements_does_not_matter) {
  const case_folder turned;
  reverse(turned);
  for (const char* file : {"buses", "lines", "hydros", "thermals"})
    reverse_array(turned, std::string("system/") + file + ".json", file);
  reverse_array(turned, "stages.json", "stages");
  reverse_array(turned, "initial_conditions.json", "storage");
  reverse_array(turned, "initial_conditions.json", "past_inflows");
  reverse_array(turned, "constraints/generic_constraints.json", "constraints");
  reverse_array(turned, "scenarios/load_factors.json", "load_factors");
  ASSERT_LT(turned.read("system/hydros.json").find("FOOT"), turned.read("system/hydros.json").find("TOP"));
  const study loaded = load_case(turned.path());
  EXPECT_TRUE(loaded.model == complete().model);
  EXPECT_TRUE(loaded.settings == complete().settings);
}

TEST(case_load, parquet_and_csv_are_the_same_case) {
  const case_folder typed;
  to_parquet(typed);
  ASSERT_FALSE(fs::exists(typed.path() + "/scenarios/inflow_seasonal_stats.csv"));
  const study loaded = load_case(typed.path());
  EXPECT_TRUE(loaded.model == complete().model);
  EXPECT_EQ(loaded.report.warnings, complete().report.warnings) << loaded.report.to_string();
}

TEST(case_load, wide_integers_of_parquet_are_read_with_a_warning_a_column) {
  const case_folder wide;
  to_parquet(wide, true);
  const study loaded = load_case(wide.path());
  EXPECT_TRUE(loaded.model == complete().model);
  EXPECT_GT(loaded.report.warnings, complete().report.warnings);
  EXPECT_THAT(loaded.report.to_string(), HasSubstr("scenarios/load_seasonal_stats.parquet"));
}

TEST(case_load, csv_takes_windows_lines_quotes_exponents_and_a_byte_order_mark) {
  const case_folder other;
  other.write("scenarios/load_seasonal_stats.csv",
              "\xEF\xBB\xBF\"bus_id\",stage_id,mean_mw,std_mw\r\n10,0,4.8e1,3\r\n10,1,\"50.0\",3.0\r\n"
              "20,0,37.0,0.5\r\n20,1,410e-1,.5\r\n");
  const study loaded = load_case(other.path());
  EXPECT_EQ(loaded.model.stages[0].at(bus_index(0)).load_mean_mw, 48.0);
  EXPECT_EQ(loaded.model.stages[1].at(bus_index(0)).load_mean_mw, 50.0);
  EXPECT_EQ(loaded.model.stages[1].at(bus_index(1)).load_mean_mw, 41.0);
}

TEST(case_load, optional_keys_may_be_null_and_files_may_name_their_schema) {
  const case_folder other;
  other.replace(
      "config.json", "\"training\": {",
      "\"$schema\": \"config.schema.json\", \"policy\": null, \"training\": {\"cut_selection\": null, ");
  other.replace("system/thermals.json", "\"name\": \"OIL\"",
                "\"name\": \"OIL\", \"gnl_config\": null, \"entry_stage_id\": null");
  other.replace("system/lines.json", "\"name\": \"TIE\"", "\"name\": \"TIE\", \"losses_percent\": null");
  const study loaded = load_case(other.path());
  EXPECT_TRUE(loaded.model == complete().model);
  EXPECT_TRUE(loaded.settings == complete().settings);
  EXPECT_EQ(loaded.report.warnings, complete().report.warnings) << loaded.report.to_string();
}

TEST(case_load, parquet_is_preferred_and_either_can_be_forced) {
  const case_folder both;
  const std::string kept = both.read("scenarios/inflow_seasonal_stats.csv");
  to_parquet(both);
  std::string changed = kept;
  changed.replace(changed.find("34.0"), 4, "35.0");
  both.write("scenarios/inflow_seasonal_stats.csv", changed);
  EXPECT_EQ(load_case(both.path()).model.inflows.mean_m3s[0], 34.0);
  EXPECT_EQ(load_case(both.path(), {.tables = table_choice::parquet}).model.inflows.mean_m3s[0], 34.0);
  const case_report report = validate_case(both.path(), {.tables = table_choice::csv});
  EXPECT_NE(report.errors, 0U) << "most tables are there as Parquet only";
  const case_folder only;
  EXPECT_EQ(load_case(only.path(), {.tables = table_choice::csv}).model.inflows.mean_m3s[0], 34.0);
}

TEST(case_error_test, carries_every_finding_and_the_exit_code) {
  const case_folder broken;
  broken.replace("system/thermals.json", "\"bus_id\": 20", "\"bus_id\": 2");
  broken.replace("system/lines.json", "\"target_bus_id\": 20", "\"target_bus_id\": 21");
  try {
    static_cast<void>(load_case(broken.path()));
    FAIL() << "a broken case was read";
  } catch (const case_error& wrong) {
    EXPECT_EQ(wrong.code(), make_error_code(errc::invalid_case));
    EXPECT_EQ(wrong.exit(), exit_code::invalid_input);
    EXPECT_EQ(wrong.report().errors, 2U);
    EXPECT_THAT(wrong.what(),
                HasSubstr("error[InvalidReference] system/lines.json:7:24 /lines/0/target_bus_id: Line 3: "
                          "bus does not exist (found 21, expected one of 10, 20) [line.target_bus_id]"));
    EXPECT_THAT(wrong.what(), HasSubstr("Thermal 2: bus does not exist (found 2, expected one of 10, 20)"));
    const std::string json = wrong.report().to_json();
    EXPECT_THAT(json, HasSubstr("\"error_count\": 2"));
    EXPECT_THAT(json, HasSubstr("\"rule\": \"thermal.bus_id\""));
    EXPECT_THAT(json, HasSubstr("\"pointer\": \"/thermals/1/bus_id\""));
  }
}

TEST(case_error_test, files_that_cannot_be_read_end_with_another_exit_code) {
  const case_report nowhere = validate_case("/no/such/case");
  EXPECT_TRUE(nowhere.unreadable);
  EXPECT_EQ(nowhere.errors, 1U);
  EXPECT_THAT(nowhere.to_string(),
              HasSubstr("error[FileNotFound] /no/such/case: the case directory cannot be read"));
  const case_folder broken;
  broken.remove("system/buses.json");
  fs::create_directory(broken.path() + "/system/buses.json");
  try {
    static_cast<void>(load_case(broken.path()));
    FAIL() << "a folder was read as a file";
  } catch (const case_error& wrong) {
    EXPECT_EQ(wrong.code(), make_error_code(errc::cannot_read));
    EXPECT_EQ(wrong.exit(), exit_code::io);
    EXPECT_THAT(wrong.what(), HasSubstr("error[FileNotFound] system/buses.json"));
  }
}

TEST(case_error_test, corrupt_parquet_is_told_with_its_file) {
  const case_folder broken;
  to_parquet(broken);
  std::string bytes = broken.read("scenarios/inflow_seasonal_stats.parquet");
  bytes.resize(bytes.size() / 2);
  broken.write("scenarios/inflow_seasonal_stats.parquet", bytes);
  const case_report report = validate_case(broken.path());
  ASSERT_EQ(report.errors, 1U) << report.to_string();
  const auto at = std::ranges::find(report.findings, severity::error, &finding::level);
  EXPECT_EQ(at->kind, finding_kind::parse_error);
  EXPECT_EQ(at->details.where.file, "scenarios/inflow_seasonal_stats.parquet");
  EXPECT_FALSE(report.unreadable);
}

TEST(case_templates_test, each_is_written_checked_and_loaded) {
  const std::vector<case_template> all = case_templates();
  EXPECT_GE(all.size(), 4U);
  for (const case_template& one : all) {
    const case_folder place("templates/" + one.name);
    const std::string to = place.path() + "/made";
    write_template(one.name, to);
    const study loaded = load_case(to);
    EXPECT_EQ(loaded.report.errors, 0U) << loaded.report.to_string();
    EXPECT_TRUE(loaded.model ==
                load_case(std::string(TWILL_SOURCE_DIR) + "/libs/sddp/templates/" + one.name).model)
        << one.name << ": what is written differs from the sources";
    EXPECT_FALSE(one.summary.empty());
  }
}

TEST(case_templates_test, refuses_unknown_names_and_full_directories) {
  const case_folder full;
  try {
    write_template("cascde", full.path() + "/made");
    FAIL() << "an unknown template was written";
  } catch (const twill::error& wrong) {
    EXPECT_EQ(wrong.hint(), "did you mean \"cascade\"?");
  }
  EXPECT_FALSE(fs::exists(full.path() + "/made"));
  EXPECT_THROW(write_template("cascade", full.path()), twill::error);
}

TEST(study_plan_test, counts_programs_cuts_and_memory) {
  const study_plan plan = plan_study(complete(), 2);
  EXPECT_EQ(plan.state, 4U);
  EXPECT_EQ(plan.noise, 5U);
  EXPECT_EQ(plan.iterations, 40U);
  EXPECT_EQ(plan.cuts_per_stage, 80U);
  // Two passes over two stages, backward three openings of the second, and three for the bound.
  EXPECT_EQ(plan.programs_per_iteration, 2U * (2 + 3) + 3);
  EXPECT_EQ(plan.tree_bytes, 6U * 5 * 8);
  ASSERT_EQ(plan.stages.size(), 2U);
  EXPECT_GT(plan.stages[1].columns, plan.stages[0].columns)
      << "withdrawal and minimum flow come at the second stage";
  // Each thread has a solver of its own, everything else is shared.
  const std::size_t one = plan_study(complete(), 1).worker_bytes;
  EXPECT_GT(plan.worker_bytes, one);
  EXPECT_EQ(plan_study(complete(), 4).worker_bytes - one, 3 * (plan.worker_bytes - one));
  EXPECT_EQ(plan_study(complete(), 4).program_bytes, plan.program_bytes);
  EXPECT_THAT(plan.to_string(), HasSubstr("linear programs   13 an iteration, 520 in all"));
  EXPECT_THAT(plan.to_json(), HasSubstr("\"programs_per_iteration\": 13"));
}

TEST(reference_cases, read_clean_except_those_that_are_refused_by_name) {
  const fs::path cases = fs::path(TWILL_SOURCE_DIR) / ".." / "shared" / "cases";
  if (!fs::exists(cases)) return;
  const std::map<std::string, std::set<std::string>> refused{
      {"d12-par-annual", {"feature.estimation_from_history"}},
      {"d28-decomp-weekly-monthly", {"feature.external_scenarios", "feature.mixed_resolution"}},
      {"d30-multi-resolution-monthly-quarterly", {"feature.mixed_resolution"}}};
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator(cases)) {
    if (!entry.is_directory()) continue;
    ++seen;
    const std::string name = entry.path().filename().string();
    const case_report report = validate_case(entry.path().string());
    std::set<std::string> rules;
    for (const finding& f : report.findings)
      if (f.level == severity::error) rules.insert(f.rule);
    const auto expected = refused.find(name);
    EXPECT_EQ(rules, expected == refused.end() ? std::set<std::string>() : expected->second)
        << report.to_string();
    if (report.errors != 0) continue;
    const study typed = load_case(entry.path().string(), {.tables = table_choice::parquet});
    const study text = load_case(entry.path().string(), {.tables = table_choice::csv});
    EXPECT_TRUE(typed.model == text.model) << name;
    EXPECT_TRUE(typed.settings == text.settings) << name;
  }
  EXPECT_GE(seen, 24U);
}

}  // namespace
}  // namespace twill::sddp::tests
