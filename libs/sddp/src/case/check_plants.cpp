// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"
#include "twill/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

// Layer 5, plants: what a plant, a line or a reservoir says of itself must be possible.
namespace twill::sddp::detail {
namespace {

using kind = finding_kind;

std::string hydro_name(const raw::hydro& h) { return fmt::format("Hydro {}", h.number); }

/// One pair of limits; `pointer` leads to the maximum.
void ordered(context& c, const source_file& file, double least, double most, const char* rule,
             const std::string& entity, const std::string& pointer, const char* unit) {
  if (least <= most) return;
  c.error(kind::invalid_value, rule, entity,
          {.what = "maximum below minimum",
           .where = file.at(pointer),
           .found = shortest(most),
           .expected = fmt::format("at least {} {}", shortest(least), unit),
           .hint = "swap them or lower the minimum"});
}

void lifetimes(context& c) {
  const auto check = [&](const auto& file, const char* key, const char* noun) {
    const auto& items = file.content.items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i].entry || !items[i].exit || *items[i].entry < *items[i].exit) continue;
      c.error(kind::invalid_value, "lifetime.order", fmt::format("{} {}", noun, items[i].number),
              {.what = "it leaves before it enters",
               .where = file.at(fmt::format("/{}/{}/exit_stage_id", key, i)),
               .found = std::to_string(*items[i].exit),
               .expected = fmt::format("above {}", *items[i].entry)});
    }
  };
  check(c.in.buses, "buses", "Bus");
  check(c.in.lines, "lines", "Line");
  check(c.in.hydros, "hydros", "Hydro");
  check(c.in.thermals, "thermals", "Thermal");
  check(c.in.sources, "non_controllable_sources", "Source");
  check(c.in.contracts, "contracts", "Contract");
  check(c.in.pumps, "pumping_stations", "Pumping station");
}

void segments(context& c, const source_file& file, const std::vector<raw::segment>& all,
              const std::string& pointer, const std::string& entity) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool last = i + 1 == all.size();
    if (last == !all[i].depth_mw) {
      if (i == 0 || all[i].cost > all[i - 1].cost) continue;
      c.error(kind::business_rule_violation, "deficit.rising_cost", entity,
              {.what = "deficit segments do not rise in cost",
               .where = file.at(fmt::format("{}/{}/cost", pointer, i)),
               .found = shortest(all[i].cost),
               .expected = fmt::format("above {} $/MWh", shortest(all[i - 1].cost))});
      continue;
    }
    c.error(kind::business_rule_violation, "deficit.last_depth", entity,
            {.what = last ? "the last deficit segment has an end"
                          : "a deficit segment without end is not the last",
             .where = file.at(fmt::format("{}/{}/depth_mw", pointer, i)),
             .found = last ? shortest(*all[i].depth_mw) : "null",
             .expected = last ? "null" : "a depth in MW"});
  }
}

void cascade(context& c) {
  // Kahn (1962): what is left when plants without water from above are taken away again and again is the
  // cycles and what lies below them; going down from there ends inside of one.
  const std::size_t n = c.hydros.size();
  std::vector<std::size_t> above(n, 0);
  const auto next = [&](std::size_t h) -> std::vector<std::uint32_t> {
    std::vector<std::uint32_t> down;
    const raw::hydro& plant = c.hydro(h);
    if (plant.downstream)
      if (const auto d = c.hydros.find(*plant.downstream)) down.push_back(*d);
    if (plant.diversion)
      if (const auto d = c.hydros.find(plant.diversion->downstream)) down.push_back(*d);
    return down;
  };
  for (std::size_t h = 0; h < n; ++h)
    for (const auto d : next(h)) ++above[d];
  std::vector<std::size_t> ready;
  for (std::size_t h = 0; h < n; ++h)
    if (above[h] == 0) ready.push_back(h);
  std::vector<bool> done(n, false);
  while (!ready.empty()) {
    const std::size_t h = ready.back();
    ready.pop_back();
    done[h] = true;
    for (const auto d : next(h))
      if (--above[d] == 0) ready.push_back(d);
  }
  std::vector<bool> told(n, false);
  for (std::size_t start = 0; start < n; ++start) {
    if (done[start] || told[start]) continue;
    std::vector<std::size_t> path;
    std::size_t h = start;
    while (std::ranges::find(path, h) == path.end() && !told[h]) {
      path.push_back(h);
      const auto down = next(h);
      const auto on = std::ranges::find_if(down, [&](std::uint32_t d) { return !done[d]; });
      if (on == down.end()) break;
      h = *on;
    }
    const bool again = told[h];
    for (const std::size_t p : path) told[p] = true;
    const auto from = std::ranges::find(path, h);
    if (again || from == path.end() || next(path.back()).empty()) continue;
    path.erase(path.begin(), from);
    std::ranges::rotate(path, std::ranges::min_element(path));
    std::string ring;
    for (const std::size_t p : path) ring += fmt::format("{} -> ", c.hydros.id(p));
    c.error(kind::cycle_detected, "cascade.cycle", fmt::format("Hydro {}", c.hydros.id(path.front())),
            {.what = "water flows in a circle",
             .where = c.in.hydros.at(fmt::format("/hydros/{}/downstream_id", c.hydros.in_file(path.front()))),
             .found = ring + std::to_string(c.hydros.id(path.front())),
             .expected = "a cascade that ends"});
  }
}

