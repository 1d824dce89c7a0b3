// SPDX-License-Identifier: Apache-2.0
#include "forms.hpp"
#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace twill::sddp::detail {
namespace {

json::description<raw::segment> segment_form() {
  auto made = object<raw::segment>("deficit segment", "A part of the load that may go unserved.");
  made.field("depth_mw", &raw::segment::depth_mw,
             {.doc = "size; none for the last", .unit = "MW", .above = 0});
  made.field("cost", &raw::segment::cost, {.doc = "of energy not served", .unit = "$/MWh", .above = 0});
  return made;
}

void read_risk(json::value at, risk_measure& into, json::checker& report) {
  const auto wrong = [&](json::value where, std::string what, std::string expected) {
    diagnosis d{.what = std::move(what), .found = where.summary(), .expected = std::move(expected)};
    report.error(where.index() == at.index() ? "" : where.key(), table::rule::invalid_value, std::move(d));
  };
  const std::string forms = R"("expectation" or {"cvar": {"alpha": A, "lambda": L}})";
  if (const auto word = at.as_string()) {
    std::string lower(*word);
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower != "expectation") wrong(at, "no such risk measure", forms);
    return;
  }
  const auto cvar = at.find("cvar");
  const auto alpha = cvar ? cvar->find("alpha") : std::nullopt;
  const auto lambda = cvar ? cvar->find("lambda") : std::nullopt;
  const auto a = alpha ? alpha->as_double() : std::nullopt;
  const auto l = lambda ? lambda->as_double() : std::nullopt;
  if (!a || !l) return wrong(at, "no such risk measure", forms);
  static constexpr std::array names{std::string_view("alpha"), std::string_view("lambda")};
  for (const json::value member : *cvar) {
    if (std::ranges::find(names, member.key()) != names.end()) continue;
    const std::string near = nearest_name(member.key(), names);
    report.warning({}, table::rule::unknown_key,
                   {.what = "the CVaR has no such key",
                    .found = std::string(member.key()),
                    .expected = "alpha and lambda",
                    .hint = near.empty() ? "" : "did you mean \"" + near + "\"?"});
  }
  const auto out_of_range = [&](const char* name, double value, const char* range) {
    report.error("", table::rule::out_of_range,
                 {.what = std::string(name) + " of the CVaR is out of range",
                  .found = shortest(value),
                  .expected = range});
  };
  if (*a <= 0 || *a > 1) return out_of_range("alpha", *a, "above 0 and at most 1");
  if (*l < 0 || *l > 1) return out_of_range("lambda", *l, "from 0 to 1");
  into = {.lambda = *l, .alpha = *a};
}

json::description<raw::policy_graph> policy_graph_form() {
  const json::enumeration<raw::graph_type> types(
      "policy graph", "Whether the study ends.",
      {{"finite_horizon", raw::graph_type::finite_horizon, "it ends"},
       {"cyclic", raw::graph_type::cyclic, "it goes on for ever"}});
  using r = raw::transition;
  auto transition = object<r>("transition", "An arc between stages.");
  transition.field("source_id", &r::source, {.doc = "stage"});
  transition.field("target_id", &r::target, {.doc = "stage"});
  transition.field("probability", &r::probability, {.doc = "of the arc", .minimum = 0, .maximum = 1});
  transition.field("annual_discount_rate_override", &r::rate,
                   {.doc = "instead of the study's", .minimum = 0});
  using t = raw::policy_graph;
  auto made = object<t>("policy_graph", "How stages follow each other.");
  made.field("type", &t::type, types, {.doc = "whether the study ends"});
  made.field("annual_discount_rate", &t::rate, {.doc = "of money", .unit = "1/year", .minimum = 0});
  made.field("transitions", &t::transitions, transition,
             {.doc = "a chain in the order of ids", .defaulted = true});
  return made;
}

