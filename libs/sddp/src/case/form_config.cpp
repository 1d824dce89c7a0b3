// SPDX-License-Identifier: Apache-2.0
#include "forms.hpp"

#include <utility>

namespace twill::sddp::detail {
namespace {

const json::enumeration<raw::scheme>& scheme_words() {
  static const json::enumeration<raw::scheme> words(
      "scheme", "How noise is drawn.",
      {{"in_sample", raw::scheme::in_sample, "an opening of the tree"},
       {"out_of_sample", raw::scheme::out_of_sample, "fresh noise"},
       {"external", raw::scheme::external, "scenarios of a file"},
       {"historical", raw::scheme::historical, "years of the history"}});
  return words;
}

void read_years(json::value at, raw::year_range& into, json::checker& report) {
  const auto wrong = [&](std::string what) {
    report.error({}, table::rule::invalid_value,
                 {.what = std::move(what),
                  .found = at.summary(),
                  .expected = "an array of years or {\"from\": YEAR, \"to\": YEAR}"});
  };
  if (at.is_array()) {
    for (const json::value element : at) {
      const auto year = element.as_int64();
      if (!year || *year < 1 || *year > 9999) return wrong("not a list of years");
      into.years.push_back(static_cast<std::int32_t>(*year));
    }
    return;
  }
  const auto from = at.find("from");
  const auto to = at.find("to");
  const auto first = from ? from->as_int64() : std::nullopt;
  const auto last = to ? to->as_int64() : std::nullopt;
  if (!first || !last || *first < 1 || *last > 9999) return wrong("not a range of years");
  if (*first > *last) return wrong("a range of years that ends before it begins");
  for (auto year = *first; year <= *last; ++year) into.years.push_back(static_cast<std::int32_t>(year));
}

const json::description<raw::scenario_source>& scenario_source_form() {
  static const auto form = [] {
    // The one object of a case whose unknown keys are errors, as in the format's origin.
    json::description<raw::scenario_class> entry("scenario class", "The draw of one kind of noise.");
    entry.field("scheme", &raw::scenario_class::kind, scheme_words(), {.doc = "how noise is drawn"});
    const json::custom<raw::year_range> years("historical years", "A list, or from and to.", "true",
                                              read_years);
    auto made = object<raw::scenario_source>("scenario_source", "How noise is drawn in trajectories.");
    made.field("seed", &raw::scenario_source::seed, {.doc = "base seed"});
    made.field("inflow", &raw::scenario_source::inflow, entry, {.doc = "of inflows; in_sample"});
    made.field("load", &raw::scenario_source::load, entry, {.doc = "of loads; in_sample"});
    made.field("ncs", &raw::scenario_source::ncs, entry, {.doc = "of non-controllable sources; in_sample"});
    made.field("historical_years", &raw::scenario_source::historical_years, years,
               {.doc = "which years the scheme historical may use"});
    made.check([](const raw::scenario_source& s, json::checker& report) {
      const auto kind = [](const raw::opt<raw::scenario_class>& c) {
        return c ? c->kind : raw::scheme::in_sample;
      };
      const bool historical = kind(s.inflow) == raw::scheme::historical;
      for (const auto& [key, of] : {std::pair("load", &s.load), std::pair("ncs", &s.ncs)}) {
        if (kind(*of) != raw::scheme::historical) continue;
        report.error(key, table::rule::invalid_value,
                     {.what = "the scheme historical is for inflows",
                      .expected = "in_sample, out_of_sample or external"});
      }
      if (s.historical_years && !historical) {
        report.error("historical_years", table::rule::invalid_value,
                     {.what = "years without a class that draws from history"});
      }
      const bool drawn = kind(s.inflow) != raw::scheme::in_sample || kind(s.load) != raw::scheme::in_sample ||
                         kind(s.ncs) != raw::scheme::in_sample;
      if (drawn && !s.seed) {
        report.error({}, table::rule::missing_key,
                     {.what = "a scheme other than in_sample needs a seed",
                      .expected = "the key \"seed\" with an integer"});
      }
    });
    return made;
  }();
  return form;
}

json::one_of<stopping_rule> stopping_rule_form() {
  auto limit = object<iteration_limit>("iteration_limit", "Stops after so many iterations.");
  limit.field("limit", &iteration_limit::limit, {.doc = "iterations", .minimum = 1});
  auto time = object<time_limit>("time_limit", "Stops after so much wall clock time.");
  time.field("seconds", &time_limit::seconds, {.doc = "wall clock", .unit = "s", .above = 0});
  auto stalling = object<bound_stalling>("bound_stalling", "Stops when the lower bound holds still.");
  stalling.field("iterations", &bound_stalling::iterations, {.doc = "window", .minimum = 1});
  stalling.field("tolerance", &bound_stalling::tolerance, {.doc = "relative", .minimum = 0});
  auto simulated = object<simulation_stop>("simulation", "Stops when bound and simulated costs hold still.");
  simulated.field("replications", &simulation_stop::replications, {.doc = "trajectories", .minimum = 1});
  simulated.field("period", &simulation_stop::period, {.doc = "iterations between tries", .minimum = 1});
  simulated.field("bound_window", &simulation_stop::bound_window, {.doc = "iterations", .minimum = 1});
  simulated.field("distance_tol", &simulation_stop::distance_tolerance, {.doc = "of costs", .minimum = 0});
  simulated.field("bound_tol", &simulation_stop::bound_tolerance, {.doc = "of the bound", .minimum = 0});
  json::one_of<stopping_rule> made("stopping rule", "What ends the training.", "type");
  made.alternative("iteration_limit", limit)
      .alternative("time_limit", time)
      .alternative("bound_stalling", stalling)
      .alternative("simulation", simulated);
  return made;
}

json::description<raw::cut_selection> cut_selection_form() {
  using t = raw::cut_selection;
  const json::enumeration<cut_selection_method> methods(
      "cut selection method", "Which cuts are laid aside.",
      {{"level1", cut_selection_method::level1, "a cut that was never the highest goes"},
       {"lml1", cut_selection_method::lml1, "a cut that was not the highest of late goes"},
       {"domination", cut_selection_method::domination,
        "a cut that is nowhere the highest at visited states goes"}});
  auto made = object<t>("cut_selection", "Which cuts are laid aside.");
  made.field("enabled", &t::enabled, {.doc = "whether cuts are laid aside; false"});
  made.field("method", &t::method, methods, {.doc = "by which rule; level1"});
  made.field("threshold", &t::threshold, {.doc = "level1: uses up to which a cut counts as unused; 0"});
  made.field("memory_window", &t::memory_window, {.doc = "lml1: iterations; 10", .minimum = 1});
  made.field("domination_epsilon", &t::domination_epsilon, {.doc = "domination: slack; 1e-6", .minimum = 0});
  made.field("check_frequency", &t::check_frequency,
             {.doc = "iterations between selections; 5", .minimum = 1});
  made.field("cut_activity_tolerance", &t::cut_activity_tolerance,
             {.doc = "dual from which a cut counts as active; 1e-6", .minimum = 0});
  made.field("basis_activity_window", &t::basis_activity_window,
             {.doc = "iterations; 5", .minimum = 1, .maximum = 31});
  made.field("max_active_per_stage", &t::max_active_per_stage, {.doc = "any number", .minimum = 1});
  made.check([](const t& s, json::checker& report) {
    if (s.threshold)
      report.warning("threshold", table::rule::deprecated, {.what = "the key \"threshold\" is out of use"});
  });
  return made;
}

json::description<raw::training> training_form() {
  using t = raw::training;
  const json::enumeration<stopping_mode> modes("stopping mode", "How rules combine.",
                                               {{"any", stopping_mode::any, "one rule ends the training"},
                                                {"all", stopping_mode::all, "all rules together end it"}});
  const json::enumeration<raw::cut_formulation> formulations(
      "cut formulation", "One cut a trial point, or one an opening.",
      {{"single", raw::cut_formulation::single, "one cut a trial point"},
       {"multi", raw::cut_formulation::multi, "one cut an opening"}});
  auto retry = object<raw::retry>("solver", "Limits of what follows a failed linear program.");
  retry.field("retry_max_attempts", &raw::retry::max_attempts,
              {.doc = "steps of the ladder; all", .minimum = 1});
  retry.field("retry_time_budget_seconds", &raw::retry::time_budget,
              {.doc = "of the ladder; its own", .unit = "s", .above = 0});
  auto forward = object<raw::forward_pass>("forward_pass", "Reserved.");
  forward.field("type", &raw::forward_pass::type, {.doc = "default"});
  auto made = object<t>("training", "How the policy is trained.");
  made.field("enabled", &t::enabled, {.doc = "whether there is a training", .defaulted = true});
  made.field("tree_seed", &t::tree_seed, {.doc = "seed of the opening tree; 42"});
  made.field("forward_passes", &t::forward_passes, {.doc = "trajectories an iteration", .minimum = 1});
  made.field("stopping_rules", &t::stopping_rules, stopping_rule_form(),
             {.doc = "what ends the training", .min_items = 1});
  made.field("stopping_mode", &t::mode, modes, {.doc = "how rules combine", .defaulted = true});
  made.field("cut_formulation", &t::formulation, formulations, {.doc = "form of cuts", .defaulted = true});
  made.field("forward_pass", &t::forward, forward, {.doc = "reserved"});
  made.field("cut_selection", &t::selection, cut_selection_form(), {.doc = "which cuts are laid aside"});
  made.field("solver", &t::solver, retry, {.doc = "limits of the retry ladder"});
  made.field("scenario_source", &t::scenarios, scenario_source_form(), {.doc = "draw of forward passes"});
  made.check([](const t& s, json::checker& report) {
    for (const stopping_rule& rule : s.stopping_rules) {
      if (std::holds_alternative<iteration_limit>(rule)) return;
    }
    report.error("stopping_rules", table::rule::missing_key,
                 {.what = "no iteration_limit among the stopping rules",
                  .expected = R"({"type": "iteration_limit", "limit": N})"});
  });
  return made;
}

json::description<raw::modeling> modeling_form() {
  const json::enumeration<negative_inflow> methods(
      "method", "How inflows below zero are met.",
      {{"none", negative_inflow::none, "taken as they are"},
       {"penalty", negative_inflow::penalty, "water is added at a cost"},
       {"truncation", negative_inflow::truncation, "raised to zero"},
       {"truncation_with_penalty", negative_inflow::truncation_with_penalty,
        "raised to zero; what is left is added at a cost"}});
  const json::enumeration<raw::storage_violation> storages(
      "storage violation", "Whether minimum storage binds.",
      {{"hard", raw::storage_violation::hard, "never below the minimum"},
       {"soft", raw::storage_violation::soft, "below the minimum at a cost"}});
  auto inflow = object<raw::inflow_non_negativity>("inflow_non_negativity", "Inflows below zero.");
  inflow.field("method", &raw::inflow_non_negativity::method, methods,
               {.doc = "treatment", .defaulted = true});
  inflow.field("penalty_cost", &raw::inflow_non_negativity::penalty_cost,
               {.doc = "without effect: the cost is the hydro's inflow_nonnegativity_cost"});
  auto made = object<raw::modeling>("modeling", "Forms of the model.");
  made.field("inflow_non_negativity", &raw::modeling::inflow, inflow, {.doc = "inflows below zero; penalty"});
  made.field("storage_violation", &raw::modeling::storage, storages,
             {.doc = "whether minimum storage binds", .defaulted = true});
  return made;
}

json::description<raw::simulation> simulation_form() {
  using t = raw::simulation;
  const json::enumeration<raw::policy_type> types(
      "policy type", "Which approximation of the value of water decides.",
      {{"outer", raw::policy_type::outer, "the cuts"},
       {"inner", raw::policy_type::inner, "the upper approximation"}});
  auto made = object<t>("simulation", "Simulation with the trained policy.");
  made.field("enabled", &t::enabled, {.doc = "whether it follows the training", .defaulted = true});
  made.field("num_scenarios", &t::num_scenarios, {.doc = "trajectories", .minimum = 1, .defaulted = true});
  made.field("policy_type", &t::type, types, {.doc = "what decides", .defaulted = true});
  made.field("output_path", &t::output_path, {.doc = "folder of the tables"});
  const json::enumeration<raw::output_mode> outputs(
      "output mode", "When tables are written.",
      {{"streaming", raw::output_mode::streaming, "while it runs"},
       {"batched", raw::output_mode::batched, "at the end"}});
  const json::enumeration<raw::table_layout> layouts(
      "table layout", "How tables are spread over files.",
      {{"hive", raw::table_layout::hive, "a folder a scenario"},
       {"single", raw::table_layout::single, "one file"},
       {"summary", raw::table_layout::summary, "sums over scenarios"}});
  const json::enumeration<raw::on_error> answers("on error", "What follows a scenario that fails.",
                                                 {{"stop", raw::on_error::stop, "the simulation ends"},
                                                  {"skip", raw::on_error::skip, "the others go on"}});
  made.field("output_mode", &t::output_mode, outputs, {.doc = "when tables are written"});
  made.field("table_layout", &t::table_layout, layouts, {.doc = "form of the tables"});
  made.field("on_error", &t::on_error, answers, {.doc = "what follows a scenario that fails; stop"});
  made.field("risk_levels", &t::risk_levels, {.doc = "levels of VaR and CVaR", .above = 0, .below = 1});
  made.field("io_channel_capacity", &t::io_channel_capacity,
             {.doc = "scenarios in flight; 64", .minimum = 1});
  made.field("scenario_source", &t::scenarios, scenario_source_form(), {.doc = "draw; that of the training"});
  return made;
}

json::description<raw::policy> policy_form() {
  const json::enumeration<raw::policy_mode> modes(
      "policy mode", "What the training starts from.",
      {{"fresh", raw::policy_mode::fresh, "no cuts"},
       {"warm_start", raw::policy_mode::warm_start, "the cuts of a policy"},
       {"resume", raw::policy_mode::resume, "the state of a training"}});
  using c = raw::checkpointing;
  auto checkpoints = object<c>("checkpointing", "Checkpoints of the training.");
  checkpoints.field("enabled", &c::enabled, {.doc = "whether they are written"});
  checkpoints.field("initial_iteration", &c::initial_iteration, {.doc = "first"});
  checkpoints.field("interval_iterations", &c::interval_iterations, {.doc = "between two", .minimum = 1});
  checkpoints.field("store_basis", &c::store_basis, {.doc = "whether bases are stored"});
  checkpoints.field("compress", &c::compress, {.doc = "whether they are compressed"});
  auto terminal = object<raw::boundary>("boundary", "Cuts of another study for the last stage.");
  terminal.field("path", &raw::boundary::path, {.doc = "policy directory"});
  terminal.field("source_stage", &raw::boundary::source_stage, {.doc = "stage of that policy"});
  using t = raw::policy;
  auto made = object<t>("policy", "The policy on disk.");
  made.field("path", &t::path, {.doc = "directory", .defaulted = true});
  made.field("mode", &t::mode, modes, {.doc = "what the training starts from", .defaulted = true});
  made.field("validate_compatibility", &t::validate_compatibility,
             {.doc = "whether a loaded policy must fit the case", .defaulted = true});
  made.field("checkpointing", &t::checkpoints, checkpoints, {.doc = "checkpoints"});
  made.field("boundary", &t::terminal, terminal, {.doc = "cuts of the last stage"});
  return made;
}

json::description<raw::upper_bound> upper_bound_form() {
  auto slope = object<raw::lipschitz>("lipschitz", "Bounds of the slopes.");
  slope.field("mode", &raw::lipschitz::mode, {.doc = "auto"});
  slope.field("fallback_value", &raw::lipschitz::fallback_value, {.doc = "slope", .above = 0});
  slope.field("scale_factor", &raw::lipschitz::scale_factor, {.doc = "factor", .above = 0});
  using t = raw::upper_bound;
  auto made = object<t>("upper_bound_evaluation", "The deterministic upper bound.");
  made.field("enabled", &t::enabled, {.doc = "whether it is evaluated; false"});
  made.field("initial_iteration", &t::initial_iteration, {.doc = "first"});
  made.field("interval_iterations", &t::interval_iterations, {.doc = "between two", .minimum = 1});
  made.field("lipschitz", &t::bound, slope, {.doc = "bounds of the slopes"});
  return made;
}

json::description<raw::solver> solver_form() {
  const json::enumeration<state_fixing> fixings(
      "state fixing", "How incoming states are fixed.",
      {{"columns", state_fixing::columns, "by bounds of columns"}, {"rows", state_fixing::rows, "by rows"}});
  using t = raw::solver;
  auto made = object<t>("solver", "The linear programs.");
  made.field("backend", &t::backend, {.doc = "name of the solver", .defaulted = true});
  made.field("cost_scale", &t::cost_scale,
             {.doc = "divisor of costs, 0: automatic", .minimum = 0, .defaulted = true});
  made.field("state_fixing", &t::fixing, fixings, {.doc = "form", .defaulted = true});
  made.field("threads", &t::threads, {.doc = "inside one program: 1", .minimum = 1, .maximum = 1});
  return made;
}

}  // namespace

const json::description<raw::config>& config_form() {
  static const auto form = [] {
    auto estimation = object<raw::estimation>("estimation", "Estimation of the inflow model from history.");
    using e = raw::estimation;
    estimation.field("max_order", &e::max_order,
                     {.doc = "of the inflow model", .minimum = 1, .defaulted = true});
    estimation.field("order_selection", &e::order_selection,
                     {.doc = "pacf or pacf_annual", .defaulted = true});
    estimation.field("min_observations_per_season", &e::min_observations_per_season,
                     {.doc = "fewer are a warning", .defaulted = true});
    estimation.field("max_coefficient_magnitude", &e::max_coefficient_magnitude,
                     {.doc = "larger is order 0"});
    estimation.check([](const e& s, json::checker& report) {
      if (s.order_selection == "pacf" || s.order_selection == "pacf_annual") return;
      if (s.order_selection == "fixed") {
        report.warning("order_selection", table::rule::deprecated,
                       {.what = "\"fixed\" is out of use", .hint = "write \"pacf\""});
        return;
      }
      report.error("order_selection", table::rule::invalid_value,
                   {.what = "no such order selection", .expected = "pacf or pacf_annual"});
    });
    auto exported = object<raw::exports>("exports", "Optional outputs.");
    exported.field("states", &raw::exports::states, {.doc = "visited states", .defaulted = true});
    exported.field("stochastic", &raw::exports::stochastic,
                   {.doc = "the stochastic model", .defaulted = true});
    exported.field("legacy_manifest", &raw::exports::legacy_manifest,
                   {.doc = "the older manifest", .defaulted = true});
    auto threads = object<raw::parallel>("parallel", "Parallelism.");
    threads.field("threads", &raw::parallel::threads,
                  {.doc = "a process; all that are allowed", .minimum = 1});
    using t = raw::config;
    auto made = object<t>("config.json", "How the study runs.");
    made.field("modeling", &t::modeling, modeling_form(), {.doc = "forms of the model", .defaulted = true});
    made.field("training", &t::training, training_form(), {.doc = "how the policy is trained"});
    made.field("upper_bound_evaluation", &t::upper_bound, upper_bound_form(), {.doc = "upper bound"});
    made.field("policy", &t::policy, policy_form(), {.doc = "the policy on disk"});
    made.field("simulation", &t::simulation, simulation_form(), {.doc = "simulation", .defaulted = true});
    made.field("estimation", &t::estimation, estimation, {.doc = "estimation from history"});
    made.field("exports", &t::exports, exported, {.doc = "optional outputs"});
    made.field("solver", &t::solver, solver_form(), {.doc = "the linear programs", .defaulted = true});
    made.field("parallel", &t::parallel, threads, {.doc = "parallelism"});
    made.ignored("version");
    return made;
  }();
  return form;
}

}  // namespace twill::sddp::detail
