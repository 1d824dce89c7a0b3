// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <algorithm>
#include <set>
#include <tuple>

// Layer 3: every id that one place uses is an id that another place defines.
namespace twill::sddp::detail {
namespace {

class linker {
 public:
  explicit linker(context& c) : c_(c) {}

  /// `pointer` and `entity` are worked out for what dangles only.
  template <class Pointer, class Entity>
  bool json(const source_file& file, std::int32_t id, const id_index& to, const char* noun, const char* rule,
            Pointer pointer, Entity entity) {
    if (to.has(id)) return true;
    c_.error(finding_kind::invalid_reference, rule, entity(),
             {.what = fmt::format("{} does not exist", noun),
              .where = file.at(pointer()),
              .found = std::to_string(id),
              .expected = to.listed()});
    return false;
  }

  void table(const table_file& file, const char* column, const id_index& to, const char* noun,
             const id_index* or_to = nullptr) {
    const table::table_column* ids = file.content.find(column);
    if (ids == nullptr) return;
    const auto values = ids->values<std::int32_t>();
    std::size_t told = 0;
    for (std::size_t row = 0; row < values.size() && told < most_told; ++row) {
      if (ids->is_null(row) || to.has(values[row]) || (or_to != nullptr && or_to->has(values[row]))) continue;
      ++told;
      c_.error(finding_kind::invalid_reference, fmt::format("table.{}", column), {},
               {.what = fmt::format("{} does not exist", noun),
                .where = file.at(row, column),
                .found = std::to_string(values[row]),
                .expected = to.listed()});
    }
  }

 private:
  static constexpr std::size_t most_told = 10;  // a column

  context& c_;
};

void entities(context& c, linker& link) {
  const case_files& in = c.in;
  const auto& lines = in.lines.content.items;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto entity = [&] { return fmt::format("Line {}", lines[i].number); };
    const auto at = [&](const char* key) { return [=] { return fmt::format("/lines/{}/{}", i, key); }; };
    link.json(in.lines, lines[i].source, c.buses, "bus", "line.source_bus_id", at("source_bus_id"), entity);
    link.json(in.lines, lines[i].target, c.buses, "bus", "line.target_bus_id", at("target_bus_id"), entity);
  }
  const auto& hydros = in.hydros.content.items;
  for (std::size_t i = 0; i < hydros.size(); ++i) {
    const raw::hydro& h = hydros[i];
    const auto entity = [&] { return fmt::format("Hydro {}", h.number); };
    const auto at = [&](const char* key) { return [=] { return fmt::format("/hydros/{}/{}", i, key); }; };
    link.json(in.hydros, h.bus, c.buses, "bus", "hydro.bus_id", at("bus_id"), entity);
    if (h.downstream)
      link.json(in.hydros, *h.downstream, c.hydros, "downstream hydro", "hydro.downstream_id",
                at("downstream_id"), entity);
    if (h.diversion)
      link.json(in.hydros, h.diversion->downstream, c.hydros, "downstream hydro",
                "hydro.diversion.downstream_id", at("diversion/downstream_id"), entity);
  }
  const auto on_bus = [&](const auto& file, const char* key, const char* noun, const char* rule) {
    const auto& items = file.content.items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      link.json(
          file, items[i].bus, c.buses, "bus", rule, [&] { return fmt::format("/{}/{}/bus_id", key, i); },
          [&] { return fmt::format("{} {}", noun, items[i].number); });
    }
  };
  on_bus(in.thermals, "thermals", "Thermal", "thermal.bus_id");
  on_bus(in.sources, "non_controllable_sources", "Source", "source.bus_id");
  on_bus(in.contracts, "contracts", "Contract", "contract.bus_id");
  on_bus(in.pumps, "pumping_stations", "Pumping station", "pump.bus_id");
  const auto& pumps = in.pumps.content.items;
  for (std::size_t i = 0; i < pumps.size(); ++i) {
    const auto entity = [&] { return fmt::format("Pumping station {}", pumps[i].number); };
    const auto at = [&](const char* key) {
      return [=] { return fmt::format("/pumping_stations/{}/{}", i, key); };
    };
    link.json(in.pumps, pumps[i].source, c.hydros, "hydro", "pump.source_hydro_id", at("source_hydro_id"),
              entity);
    link.json(in.pumps, pumps[i].destination, c.hydros, "hydro", "pump.destination_hydro_id",
              at("destination_hydro_id"), entity);
  }
  const auto& models = in.production.content.items;
  for (std::size_t i = 0; i < models.size(); ++i) {
    link.json(
        in.production, hydro_of(models[i]), c.hydros, "hydro", "production.hydro_id",
        [&] { return fmt::format("/production_models/{}/hydro_id", i); },
        [&] { return fmt::format("Production model {}", i); });
  }
}