json::description<raw::season_definitions> seasons_form() {
  const json::enumeration<raw::cycle_type> cycles(
      "cycle", "What a season is.",
      {{"monthly", raw::cycle_type::monthly, "a month"},
       {"weekly", raw::cycle_type::weekly, "a week"},
       {"custom", raw::cycle_type::custom, "from one day of the year to another"}});
  using s = raw::season;
  auto season = object<s>("season", "A part of the year.");
  season.field("id", &s::number, {.doc = "unique", .minimum = 0});
  season.field("label", &s::label, {.doc = "for reports"});
  season.field("month_start", &s::month_start, {.doc = "first month", .minimum = 1, .maximum = 12});
  season.field("day_start", &s::day_start, {.doc = "first day", .minimum = 1, .maximum = 31});
  season.field("month_end", &s::month_end, {.doc = "last month", .minimum = 1, .maximum = 12});
  season.field("day_end", &s::day_end, {.doc = "last day, counted", .minimum = 1, .maximum = 31});
  using t = raw::season_definitions;
  auto made = object<t>("season_definitions", "The seasons of a year.");
  made.field("cycle_type", &t::cycle, cycles, {.doc = "what a season is"});
  made.field("seasons", &t::seasons, season, {.doc = "all of them"});
  made.check([](const t& all, json::checker& report) {
    if (all.cycle != raw::cycle_type::custom) return;
    for (const s& one : all.seasons) {
      if (one.day_start && one.month_end && one.day_end) continue;
      report.error("seasons", table::rule::missing_key,
                   {.what = "season " + std::to_string(one.number) + " of a custom cycle is not bounded",
                    .found = "a season without one of its ends",
                    .expected = "day_start, month_end and day_end"});
    }
  });
  return made;
}

json::description<raw::stage> stage_form() {
  const json::enumeration<raw::block_mode> modes(
      "block mode", "Whether blocks follow each other.",
      {{"parallel", raw::block_mode::parallel, "they share one reservoir balance"},
       {"chronological", raw::block_mode::chronological, "one after the other"}});
  const json::enumeration<sampling_method> methods(
      "sampling method", "How openings are drawn.",
      {{"saa", sampling_method::saa, "each by itself"},
       {"lhs", sampling_method::lhs, "Latin hypercube"},
       {"qmc_sobol", sampling_method::qmc_sobol, "Sobol points"},
       {"qmc_halton", sampling_method::qmc_halton, "Halton points"},
       {"selective", sampling_method::selective, "clusters of many"},
       {"historical_residuals", sampling_method::historical_residuals, "residuals of the history"}});
  const json::custom<risk_measure> risk("risk measure", "\"expectation\" or a CVaR.", "true", read_risk);
  auto block = object<raw::block>("block", "Hours with one dispatch.");
  block.field("id", &raw::block::number, {.doc = "0, 1, ..."});
  block.field("name", &raw::block::name, {.doc = "for outputs"});
  block.field("hours", &raw::block::hours, {.doc = "length", .unit = "h", .above = 0});
  auto state = object<raw::state_variables>("state_variables", "Hints on the state.");
  state.field("storage", &raw::state_variables::storage, {.doc = "hint", .defaulted = true});
  state.field("inflow_lags", &raw::state_variables::inflow_lags,
              {.doc = "whether past inflows must be given", .defaulted = true});
  using t = raw::stage;
  auto made = object<t>("stage", "A stage of the study.");
  made.field("id", &t::number, {.doc = "unique; stages are ordered by it", .minimum = 0});
  made.field("start_date", &t::start, {.doc = "first day"});
  made.field("end_date", &t::end, {.doc = "day after the last"});
  made.field("season_id", &t::season, {.doc = "season"});
  made.field("blocks", &t::blocks, block, {.doc = "hours of the stage", .min_items = 1});
  made.field("block_mode", &t::mode, modes, {.doc = "relation of blocks", .defaulted = true});
  made.field("state_variables", &t::state, state, {.doc = "hints", .defaulted = true});
  made.field("risk_measure", &t::risk, risk, {.doc = "of the stage after this one", .defaulted = true});
  made.field("num_scenarios", &t::openings, {.doc = "openings of the tree", .minimum = 1});
  made.field("sampling_method", &t::sampling, methods, {.doc = "how openings are drawn", .defaulted = true});
  return made;
}

}  // namespace