void geometry(context& c) {
  // Rows of a hydro by volume; the key of the table has no pair twice.
  const table_file& file = c.in.geometry;
  std::vector<std::size_t> order(file.rows());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](std::size_t row) {
    return std::pair(file.integer(row, "hydro_id").value_or(0), file.real(row, "volume_hm3").value_or(0));
  };
  std::ranges::sort(order, {}, key);
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (key(order[i]).first != key(order[i - 1]).first) continue;
    for (const char* column : {"height_m", "area_km2"}) {
      const double before = file.real(order[i - 1], column).value_or(0);
      const double here = file.real(order[i], column).value_or(0);
      if (here >= before) continue;
      c.error(kind::business_rule_violation, "geometry.monotone",
              fmt::format("Hydro {}", key(order[i]).first),
              {.what = "it falls while the volume rises",
               .where = file.at(order[i], column),
               .found = shortest(here),
               .expected = fmt::format("at least {}", shortest(before))});
    }
  }
}

/// Which model counts when: the first range that holds a stage, the only entry of a season.
void production_models(context& c) {
  const auto& file = c.in.production;
  std::set<std::int64_t> seasons;
  if (const auto& defined = c.in.stages.content.seasons)
    for (const raw::season& s : defined->seasons) seasons.insert(s.number);
  const auto by_stage = [&](const raw::by_stage& models, std::size_t entry) {
    const std::string name = fmt::format("Hydro {}", models.hydro);
    std::vector<bool> taken(c.stages.size(), false);
    for (std::size_t i = 0; i < models.ranges.size(); ++i) {
      const raw::stage_range& range = models.ranges[i];
      const auto at = [&](const char* key) {
        return file.at(fmt::format("/production_models/{}/stage_ranges/{}{}", entry, i, key));
      };
      if (range.last && *range.last < range.first) {
        c.error(kind::invalid_value, "production.range", name,
                {.what = "the range ends before it begins",
                 .where = at("/end_stage_id"),
                 .found = std::to_string(*range.last),
                 .expected = fmt::format("{} or more, or null", range.first)});
        continue;
      }
      std::optional<std::int32_t> again;
      bool holds = false;
      for (std::size_t t = 0; t < c.stages.size(); ++t) {
        const std::int32_t stage = c.stages.id(t);
        if (stage < range.first || (range.last && stage > *range.last)) continue;
        holds = true;
        if (taken[t] && !again) again = stage;
        taken[t] = true;
      }
      if (!holds)
        c.out.warning("production.range_without_stage", name,
                      {.what = "no stage of the study lies in the range",
                       .where = at(""),
                       .found = fmt::format("from {} to {}", range.first,
                                            range.last ? std::to_string(*range.last) : "the end")});
      if (again)
        c.out.warning("production.overlap", name,
                      {.what = fmt::format("an earlier range holds stage {} and counts there", *again),
                       .where = at(""),
                       .hint = "let ranges follow each other"});
    }
  };
  const auto by_season = [&](const raw::by_season& models, std::size_t entry) {
    const std::string name = fmt::format("Hydro {}", models.hydro);
    std::set<std::int32_t> seen;
    for (std::size_t i = 0; i < models.seasons.size(); ++i) {
      const std::int32_t season = models.seasons[i].season;
      const location at = file.at(fmt::format("/production_models/{}/seasons/{}/season_id", entry, i));
      if (!seen.insert(season).second)
        c.error(kind::duplicate_id, "production.season_unique", name,
                {.what = "the season has a model already",
                 .where = at,
                 .found = std::to_string(season),
                 .expected = "one entry a season"});
      if (!seasons.contains(season))
        c.error(kind::invalid_reference, "production.season_id", name,
                {.what = "season does not exist",
                 .where = at,
                 .found = std::to_string(season),
                 .expected = seasons.empty() ? "season_definitions in stages.json"
                                             : fmt::format("one of {}", fmt::join(seasons, ", "))});
    }
  };
  const auto& items = file.content.items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const auto* ranges = std::get_if<raw::by_stage>(&items[i])) by_stage(*ranges, i);
    if (const auto* models = std::get_if<raw::by_season>(&items[i])) by_season(*models, i);
  }
}