void factor_lists(context& c, linker& link) {
  const auto check = [&](const auto& file, const char* key, const char* column, const id_index& to,
                         const char* noun, [[maybe_unused]] const char* lower, const auto& id_of) {
    const auto& items = file.content.items;
    std::set<std::pair<std::int32_t, std::int32_t>> seen;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto entity = [&] { return fmt::format("{} {}", noun, id_of(items[i])); };
      link.json(
          file, id_of(items[i]), to, lower, "factors.entity",
          [&] { return fmt::format("/{}/{}/{}", key, i, column); }, entity);
      const bool stage = link.json(
          file, items[i].stage, c.stages, "stage", "factors.stage_id",
          [&] { return fmt::format("/{}/{}/stage_id", key, i); }, entity);
      if (!seen.emplace(id_of(items[i]), items[i].stage).second) {
        c.error(finding_kind::duplicate_id, "factors.unique", entity(),
                {.what = fmt::format("factors of stage {} stand twice", items[i].stage),
                 .where = file.at(fmt::format("/{}/{}", key, i))});
      }
      if (!stage) continue;
      const auto& blocks = c.stage(*c.stages.find(items[i].stage)).blocks;
      std::set<std::int32_t> named;
      for (std::size_t k = 0; k < items[i].blocks.size(); ++k) {
        const std::int32_t block = items[i].blocks[k].block;
        const bool known = block >= 0 && static_cast<std::size_t>(block) < blocks.size();
        if (known && named.insert(block).second) continue;
        c.error(known ? finding_kind::duplicate_id : finding_kind::invalid_reference, "factors.block_id",
                entity(),
                {.what = known ? "the block stands twice" : "block does not exist",
                 .where = file.at(fmt::format("/{}/{}/block_factors/{}/block_id", key, i, k)),
                 .found = std::to_string(block),
                 .expected = fmt::format("0 to {}", blocks.size() - 1)});
      }
    }
  };
  const auto entity = [](const raw::factors& f) { return f.entity; };
  check(c.in.load_factors, "load_factors", "bus_id", c.buses, "Bus", "bus", entity);
  check(c.in.source_factors, "non_controllable_factors", "ncs_id", c.sources, "Source", "source", entity);
  check(c.in.exchange_factors, "exchange_factors", "line_id", c.lines, "Line", "line",
        [](const raw::exchange_factors& f) { return f.line; });
}