const std::vector<hydro_penalty>& hydro_penalty_keys() {
  using p = raw::hydro_penalties;
  static const std::vector<hydro_penalty> keys{
      {"spillage_cost", &p::spillage, "$/(m3/s h)", "spilled water", true, false},
      {"diversion_cost", &p::diversion, "$/(m3/s h)", "diverted water", true, false},
      {"fpha_turbined_cost", &p::fpha_turbined, "$/(m3/s h)", "turbined water of plants with planes", true,
       true},
      {"storage_violation_below_cost", &p::storage_below, "$/hm3", "storage below its minimum", true, false},
      {"filling_target_violation_cost", &p::filling_target, "$/hm3", "storage below its target while filling",
       true, false},
      {"turbined_violation_below_cost", &p::turbined_below, "$/(m3/s h)", "turbined flow below its minimum",
       true, false},
      {"outflow_violation_below_cost", &p::outflow_below, "$/(m3/s h)", "outflow below its minimum", true,
       false},
      {"outflow_violation_above_cost", &p::outflow_above, "$/(m3/s h)", "outflow above its maximum", true,
       false},
      {"generation_violation_below_cost", &p::generation_below, "$/MWh", "generation below its minimum", true,
       false},
      {"evaporation_violation_cost", &p::evaporation, "$/(m3/s h)", "evaporation other than modelled", true,
       false},
      {"water_withdrawal_violation_cost", &p::withdrawal, "$/(m3/s h)", "withdrawal other than scheduled",
       true, false},
      {"evaporation_violation_pos_cost", &p::evaporation_pos, "$/(m3/s h)",
       "more evaporation than modelled; the cost of both", false, false},
      {"evaporation_violation_neg_cost", &p::evaporation_neg, "$/(m3/s h)",
       "less evaporation than modelled; the cost of both", false, false},
      {"water_withdrawal_violation_pos_cost", &p::withdrawal_pos, "$/(m3/s h)",
       "more withdrawal than scheduled; the cost of both", false, false},
      {"water_withdrawal_violation_neg_cost", &p::withdrawal_neg, "$/(m3/s h)",
       "less withdrawal than scheduled; the cost of both", false, false},
      {"inflow_nonnegativity_cost", &p::negative_inflow, "$/(m3/s h)",
       "water added to an inflow below zero; 1000", false, false}};
  return keys;
}

const json::description<raw::penalties>& penalties_form() {
  static const auto form = [] {
    auto bus = object<raw::bus_penalties>("bus", "Costs of buses.");
    bus.field("deficit_segments", &raw::bus_penalties::deficit_segments, segment_form(),
              {.doc = "load not served, by rising cost", .min_items = 1});
    bus.field("excess_cost", &raw::bus_penalties::excess_cost,
              {.doc = "of surplus", .unit = "$/MWh", .above = 0});
    auto line = object<raw::line_penalties>("line", "Costs of lines.");
    line.field("exchange_cost", &raw::line_penalties::exchange_cost,
               {.doc = "of flow", .unit = "$/MWh", .above = 0});
    auto source = object<raw::source_penalties>("non_controllable_source", "Costs of sources.");
    source.field("curtailment_cost", &raw::source_penalties::curtailment_cost,
                 {.doc = "of energy not used", .unit = "$/MWh", .above = 0});
    auto hydro = object<raw::hydro_penalties>("hydro", "Costs of hydros.");
    for (const hydro_penalty& key : hydro_penalty_keys()) {
      json::field_spec spec{.doc = std::string(key.doc) + (key.required ? " (required)" : ""),
                            .unit = std::string(key.unit)};
      (key.may_be_zero ? spec.minimum : spec.above) = 0;
      hydro.field(std::string(key.key), key.member, spec);
    }
    hydro.check([](const raw::hydro_penalties& all, json::checker& report) {
      for (const hydro_penalty& key : hydro_penalty_keys()) {
        if (!key.required || all.*key.member) continue;
        report.error({}, table::rule::missing_key,
                     {.what = "the key \"" + std::string(key.key) + "\" is missing",
                      .expected = "a number in " + std::string(key.unit)});
      }
    });
    using t = raw::penalties;
    auto made = object<t>("penalties.json", "What the case pays where nothing else is said.");
    made.field("bus", &t::bus, bus, {.doc = "costs of buses"});
    made.field("line", &t::line, line, {.doc = "costs of lines"});
    made.field("hydro", &t::hydro, hydro, {.doc = "costs of hydros"});
    made.field("non_controllable_source", &t::source, source, {.doc = "costs of sources"});
    made.ignored("version");
    return made;
  }();
  return form;
}

