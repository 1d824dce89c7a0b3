// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/settings.hpp"
#include "twill/sddp/stage.hpp"
#include "twill/sddp/stochastic.hpp"
#include "twill/sddp/system.hpp"
#include "twill/table/date.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What the files of a case say, word for word: one struct an object, members named as the keys. Checks and
// resolution read these; nobody else sees them.
namespace twill::sddp::detail::raw {

using table::date;
using id = std::int32_t;
template <class T>
using opt = std::optional<T>;

// config.json
enum class scheme : std::uint8_t { in_sample, out_of_sample, external, historical };
enum class storage_violation : std::uint8_t { hard, soft };
enum class policy_mode : std::uint8_t { fresh, warm_start, resume };
enum class cut_formulation : std::uint8_t { single, multi };
enum class policy_type : std::uint8_t { outer, inner };
enum class output_mode : std::uint8_t { streaming, batched };
enum class table_layout : std::uint8_t { hive, single, summary };
enum class on_error : std::uint8_t { stop, skip };
enum class cut_method : std::uint8_t { level1, lml1, domination };

struct scenario_class {
  scheme kind = scheme::in_sample;
};
struct year_range {
  std::vector<std::int32_t> years{};
};
struct scenario_source {
  opt<std::int64_t> seed{};
  opt<scenario_class> inflow{}, load{}, ncs{};
  opt<year_range> historical_years{};
};
struct inflow_non_negativity {
  negative_inflow method = negative_inflow::penalty;
  opt<double> penalty_cost{};
};
struct modeling {
  opt<inflow_non_negativity> inflow{};
  storage_violation storage = storage_violation::hard;
};
struct cut_selection {
  opt<bool> enabled{};
  opt<cut_selection_method> method{};
  opt<std::uint32_t> threshold{}, memory_window{}, check_frequency{}, basis_activity_window{},
      max_active_per_stage{};
  opt<double> domination_epsilon{}, cut_activity_tolerance{};
};
struct retry {
  opt<std::uint32_t> max_attempts{};
  opt<double> time_budget{};
};
struct forward_pass {
  opt<std::string> type{};
};
struct training {
  bool enabled = true;
  opt<std::int64_t> tree_seed{};
  std::uint32_t forward_passes = 1;
  std::vector<stopping_rule> stopping_rules{};
  stopping_mode mode = stopping_mode::any;
  cut_formulation formulation = cut_formulation::single;
  opt<forward_pass> forward{};
  opt<cut_selection> selection{};
  opt<retry> solver{};
  opt<scenario_source> scenarios{};
};
struct lipschitz {
  opt<std::string> mode{};
  opt<double> fallback_value{}, scale_factor{};
};
struct upper_bound {
  opt<bool> enabled{};
  opt<std::uint32_t> initial_iteration{}, interval_iterations{};
  opt<lipschitz> bound{};
};
struct boundary {
  std::string path{};
  std::uint32_t source_stage = 0;
};
struct checkpointing {
  opt<bool> enabled{}, store_basis{}, compress{};
  opt<std::uint32_t> initial_iteration{}, interval_iterations{};
};
struct policy {
  std::string path = "./policy";
  policy_mode mode = policy_mode::fresh;
  bool validate_compatibility = true;
  opt<checkpointing> checkpoints{};
  opt<boundary> terminal{};
};
struct simulation {
  bool enabled = false;
  std::uint32_t num_scenarios = 2000;
  policy_type type = policy_type::outer;
  opt<std::string> output_path{};
  opt<raw::output_mode> output_mode{};
  opt<raw::table_layout> table_layout{};
  opt<raw::on_error> on_error{};
  opt<std::vector<double>> risk_levels{};
  opt<std::uint32_t> io_channel_capacity{};
  opt<scenario_source> scenarios{};
};
struct estimation {
  std::uint32_t max_order = 6;
  std::string order_selection = "pacf";
  std::uint32_t min_observations_per_season = 30;
  opt<double> max_coefficient_magnitude{};
};
struct exports {
  bool states = false, stochastic = false, legacy_manifest = false;
};
struct solver {
  std::string backend = "clp";
  double cost_scale = 1000.0;
  state_fixing fixing = state_fixing::columns;
  opt<std::uint32_t> threads{};
};
struct parallel {
  opt<std::uint32_t> threads{};
};
struct config {
  raw::modeling modeling{};
  raw::training training{};
  opt<raw::upper_bound> upper_bound{};
  opt<raw::policy> policy{};
  raw::simulation simulation{};
  opt<raw::estimation> estimation{};
  opt<raw::exports> exports{};
  raw::solver solver{};
  opt<raw::parallel> parallel{};
};

// penalties.json
struct segment {
  opt<double> depth_mw{};
  double cost = 0.0;
};
struct bus_penalties {
  std::vector<segment> deficit_segments{};
  double excess_cost = 0.0;
};
struct line_penalties {
  double exchange_cost = 0.0;
};
struct source_penalties {
  double curtailment_cost = 0.0;
};
struct hydro_penalties {
  opt<double> spillage{}, diversion{}, fpha_turbined{}, storage_below{}, filling_target{}, turbined_below{},
      outflow_below{}, outflow_above{}, generation_below{}, evaporation{}, withdrawal{}, evaporation_pos{},
      evaporation_neg{}, withdrawal_pos{}, withdrawal_neg{}, negative_inflow{};
};
struct penalties {
  bus_penalties bus{};
  line_penalties line{};
  hydro_penalties hydro{};
  source_penalties source{};
};

// stages.json
enum class graph_type : std::uint8_t { finite_horizon, cyclic };
enum class cycle_type : std::uint8_t { monthly, weekly, custom };
enum class block_mode : std::uint8_t { parallel, chronological };
struct transition {
  id source = 0, target = 0;
  double probability = 1.0;
  opt<double> rate{};
};
struct policy_graph {
  graph_type type{};
  double rate = 0.0;
  std::vector<transition> transitions{};
};
struct season {
  id number = 0;
  opt<std::string> label{};
  std::int32_t month_start = 1;
  opt<std::int32_t> day_start{}, month_end{}, day_end{};
};
struct season_definitions {
  cycle_type cycle{};
  std::vector<season> seasons{};
};
struct pre_study_stage {
  id number = 0;
  date start{}, end{};
  opt<std::uint32_t> season{};
};
struct block {
  id number = 0;
  std::string name{};
  double hours = 0.0;
};
struct state_variables {
  bool storage = true, inflow_lags = false;
};
struct stage {
  id number = 0;
  date start{}, end{};
  opt<std::uint32_t> season{};
  std::vector<block> blocks{};
  block_mode mode = block_mode::parallel;
  state_variables state{};
  risk_measure risk{};
  std::uint32_t openings = 1;
  sampling_method sampling = sampling_method::saa;
};
struct stages {
  policy_graph graph{};
  opt<season_definitions> seasons{};
  std::vector<pre_study_stage> before{};
  std::vector<stage> study{};
};

// initial_conditions.json
struct volume {
  id hydro = 0;
  double hm3 = 0.0;
};
struct past_inflow {
  id hydro = 0;
  std::vector<double> values{};
  opt<std::vector<std::uint32_t>> seasons{};
};
struct observation {
  id hydro = 0;
  date start{}, end{};
  double value = 0.0;
};
struct initial_conditions {
  std::vector<volume> storage{}, filling{};
  std::vector<past_inflow> past{};
  std::vector<observation> recent{};
};

// system/
struct lifetime {
  opt<id> entry{}, exit{};
};
struct bus : lifetime {
  id number = 0;
  std::string name{};
  opt<std::vector<segment>> segments{};
};
struct capacity {
  double direct = 0.0, reverse = 0.0;
};
struct line : lifetime {
  id number = 0;
  std::string name{};
  id source = 0, target = 0;
  raw::capacity capacity{};
  opt<double> exchange_cost{};
  double losses = 0.0;
};
struct gnl {
  std::int32_t lag_stages = 0;
};
struct range {
  double least = 0.0, most = 0.0;
};
struct thermal : lifetime {
  id number = 0;
  std::string name{};
  id bus = 0;
  double cost = 0.0;
  range generation{};
  opt<raw::gnl> gnl{};
};
struct source : lifetime {
  id number = 0;
  std::string name{};
  id bus = 0;
  double most = 0.0;
  opt<double> curtailment_cost{};
};
enum class contract_type : std::uint8_t { import_, export_ };
struct contract : lifetime {
  id number = 0;
  std::string name{};
  id bus = 0;
  contract_type type{};
  double price = 0.0;
  range limits{};
};
struct pump : lifetime {
  id number = 0;
  std::string name{};
  id bus = 0, source = 0, destination = 0;
  double consumption = 0.0;
  range flow{};
};
struct reservoir {
  double least = 0.0, most = 0.0;
};
struct outflow {
  double least = 0.0;
  opt<double> most{};
};
enum class production : std::uint8_t { constant_productivity, linearized_head, fpha };
struct generation {
  production model{};
  opt<double> productivity{};
  double min_turbined = 0.0, max_turbined = 0.0, min_generation = 0.0, max_generation = 0.0;
};
struct polynomial {
  std::vector<double> coefficients{};
};
struct height_point {
  double outflow = 0.0, height = 0.0;
};
struct piecewise {
  std::vector<height_point> points{};
};
using tailrace = std::variant<polynomial, piecewise>;
struct loss_factor {
  double value = 0.0;
};
struct loss_constant {
  double value = 0.0;
};
using losses = std::variant<loss_factor, loss_constant>;
enum class efficiency_type : std::uint8_t { constant };
struct efficiency {
  efficiency_type type{};
  double value = 1.0;
};
struct evaporation {
  std::vector<double> coefficients{};
  opt<std::vector<double>> reference_volumes{};
};
struct diversion {
  id downstream = 0;
  double most = 0.0;
};
struct filling {
  id start = 0;
  double inflow = 0.0;
};
struct hydro : lifetime {
  id number = 0;
  std::string name{};
  id bus = 0;
  opt<id> downstream{};
  raw::reservoir reservoir{};
  raw::outflow outflow{};
  std::variant<raw::generation> generation{};
  opt<raw::tailrace> tailrace{};
  opt<raw::losses> losses{};
  opt<raw::efficiency> efficiency{};
  opt<raw::evaporation> evaporation{};
  opt<raw::diversion> diversion{};
  opt<raw::filling> filling{};
  opt<hydro_penalties> penalties{};