void tables(context& c, linker& link) {
  const case_files& in = c.in;
  link.table(in.geometry, "hydro_id", c.hydros, "hydro");
  link.table(in.planes, "hydro_id", c.hydros, "hydro");
  for (const table_file* file : {&in.inflow_stats, &in.inflow_ar, &in.inflow_annual}) {
    link.table(*file, "hydro_id", c.hydros, "hydro");
    link.table(*file, "stage_id", c.stages, "stage", &c.before);
  }
  link.table(in.inflow_history, "hydro_id", c.hydros, "hydro");
  link.table(in.load_stats, "bus_id", c.buses, "bus");
  link.table(in.source_stats, "ncs_id", c.sources, "source");
  link.table(in.external_inflow, "hydro_id", c.hydros, "hydro");
  link.table(in.external_load, "bus_id", c.buses, "bus");
  link.table(in.external_source, "ncs_id", c.sources, "source");
  link.table(in.thermal_bounds, "thermal_id", c.thermals, "thermal");
  link.table(in.hydro_bounds, "hydro_id", c.hydros, "hydro");
  link.table(in.line_bounds, "line_id", c.lines, "line");
  link.table(in.pump_bounds, "station_id", c.pumps, "pumping station");
  link.table(in.contract_bounds, "contract_id", c.contracts, "contract");
  link.table(in.source_bounds, "ncs_id", c.sources, "source");
  link.table(in.constraint_bounds, "constraint_id", c.constraints, "constraint");
  link.table(in.bus_costs, "bus_id", c.buses, "bus");
  link.table(in.line_costs, "line_id", c.lines, "line");
  link.table(in.hydro_costs, "hydro_id", c.hydros, "hydro");
  link.table(in.source_costs, "source_id", c.sources, "source");
  for (const table_file* file : {&in.load_stats, &in.source_stats, &in.openings, &in.external_inflow,
                                 &in.external_load, &in.external_source})
    link.table(*file, "stage_id", c.stages, "stage", &c.before);
  for (const table_file* file :
       {&in.planes, &in.thermal_bounds, &in.hydro_bounds, &in.line_bounds, &in.pump_bounds,
        &in.contract_bounds, &in.source_bounds, &in.constraint_bounds, &in.bus_costs, &in.line_costs,
        &in.hydro_costs, &in.source_costs})
    link.table(*file, "stage_id", c.stages, "stage");
  for (const table_file* file : {&in.thermal_bounds, &in.constraint_bounds}) {
    for (std::size_t row = 0; row < file->rows(); ++row) {
      const auto block = file->integer(row, "block_id");
      const auto stage = c.stages.find(file->integer(row, "stage_id").value_or(0));
      if (!block || !stage) continue;
      const std::size_t blocks = c.stage(*stage).blocks.size();
      if (*block >= 0 && static_cast<std::size_t>(*block) < blocks) continue;
      c.error(finding_kind::invalid_reference, "table.block_id", {},
              {.what = "block does not exist",
               .where = file->at(row, "block_id"),
               .found = std::to_string(*block),
               .expected = fmt::format("0 to {}", blocks - 1)});
    }
  }
}

void correlation(context& c, linker& link) {
  const auto& file = c.in.correlation;
  for (const auto& [name, profile] : file.content.profiles) {
    for (std::size_t g = 0; g < profile.groups.size(); ++g) {
      const auto& group = profile.groups[g];
      for (std::size_t e = 0; e < group.entities.size(); ++e) {
        const raw::correlated& one = group.entities[e];
        const bool inflow = one.type == raw::noise_class::inflow;
        const bool load = one.type == raw::noise_class::load;
        link.json(
            file, one.entity,
            inflow ? c.hydros
            : load ? c.buses
                   : c.sources,
            inflow ? "hydro"
            : load ? "bus"
                   : "source",
            "correlation.entity",
            [&, &profile_name = name] {
              return fmt::format("/profiles/{}/correlation_groups/{}/entities/{}/id",
                                 pointer_part(profile_name), g, e);
            },
            [&] { return fmt::format("Group {}", group.name); });
      }
    }
  }
  const auto& schedule = file.content.schedule;
  std::set<std::int32_t> scheduled;
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    const auto entity = [&] { return fmt::format("Stage {}", schedule[i].stage); };
    if (!scheduled.insert(schedule[i].stage).second)
      c.error(finding_kind::duplicate_id, "correlation.schedule.unique", entity(),
              {.what = "the stage has a profile already",
               .where = file.at(fmt::format("/schedule/{}/stage_id", i)),
               .found = std::to_string(schedule[i].stage),
               .expected = "one entry a stage"});
    link.json(
        file, schedule[i].stage, c.stages, "stage", "correlation.schedule.stage_id",
        [&] { return fmt::format("/schedule/{}/stage_id", i); }, entity);
    if (file.content.profiles.contains(schedule[i].profile)) continue;
    std::string names;
    for (const auto& entry : file.content.profiles) names += (names.empty() ? "" : ", ") + entry.first;
    c.error(finding_kind::invalid_reference, "correlation.schedule.profile_name", entity(),
            {.what = "profile does not exist",
             .where = file.at(fmt::format("/schedule/{}/profile_name", i)),
             .found = schedule[i].profile,
             .expected = "one of " + names});
  }
}