const json::description<raw::stages>& stages_form() {
  static const auto form = [] {
    using b = raw::pre_study_stage;
    auto before = object<b>("pre-study stage", "A stage before the study, for statistics of its inflow.");
    before.field("id", &b::number, {.doc = "below zero", .maximum = -1});
    before.field("start_date", &b::start, {.doc = "first day"});
    before.field("end_date", &b::end, {.doc = "day after the last"});
    before.field("season_id", &b::season, {.doc = "season"});
    using t = raw::stages;
    auto made = object<t>("stages.json", "The stages of the study.");
    made.field("policy_graph", &t::graph, policy_graph_form(), {.doc = "how stages follow each other"});
    made.field("season_definitions", &t::seasons, seasons_form(), {.doc = "the seasons of a year"});
    made.field("pre_study_stages", &t::before, before, {.doc = "stages before the study", .defaulted = true});
    made.field("stages", &t::study, stage_form(), {.doc = "stages of the study", .min_items = 1});
    made.ignored("scenario_source");
    made.ignored("version");
    made.check([](const t&, json::checker& report) {
      if (!report.at().find("scenario_source")) return;
      report.error("scenario_source", table::rule::invalid_value,
                   {.what = "scenario_source moved to config.json",
                    .expected = "no such key here",
                    .hint = "move it to /training/scenario_source of config.json"});
    });
    return made;
  }();
  return form;
}

const json::description<raw::initial_conditions>& initial_conditions_form() {
  static const auto form = [] {
    auto volume = object<raw::volume>("volume", "Water in a reservoir.");
    volume.field("hydro_id", &raw::volume::hydro, {.doc = "hydro"});
    volume.field("value_hm3", &raw::volume::hm3, {.doc = "storage", .unit = "hm3", .minimum = 0});
    using p = raw::past_inflow;
    auto past = object<p>("past inflows", "Inflows before the study.");
    past.field("hydro_id", &p::hydro, {.doc = "hydro"});
    past.field("values_m3s", &p::values, {.doc = "most recent first", .unit = "m3/s"});
    past.field("season_ids", &p::seasons, {.doc = "season of each"});
    using o = raw::observation;
    auto recent = object<o>("recent observation", "An inflow that was observed.");
    recent.field("hydro_id", &o::hydro, {.doc = "hydro"});
    recent.field("start_date", &o::start, {.doc = "first day"});
    recent.field("end_date", &o::end, {.doc = "day after the last"});
    recent.field("value_m3s", &o::value, {.doc = "mean", .unit = "m3/s", .minimum = 0});
    using t = raw::initial_conditions;
    auto made = object<t>("initial_conditions.json", "Where the study begins.");
    made.field("storage", &t::storage, volume, {.doc = "one a hydro"});
    made.field("filling_storage", &t::filling, volume, {.doc = "hydros that are being filled"});
    made.field("past_inflows", &t::past, past, {.doc = "inflows before the study", .defaulted = true});
    made.field("recent_observations", &t::recent, recent,
               {.doc = "inflows inside a season", .defaulted = true});
    made.ignored("version");
    return made;
  }();
  return form;
}

const json::description<raw::list<raw::bus>>& buses_form() {
  static const auto form = [] {
    using t = raw::bus;
    auto bus = object<t>("bus", "A node of the network.");
    bus.field("id", &t::number, {.doc = "unique"});
    bus.field("name", &t::name, {.doc = "for outputs"});
    bus.field("deficit_segments", &t::segments, segment_form(), {.doc = "the case's", .min_items = 1});
    with_lifetime(bus);
    return list_of<t>("system/buses.json", "buses", "The buses.", bus);
  }();
  return form;
}

}  // namespace twill::sddp::detail