/// A bus of which nobody says anything: most likely an id that was mistyped elsewhere.
void unused_buses(context& c) {
  std::set<std::int32_t> used;
  for (const raw::line& line : c.in.lines.content.items) used.insert({line.source, line.target});
  const auto take = [&](const auto& file) {
    for (const auto& item : file.content.items) used.insert(item.bus);
  };
  take(c.in.hydros);
  take(c.in.thermals);
  take(c.in.sources);
  take(c.in.contracts);
  take(c.in.pumps);
  for (const std::int32_t bus : c.in.load_stats.ints("bus_id")) used.insert(bus);
  for (std::size_t i = 0; i < c.in.buses.content.items.size(); ++i) {
    const raw::bus& bus = c.in.buses.content.items[i];
    if (used.contains(bus.number)) continue;
    c.out.unused("bus.unused", fmt::format("Bus {}", bus.number),
                 {.what = "no load, plant or line is at the bus",
                  .where = c.in.buses.at(fmt::format("/buses/{}", i))});
  }
}

void planes(context& c) {
  const table_file& file = c.in.planes;
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const auto check = [&](const char* column, bool right, const char* expected) {
      if (right) return;
      c.error(kind::business_rule_violation, "planes.sign",
              fmt::format("Hydro {}", file.integer(row, "hydro_id").value_or(0)),
              {.what = "no production function has such a plane",
               .where = file.at(row, column),
               .found = shortest(file.real(row, column).value_or(0)),
               .expected = expected});
    };
    const double kappa = file.real(row, "kappa").value_or(1.0);
    check("gamma_v", file.real(row, "gamma_v").value_or(0) >= 0, "at least 0");
    check("gamma_q", file.real(row, "gamma_q").value_or(1) > 0, "above 0");
    check("gamma_s", file.real(row, "gamma_s").value_or(0) <= 0, "at most 0");
    check("kappa", kappa > 0 && kappa <= 1, "above 0 and at most 1");
  }
}

void hydro(context& c, std::size_t i) {
  const raw::hydro& h = c.in.hydros.content.items[i];
  const raw::generation& g = h.gen();
  const std::string name = hydro_name(h);
  const auto at = [&](const char* key) { return fmt::format("/hydros/{}/{}", i, key); };
  const auto& file = c.in.hydros;
  ordered(c, file, h.reservoir.least, h.reservoir.most, "hydro.storage", name,
          at("reservoir/max_storage_hm3"), "hm3");
  if (h.outflow.most)
    ordered(c, file, h.outflow.least, *h.outflow.most, "hydro.outflow", name, at("outflow/max_outflow_m3s"),
            "m3/s");
  ordered(c, file, g.min_turbined, g.max_turbined, "hydro.turbined", name, at("generation/max_turbined_m3s"),
          "m3/s");
  ordered(c, file, g.min_generation, g.max_generation, "hydro.generation", name,
          at("generation/max_generation_mw"), "MW");
  if (const auto* points = h.tailrace ? std::get_if<raw::piecewise>(&*h.tailrace) : nullptr) {
    for (std::size_t p = 1; p < points->points.size(); ++p) {
      if (points->points[p].outflow > points->points[p - 1].outflow) continue;
      c.error(kind::invalid_value, "hydro.tailrace", name,
              {.what = "outflows of the tailrace do not rise",
               .where = file.at(at(fmt::format("tailrace/points/{}/outflow_m3s", p).c_str())),
               .found = shortest(points->points[p].outflow),
               .expected = fmt::format("above {} m3/s", shortest(points->points[p - 1].outflow))});
    }
  }
  if (h.evaporation && h.evaporation->reference_volumes) {
    const auto& volumes = *h.evaporation->reference_volumes;
    for (std::size_t m = 0; m < volumes.size(); ++m) {
      if (volumes[m] >= h.reservoir.least && volumes[m] <= h.reservoir.most) continue;
      c.error(
          kind::invalid_value, "hydro.evaporation.reference_volume", name,
          {.what = "a reference volume that the reservoir cannot hold",
           .where = file.at(at(fmt::format("evaporation/reference_volumes_hm3/{}", m).c_str())),
           .found = shortest(volumes[m]),
           .expected = fmt::format("{} to {} hm3", shortest(h.reservoir.least), shortest(h.reservoir.most))});
    }
  }
  if (h.filling) {
    if (!c.stages.has(h.filling->start))
      c.error(kind::invalid_reference, "hydro.filling.start_stage_id", name,
              {.what = "the stage is none of the study",
               .where = file.at(at("filling/start_stage_id")),
               .found = std::to_string(h.filling->start),
               .expected = c.stages.listed()});
    if (!h.entry || *h.entry <= h.filling->start)
      c.error(kind::invalid_value, "hydro.filling.entry", name,
              {.what = "a hydro that is filled enters after the filling begins",
               .where = file.at(at("filling")),
               .found = h.entry ? std::to_string(*h.entry) : "no entry_stage_id",
               .expected = fmt::format("entry_stage_id above {}", h.filling->start)});
  }
  const auto rows = c.in.geometry.ints("hydro_id");
  if (h.evaporation && std::ranges::count(rows, h.number) < 2)
    c.error(kind::dimension_mismatch, "hydro.evaporation.geometry", name,
            {.what = "evaporation needs the reservoir's geometry",
             .where = file.at(at("evaporation")),
             .found = fmt::format("{} in system/hydro_geometry", std::ranges::count(rows, h.number)),
             .expected = "at least 2"});
}

}  // namespace

