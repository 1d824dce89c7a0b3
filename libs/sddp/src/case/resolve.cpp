// SPDX-License-Identifier: Apache-2.0
#include "resolve.hpp"

#include <algorithm>
#include <cmath>

namespace twill::sddp::detail {
namespace {

std::vector<deficit_segment> segments_of(const std::vector<raw::segment>& from) {
  std::vector<deficit_segment> made;
  for (const raw::segment& s : from) made.push_back({s.depth_mw.value_or(unlimited), s.cost});
  return made;
}

bus_index bus_at(const context& c, std::int32_t id) { return bus_index(*c.buses.find(id)); }

/// Plants after all whose water reaches them; of several that are ready the one with the least id comes
/// first, so that the order is a property of the cascade.
std::vector<hydro_index> cascade_of(const std::vector<hydro>& hydros) {
  std::vector<std::size_t> above(hydros.size());
  std::vector<hydro_index> order;
  std::vector<bool> placed(hydros.size(), false);
  for (std::size_t h = 0; h < hydros.size(); ++h)
    above[h] = hydros[h].upstream.size() + hydros[h].diverted_from.size();
  while (order.size() < hydros.size()) {
    for (std::size_t h = 0; h < hydros.size(); ++h) {
      if (placed[h] || above[h] != 0) continue;
      placed[h] = true;
      order.emplace_back(static_cast<std::uint32_t>(h));
      if (hydros[h].downstream) --above[hydros[h].downstream->index()];
      if (hydros[h].diverts_to) --above[hydros[h].diverts_to->index()];
      break;
    }
  }
  return order;
}

void constraints(const context& c, system& s) {
  for (std::size_t i = 0; i < c.constraints.size(); ++i) {
    const std::size_t file = c.constraints.in_file(i);
    const raw::constraint& from = c.in.constraints.content.items[file];
    generic_constraint made{
        .id = constraint_id(from.number), .name = from.name, .expression = from.expression};
    made.sense = from.sense;
    if (from.slack.enabled) made.slack_cost_per_unit_h = from.slack.penalty;
    for (const written_term& term : c.expressions[file].terms) {
      const std::string_view name = name_of(term.what);
      const id_index& of = name.starts_with("hydro")     ? c.hydros
                           : name.starts_with("thermal") ? c.thermals
                           : name.starts_with("line")    ? c.lines
                           : name.starts_with("bus")     ? c.buses
                                                         : c.sources;
      constraint_term resolved{
          .coefficient = term.coefficient, .what = term.what, .entity = *of.find(term.entity)};
      if (term.block) resolved.block = static_cast<std::uint32_t>(*term.block);
      made.terms.push_back(resolved);
    }
    s.constraints.push_back(std::move(made));
  }
}

}  // namespace

void resolve_entities(const context& c, system& s) {
  const std::vector<deficit_segment> general = segments_of(c.in.penalties.content.bus.deficit_segments);
  for (std::size_t i = 0; i < c.buses.size(); ++i) {
    const raw::bus& from = c.in.buses.content.items[c.buses.in_file(i)];
    s.buses.push_back(
        {bus_id(from.number), from.name, from.segments ? segments_of(*from.segments) : general});
  }
  for (std::size_t i = 0; i < c.lines.size(); ++i) {
    const raw::line& from = c.in.lines.content.items[c.lines.in_file(i)];
    s.lines.push_back({line_id(from.number), from.name, bus_at(c, from.source), bus_at(c, from.target)});
  }
  for (std::size_t i = 0; i < c.thermals.size(); ++i) {
    const raw::thermal& from = c.in.thermals.content.items[c.thermals.in_file(i)];
    s.thermals.push_back({thermal_id(from.number), from.name, bus_at(c, from.bus)});
  }
  for (std::size_t i = 0; i < c.sources.size(); ++i) {
    const raw::source& from = c.in.sources.content.items[c.sources.in_file(i)];
    s.sources.push_back({source_id(from.number), from.name, bus_at(c, from.bus)});
  }
  for (std::size_t h = 0; h < c.hydros.size(); ++h) {
    const raw::hydro& from = c.hydro(h);
    hydro made{.id = hydro_id(from.number), .name = from.name, .bus = bus_at(c, from.bus)};
    if (from.downstream) made.downstream = hydro_index(*c.hydros.find(*from.downstream));
    if (from.diversion) made.diverts_to = hydro_index(*c.hydros.find(from.diversion->downstream));
    s.hydros.push_back(std::move(made));
  }
  for (std::size_t h = 0; h < s.hydros.size(); ++h) {
    const hydro_index here(static_cast<std::uint32_t>(h));
    if (const auto down = s.hydros[h].downstream) s.hydros[down->index()].upstream.push_back(here);
    if (const auto to = s.hydros[h].diverts_to) s.hydros[to->index()].diverted_from.push_back(here);
  }
  s.cascade = cascade_of(s.hydros);
  constraints(c, s);
}

system resolve_system(context& c) {
  system s;
  const raw::modeling& modeling = c.in.config.content.modeling;
  s.inflow_method = modeling.inflow ? modeling.inflow->method : negative_inflow::penalty;
  s.soft_min_storage = modeling.storage == raw::storage_violation::soft;
  resolve_entities(c, s);
  resolve_stages(c, s);
  resolve_hydros(c, s);
  resolve_production(c, s);
  resolve_inflows(c, s);
  resolve_noise(c, s);
  s.initial.storage_hm3.assign(s.hydros.size(), 0.0);
  for (const raw::volume& v : c.in.initial.content.storage)
    s.initial.storage_hm3[*c.hydros.find(v.hydro)] = v.hm3;
  s.initial.inflow_lags_m3s.assign(s.hydros.size() * s.inflows.lags, 0.0);
  for (const raw::past_inflow& past : c.in.initial.content.past) {
    const std::size_t h = *c.hydros.find(past.hydro);
    for (std::size_t l = 0; l < std::min(past.values.size(), s.inflows.lags); ++l)
      s.initial.inflow_lags_m3s[l * s.hydros.size() + h] = past.values[l];
  }
  return s;
}

study_settings resolve_settings(const context& c) {
  const raw::config& from = c.in.config.content;
  study_settings made;
  training_settings& t = made.training;
  t.forward_passes = from.training.forward_passes;
  // The seed is a magnitude: -7 and 7 are the same. Negated as unsigned, which the least integer survives.
  const auto magnitude = [](std::int64_t seed) {
    const auto bits = static_cast<std::uint64_t>(seed);
    return seed < 0 ? std::uint64_t{0} - bits : bits;
  };
  t.tree_seed = magnitude(from.training.tree_seed.value_or(42));
  t.stopping_rules = from.training.stopping_rules;
  t.mode = from.training.mode;
  if (const auto& cut = from.training.selection) {
    t.selection.enabled = cut->enabled.value_or(t.selection.enabled);
    t.selection.method = cut->method.value_or(t.selection.method);
    t.selection.threshold = cut->threshold.value_or(t.selection.threshold);
    t.selection.memory_window = cut->memory_window.value_or(t.selection.memory_window);
    t.selection.domination_epsilon = cut->domination_epsilon.value_or(t.selection.domination_epsilon);
    t.selection.check_frequency = cut->check_frequency.value_or(t.selection.check_frequency);
    t.selection.activity_tolerance = cut->cut_activity_tolerance.value_or(t.selection.activity_tolerance);
    t.selection.max_active_per_stage = cut->max_active_per_stage;
  }
  const auto source = [](const raw::scenario_source& raw_source) {
    const auto scheme = [](const raw::opt<raw::scenario_class>& of) {
      return of && of->kind == raw::scheme::out_of_sample ? sampling_scheme::out_of_sample
                                                          : sampling_scheme::in_sample;
    };
    return scenario_source{raw_source.seed.value_or(42), scheme(raw_source.inflow), scheme(raw_source.load),
                           scheme(raw_source.ncs)};
  };
  if (from.training.scenarios) t.scenarios = source(*from.training.scenarios);
  made.simulation.enabled = from.simulation.enabled;
  made.simulation.scenarios = from.simulation.num_scenarios;
  made.simulation.source = from.simulation.scenarios ? source(*from.simulation.scenarios) : t.scenarios;
  made.solver.backend = from.solver.backend;
  made.solver.cost_scale = from.solver.cost_scale;
  made.solver.fixing = from.solver.fixing;
  if (from.training.solver) {
    made.solver.retry_max_attempts = from.training.solver->max_attempts;
    made.solver.retry_time_budget_s = from.training.solver->time_budget;
  }
  if (from.parallel) made.threads = from.parallel->threads;
  if (from.policy && from.policy->checkpoints && from.policy->checkpoints->enabled.value_or(false))
    made.checkpoint_every = from.policy->checkpoints->interval_iterations.value_or(1);
  return made;
}

}  // namespace twill::sddp::detail
