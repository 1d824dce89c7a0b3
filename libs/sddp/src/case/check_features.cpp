// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <algorithm>
#include <string>

// Layer 5, what is recognised and not built: refused by name, so that no case runs as if it had said
// something else.
namespace twill::sddp::detail {
namespace {

std::string plural(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class refuser {
 public:
  explicit refuser(context& c) : c_(c) {}

  void operator()(const char* feature, std::string entity, location where, std::string what,
                  std::string found = {}, std::string hint = {}) {
    c_.error(finding_kind::not_implemented, fmt::format("feature.{}", feature), std::move(entity),
             {.what = std::move(what) + " is not built yet",
              .where = std::move(where),
              .found = std::move(found),
              .hint = std::move(hint)});
  }

 private:
  context& c_;
};

void plants(context& c, refuser& refuse) {
  const auto& thermals = c.in.thermals;
  for (std::size_t i = 0; i < thermals.content.items.size(); ++i)
    if (thermals.content.items[i].gnl)
      refuse("gnl_thermals", fmt::format("Thermal {}", thermals.content.items[i].number),
             thermals.at(fmt::format("/thermals/{}/gnl_config", i)), "gas that is ordered ahead",
             "gnl_config");
  const auto& lines = c.in.lines;
  for (std::size_t i = 0; i < lines.content.items.size(); ++i)
    if (lines.content.items[i].losses > 0)
      refuse("line_losses", fmt::format("Line {}", lines.content.items[i].number),
             lines.at(fmt::format("/lines/{}/losses_percent", i)), "a line with losses",
             fmt::format("{}", lines.content.items[i].losses), "write 0 to do without");
  const auto& buses = c.in.buses;
  for (std::size_t i = 0; i < buses.content.items.size(); ++i)
    if (buses.content.items[i].entry || buses.content.items[i].exit)
      refuse("bus_lifetime", fmt::format("Bus {}", buses.content.items[i].number),
             buses.at(fmt::format("/buses/{}", i)), "a bus that enters or leaves");
  if (!c.in.pumps.content.items.empty())
    refuse("pumping_stations", {}, c.in.pumps.at("/pumping_stations"), "pumping",
           plural(c.in.pumps.content.items.size(), "station"));
  if (!c.in.contracts.content.items.empty())
    refuse("energy_contracts", {}, c.in.contracts.at("/contracts"), "trade by contract",
           plural(c.in.contracts.content.items.size(), "contract"));
  const auto& hydros = c.in.hydros;
  for (std::size_t h = 0; h < c.hydros.size(); ++h) {
    const raw::hydro& plant = c.hydro(h);
    const std::string name = fmt::format("Hydro {}", plant.number);
    const std::size_t i = c.hydros.in_file(h);
    if (plant.filling)
      refuse("filling", name, hydros.at(fmt::format("/hydros/{}/filling", i)), "filling a reservoir");
    for (std::size_t t = 0; t < c.stages.size(); ++t) {
      const auto model = c.production(h, t);
      if (model.model != raw::production::linearized_head) continue;
      refuse("linearized_head", name,
             model.pointer.empty() ? hydros.at(fmt::format("/hydros/{}/generation/model", i))
                                   : c.in.production.at(model.pointer),
             fmt::format("the linearised head of stage {}", c.stages.id(t)), "linearized_head",
             "use constant_productivity or fpha");
      break;
    }
  }
  for (std::size_t row = 0; row < c.in.hydro_bounds.rows(); ++row) {
    if (c.in.hydro_bounds.real(row, "filling_inflow_m3s").value_or(0) == 0) continue;
    refuse("filling", {}, c.in.hydro_bounds.at(row, "filling_inflow_m3s"), "filling a reservoir");
    break;
  }
}

void stages(context& c, refuser& refuse) {
  const auto& file = c.in.stages;
  const raw::stages& all = file.content;
  if (all.graph.type == raw::graph_type::cyclic)
    refuse("cyclic_horizon", {}, file.at("/policy_graph/type"), "a study that never ends", "cyclic",
           "write \"finite_horizon\"");
  for (std::size_t i = 0; i < all.graph.transitions.size(); ++i) {
    const raw::transition& arc = all.graph.transitions[i];
    const auto from = c.stages.find(arc.source);
    const auto to = c.stages.find(arc.target);
    if (!from || !to || *to == *from + 1 || all.graph.type == raw::graph_type::cyclic) continue;
    refuse("policy_graph", fmt::format("Transition {}", i),
           file.at(fmt::format("/policy_graph/transitions/{}", i)),
           "a transition other than from each stage to the next",
           fmt::format("{} to {}", arc.source, arc.target));
  }
  for (std::size_t i = 0; i < all.study.size(); ++i) {
    const raw::stage& s = all.study[i];
    const std::string name = fmt::format("Stage {}", s.number);
    if (s.mode == raw::block_mode::chronological)
      refuse("chronological_blocks", name, file.at(fmt::format("/stages/{}/block_mode", i)),
             "a stage whose blocks follow each other", "chronological", "write \"parallel\"");
    if (s.sampling == sampling_method::historical_residuals && !c.in.openings.present)
      refuse("sampling_method", name, file.at(fmt::format("/stages/{}/sampling_method", i)),
             "this method of drawing openings", "historical_residuals",
             "write \"saa\", \"lhs\", \"qmc_sobol\", \"qmc_halton\" or \"selective\", or give "
             "scenarios/noise_openings");
  }
  // Lags of one stage are those of the next only while stages are of about one length: a month and a quarter,
  // or a week and a month, need lags that are summed and split.
  std::int32_t least = 1 << 30;
  std::int32_t most = 0;
  for (const raw::stage& s : all.study) {
    // Stages that end before they begin are told by themselves.
    if (s.end.days <= s.start.days) continue;
    least = std::min(least, s.end.days - s.start.days), most = std::max(most, s.end.days - s.start.days);
  }
  const bool lagged =
      c.in.inflow_ar.rows() != 0 || c.in.inflow_annual.rows() != 0 || c.in.inflow_history.present;
  if (lagged && 2 * most > 3 * least)
    refuse("mixed_resolution", {}, file.at("/stages"), "autoregression over stages of different length",
           fmt::format("stages of {} to {} days", least, most));
  if (!c.in.initial.content.recent.empty())
    refuse("mixed_resolution", {}, c.in.initial.at("/recent_observations"),
           "a lag of which a part has been observed");
}

void scenarios(context& c, refuser& refuse) {
  const auto& config = c.in.config;
  const auto check = [&](const raw::opt<raw::scenario_source>& from, const std::string& pointer) {
    if (!from) return;
    for (const auto& [of, key] :
         {std::pair(&from->inflow, "inflow"), std::pair(&from->load, "load"), std::pair(&from->ncs, "ncs")}) {
      if (!*of) continue;
      const std::string at = fmt::format("{}/{}/scheme", pointer, key);
      if ((*of)->kind == raw::scheme::external)
        refuse("external_scenarios", {}, config.at(at), "the scheme external", "external");
      if ((*of)->kind == raw::scheme::historical)
        refuse("historical_scenarios", {}, config.at(at), "the scheme historical", "historical");
    }
  };
  check(config.content.training.scenarios, "/training/scenario_source");
  check(config.content.simulation.scenarios, "/simulation/scenario_source");
  if (c.in.inflow_history.present && !(c.in.inflow_stats.present && c.in.inflow_ar.present))
    refuse("estimation_from_history", {}, location{.file = c.in.inflow_history.name},
           "estimating the inflow model from history", "a history without statistics and coefficients",
           "give scenarios/inflow_seasonal_stats and scenarios/inflow_ar_coefficients");
  else if (c.in.inflow_ar.present && !c.in.inflow_stats.present)
    refuse("estimation_from_history", {}, location{.file = c.in.inflow_ar.name},
           "taking the statistics of given coefficients from history", {},
           "give scenarios/inflow_seasonal_stats");
}

void run(context& c, refuser& refuse) {
  const auto& file = c.in.config;
  const raw::config& config = file.content;
  if (!config.training.enabled)
    refuse("policy_loading", {}, file.at("/training/enabled"), "a simulation without training", "false");
  if (config.training.formulation == raw::cut_formulation::multi)
    refuse("multi_cut", {}, file.at("/training/cut_formulation"), "a cut for each opening", "multi",
           "write \"single\"");
  if (config.training.forward && config.training.forward->type.value_or("default") != "default")
    refuse("forward_pass_variants", {}, file.at("/training/forward_pass/type"), "another forward pass",
           *config.training.forward->type, "write \"default\"");
  if (config.upper_bound && config.upper_bound->enabled.value_or(false))
    refuse("upper_bound_evaluation", {}, file.at("/upper_bound_evaluation/enabled"),
           "the deterministic upper bound");
  if (config.simulation.type == raw::policy_type::inner)
    refuse("inner_policy", {}, file.at("/simulation/policy_type"), "the inner policy", "inner",
           "write \"outer\"");
  if (config.solver.backend == "highs")
    refuse("highs_solver", {}, file.at("/solver/backend"), "the solver HiGHS", "highs", "write \"clp\"");
  else if (config.solver.backend != "clp")
    c.error(finding_kind::schema_violation, "config.solver", {},
            {.what = "no such solver",
             .where = file.at("/solver/backend"),
             .found = config.solver.backend,
             .expected = "clp"});
  if (!config.policy) return;
  if (config.policy->mode != raw::policy_mode::fresh)
    refuse("policy_loading", {}, file.at("/policy/mode"), "starting from a policy on disk", {},
           "write \"fresh\"");
  if (config.policy->terminal)
    refuse("boundary_cuts", {}, file.at("/policy/boundary"), "the value of water after the study");
}

/// Settings that change no result: they are heard, and told to be without effect.
void without_effect(context& c) {
  const auto& file = c.in.config;
  const raw::simulation& simulation = file.content.simulation;
  const auto without = [&](bool given, const char* pointer, const char* what, const char* hint = "") {
    if (!given) return;
    c.out.warning("config.no_effect", {}, {.what = what, .where = file.at(pointer), .hint = hint});
  };
  without(simulation.output_path.has_value(), "/simulation/output_path",
          "the folder of the outputs is not taken from the case", "use twill sddp run --output DIR");
  without(simulation.table_layout.value_or(raw::table_layout::hive) != raw::table_layout::hive,
          "/simulation/table_layout", "tables have one layout");
  without(simulation.on_error == raw::on_error::skip, "/simulation/on_error",
          "a scenario that fails ends the simulation");
  without(simulation.risk_levels.has_value(), "/simulation/risk_levels",
          "risk levels of simulated costs are not evaluated yet");
  const raw::exports exported = file.content.exports.value_or(raw::exports{});
  without(exported.states, "/exports/states", "visited states are not written yet");
  without(exported.stochastic, "/exports/stochastic", "the stochastic model is not written yet");
  without(exported.legacy_manifest, "/exports/legacy_manifest", "the older manifest is not written yet");
  without(simulation.output_mode.value_or(raw::output_mode::streaming) != raw::output_mode::streaming,
          "/simulation/output_mode", "tables are written when the simulation has ended");
  without(simulation.io_channel_capacity.has_value(), "/simulation/io_channel_capacity",
          "no queue stands between the simulation and its tables");
  const raw::config& config = file.content;
  without(config.training.selection && config.training.selection->basis_activity_window,
          "/training/cut_selection/basis_activity_window",
          "rows of new cuts are basic in every starting basis");
  const raw::policy policy = config.policy.value_or(raw::policy{});
  without(policy.path != "./policy", "/policy/path", "the policy is written below the outputs",
          "use twill sddp run --output DIR");
  const raw::checkpointing kept = policy.checkpoints.value_or(raw::checkpointing{});
  without(kept.initial_iteration.has_value(), "/policy/checkpointing/initial_iteration",
          "the first checkpoint is written after interval_iterations");
  without(!kept.store_basis.value_or(true), "/policy/checkpointing/store_basis",
          "checkpoints always have their bases");
  without(kept.compress.value_or(false), "/policy/checkpointing/compress", "checkpoints are not compressed");
}

}  // namespace

void check_features(context& c) {
  refuser refuse(c);
  plants(c, refuse);
  stages(c, refuse);
  scenarios(c, refuse);
  run(c, refuse);
  without_effect(c);
}

}  // namespace twill::sddp::detail