void check_plants(context& c) {
  lifetimes(c);
  segments(c, c.in.penalties, c.in.penalties.content.bus.deficit_segments, "/bus/deficit_segments", {});
  const auto& buses = c.in.buses.content.items;
  for (std::size_t i = 0; i < buses.size(); ++i) {
    if (buses[i].segments)
      segments(c, c.in.buses, *buses[i].segments, fmt::format("/buses/{}/deficit_segments", i),
               fmt::format("Bus {}", buses[i].number));
  }
  const auto& lines = c.in.lines.content.items;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].source != lines[i].target) continue;
    c.error(kind::invalid_value, "line.ends", fmt::format("Line {}", lines[i].number),
            {.what = "the line ends where it begins",
             .where = c.in.lines.at(fmt::format("/lines/{}/target_bus_id", i)),
             .found = std::to_string(lines[i].target),
             .expected = "another bus"});
  }
  const auto& pumps = c.in.pumps.content.items;
  for (std::size_t i = 0; i < pumps.size(); ++i) {
    const std::string name = fmt::format("Pumping station {}", pumps[i].number);
    ordered(c, c.in.pumps, pumps[i].flow.least, pumps[i].flow.most, "pump.flow", name,
            fmt::format("/pumping_stations/{}/flow/max_m3s", i), "m3/s");
    if (pumps[i].source != pumps[i].destination) continue;
    c.error(kind::invalid_value, "pump.ends", name,
            {.what = "it pumps from a reservoir into the same",
             .where = c.in.pumps.at(fmt::format("/pumping_stations/{}/destination_hydro_id", i)),
             .found = std::to_string(pumps[i].destination),
             .expected = "another hydro"});
  }
  const auto& thermals = c.in.thermals.content.items;
  for (std::size_t i = 0; i < thermals.size(); ++i)
    ordered(c, c.in.thermals, thermals[i].generation.least, thermals[i].generation.most, "thermal.generation",
            fmt::format("Thermal {}", thermals[i].number), fmt::format("/thermals/{}/generation/max_mw", i),
            "MW");
  const auto& contracts = c.in.contracts.content.items;
  for (std::size_t i = 0; i < contracts.size(); ++i)
    ordered(c, c.in.contracts, contracts[i].limits.least, contracts[i].limits.most, "contract.limits",
            fmt::format("Contract {}", contracts[i].number), fmt::format("/contracts/{}/limits/max_mw", i),
            "MW");
  for (std::size_t i = 0; i < c.in.hydros.content.items.size(); ++i) hydro(c, i);
  cascade(c);
  geometry(c);
  production_models(c);
  planes(c);
  unused_buses(c);
}

}  // namespace twill::sddp::detail