  [[nodiscard]] const raw::generation& gen() const { return std::get<0>(generation); }
};

// system/hydro_production_models.json
enum class plane_source : std::uint8_t { precomputed, computed };
enum class correction : std::uint8_t { none, least_squares, conservative };
struct fitting_window {
  opt<double> volume_min{}, volume_max{}, percentile_min{}, percentile_max{};
};
struct fpha_config {
  plane_source source{};
  std::uint32_t volume_points = 5, turbine_points = 5, spillage_points = 5, max_planes = 10;
  opt<fitting_window> window{};
  raw::correction correction = raw::correction::least_squares;
};
struct model_choice {
  production model{};
  opt<fpha_config> fpha{};
  opt<double> productivity{};
};
struct stage_range : model_choice {
  id first = 0;
  opt<id> last{};
};
struct season_model : model_choice {
  id season = 0;
};
struct by_stage {
  id hydro = 0;
  std::vector<stage_range> ranges{};
};
struct by_season {
  id hydro = 0;
  production fallback{};
  std::vector<season_model> seasons{};
};
using production_model = std::variant<by_stage, by_season>;

// scenarios/ and constraints/
struct block_factor {
  id block = 0;
  double factor = 1.0;
};
struct factors {
  id entity = 0, stage = 0;
  std::vector<block_factor> blocks{};
};
struct exchange_factor {
  id block = 0;
  double direct = 1.0, reverse = 1.0;
};
struct exchange_factors {
  id line = 0, stage = 0;
  std::vector<exchange_factor> blocks{};
};
enum class noise_class : std::uint8_t { inflow, load, ncs };
struct correlated {
  noise_class type{};
  id entity = 0;
};
struct correlation_group {
  std::string name{};
  std::vector<correlated> entities{};
  std::vector<std::vector<double>> matrix{};
};
struct correlation_profile {
  std::vector<correlation_group> groups{};
};
struct schedule_entry {
  id stage = 0;
  std::string profile{};
};
struct correlation {
  std::string method = "spectral";
  std::map<std::string, correlation_profile> profiles{};
  std::vector<schedule_entry> schedule{};
};
struct slack {
  bool enabled = false;
  opt<double> penalty{};
};
struct constraint {
  id number = 0;
  std::string name{};
  opt<std::string> description{};
  std::string expression{};
  constraint_sense sense{};
  raw::slack slack{};
};

/// A file with one array: `{"buses": [...]}`.
template <class T>
struct list {
  std::vector<T> items{};
};

}  // namespace twill::sddp::detail::raw