void expressions(context& c, linker& link) {
  const auto& file = c.in.constraints;
  for (std::size_t i = 0; i < c.expressions.size(); ++i) {
    const auto entity = [&] { return fmt::format("Constraint {}", file.content.items[i].number); };
    const auto pointer = [&] { return fmt::format("/constraints/{}/expression", i); };
    for (const written_term& term : c.expressions[i].terms) {
      const std::string_view name = name_of(term.what);
      const auto [to, noun] = name.starts_with("hydro")      ? std::pair(&c.hydros, "hydro")
                              : name.starts_with("thermal")  ? std::pair(&c.thermals, "thermal")
                              : name.starts_with("line")     ? std::pair(&c.lines, "line")
                              : name.starts_with("bus")      ? std::pair(&c.buses, "bus")
                              : name.starts_with("non")      ? std::pair(&c.sources, "source")
                              : name.starts_with("contract") ? std::pair(&c.contracts, "contract")
                                                             : std::pair(&c.pumps, "pumping station");
      link.json(file, term.entity, *to, noun, "constraint.entity", pointer, entity);
      if (!term.block) continue;
      const auto stage_ids = c.in.constraint_bounds.ints("stage_id");
      const auto owners = c.in.constraint_bounds.ints("constraint_id");
      for (std::size_t row = 0; row < owners.size(); ++row) {
        const auto t = c.stages.find(stage_ids[row]);
        if (owners[row] != file.content.items[i].number || !t) continue;
        const std::size_t blocks = c.stage(*t).blocks.size();
        if (static_cast<std::size_t>(*term.block) < blocks) continue;
        c.error(finding_kind::invalid_reference, "constraint.block", entity(),
                {.what = fmt::format("block does not exist at stage {}", stage_ids[row]),
                 .where = file.at(pointer()),
                 .found = std::to_string(*term.block),
                 .expected = fmt::format("0 to {}", blocks - 1)});
        break;
      }
    }
  }
}

void initial(context& c, linker& link) {
  const auto& file = c.in.initial;
  const auto check = [&](const auto& items, const char* key, bool once, std::set<std::int32_t>& seen) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto pointer = [&] { return fmt::format("/{}/{}/hydro_id", key, i); };
      const auto entity = [&] { return fmt::format("Hydro {}", items[i].hydro); };
      link.json(file, items[i].hydro, c.hydros, "hydro", "initial.hydro_id", pointer, entity);
      if (!once || seen.insert(items[i].hydro).second) continue;
      c.error(
          finding_kind::duplicate_id, "initial.unique", entity(),
          {.what = "the hydro stands twice", .where = file.at(pointer()), .expected = "one entry a hydro"});
    }
  };
  std::set<std::int32_t> volumes, past, any;
  check(file.content.storage, "storage", true, volumes);
  check(file.content.filling, "filling_storage", true, volumes);
  check(file.content.past, "past_inflows", true, past);
  check(file.content.recent, "recent_observations", false, any);
}

void graph(context& c, linker& link) {
  const auto& file = c.in.stages;
  const auto& arcs = file.content.graph.transitions;
  std::set<std::pair<std::int32_t, std::int32_t>> seen;
  for (std::size_t i = 0; i < arcs.size(); ++i) {
    const auto entity = [&] { return fmt::format("Transition {}", i); };
    const auto at = [&](const char* key) {
      return [=] { return fmt::format("/policy_graph/transitions/{}/{}", i, key); };
    };
    link.json(file, arcs[i].source, c.stages, "stage", "transition.source_id", at("source_id"), entity);
    link.json(file, arcs[i].target, c.stages, "stage", "transition.target_id", at("target_id"), entity);
    if (!seen.emplace(arcs[i].source, arcs[i].target).second)
      c.error(finding_kind::duplicate_id, "transition.unique", entity(),
              {.what = "the transition stands twice",
               .where = file.at(fmt::format("/policy_graph/transitions/{}", i)),
               .found = fmt::format("{} to {}", arcs[i].source, arcs[i].target),
               .expected = "one transition between two stages"});
  }
}

}  // namespace

void check_references(context& c) {
  linker link(c);
  entities(c, link);
  factor_lists(c, link);
  tables(c, link);
  correlation(c, link);
  expressions(c, link);
  initial(c, link);
  graph(c, link);
}

}  // namespace twill::sddp::detail
