// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <algorithm>
#include <set>

// Layer 4: tables that are there cover what they must, and shapes agree.
namespace twill::sddp::detail {
namespace {

using kind = finding_kind;

/// A row for every entity and stage of the study at which it exists.
template <class Exists>
void every_pair(context& c, const table_file& file, const char* column, const id_index& entities,
                const char* noun, const char* rule, Exists exists) {
  if (!file.present) return;
  std::vector<bool> seen(entities.size() * c.stages.size(), false);
  const auto ids = file.ints(column);
  const auto stages = file.ints("stage_id");
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const auto e = entities.find(ids[row]);
    const auto t = c.stages.find(stages[row]);
    if (e && t) seen[*e * c.stages.size() + *t] = true;
  }
  for (std::size_t e = 0; e < entities.size(); ++e) {
    std::vector<std::int32_t> missing;
    for (std::size_t t = 0; t < c.stages.size(); ++t)
      if (!seen[e * c.stages.size() + t] && exists(e, c.stages.id(t))) missing.push_back(c.stages.id(t));
    if (missing.empty()) continue;
    const std::size_t shown = std::min<std::size_t>(missing.size(), 10);
    c.error(kind::dimension_mismatch, rule, fmt::format("{} {}", noun, entities.id(e)),
            {.what = fmt::format("statistics of {} stage{} are missing", missing.size(),
                                 missing.size() == 1 ? "" : "s"),
             .where = location{.file = file.name},
             .found = fmt::format(
                 "no row for stage {}{}",
                 fmt::join(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                 shown < missing.size() ? ", ..." : ""),
             .expected = "a row for every stage of the study"});
  }
}

void shapes(context& c) {
  const auto& file = c.in.correlation;
  for (const auto& [name, profile] : file.content.profiles) {
    for (std::size_t g = 0; g < profile.groups.size(); ++g) {
      const raw::correlation_group& group = profile.groups[g];
      const std::size_t n = group.entities.size();
      const bool square = group.matrix.size() == n &&
                          std::ranges::all_of(group.matrix, [&](const auto& row) { return row.size() == n; });
      if (square) continue;
      const std::size_t columns = group.matrix.empty() ? 0 : group.matrix.front().size();
      c.error(
          kind::dimension_mismatch, "correlation.shape", fmt::format("Group {}", group.name),
          {.what = "the matrix has another shape than its entities ask for",
           .where = file.at(fmt::format("/profiles/{}/correlation_groups/{}/matrix", pointer_part(name), g)),
           .found = fmt::format("{} by {} in the first row", group.matrix.size(), columns),
           .expected = fmt::format("{} by {}", n, n)});
    }
  }
}

void production(context& c) {
  const table_file& planes = c.in.planes;
  std::set<std::pair<std::int32_t, std::optional<std::int32_t>>> rows;
  for (std::size_t row = 0; row < planes.rows(); ++row)
    rows.emplace(planes.integer(row, "hydro_id").value_or(0), planes.integer(row, "stage_id"));
  const auto geometry = c.in.geometry.ints("hydro_id");
  for (std::size_t h = 0; h < c.hydros.size(); ++h) {
    const std::int32_t id = c.hydros.id(h);
    const std::string name = fmt::format("Hydro {}", id);
    bool computed = false;
    for (std::size_t t = 0; t < c.stages.size(); ++t) {
      const auto model = c.production(h, t);
      if (model.model != raw::production::fpha) continue;
      if (model.choice == nullptr || !model.choice->fpha) {
        c.error(
            kind::business_rule_violation, "production.fpha_config", name,
            {.what = fmt::format("planes are asked for at stage {} and nothing says where they come from",
                                 c.stages.id(t)),
             .where = model.pointer.empty()
                          ? c.in.hydros.at(fmt::format("/hydros/{}/generation/model", c.hydros.in_file(h)))
                          : c.in.production.at(model.pointer),
             .expected = "an entry of system/hydro_production_models.json with fpha_config for that stage"});
        break;
      }
      if (model.choice->fpha->source == raw::plane_source::computed) {
        computed = true;
        continue;
      }
      if (rows.contains({id, c.stages.id(t)}) || rows.contains({id, std::nullopt})) continue;
      c.error(kind::dimension_mismatch, "planes.coverage", name,
              {.what = fmt::format("no plane for stage {}", c.stages.id(t)),
               .where = planes.present ? location{.file = planes.name} : c.in.production.at(model.pointer),
               .found = planes.present ? "no row" : "no file system/fpha_hyperplanes",
               .expected = "at least one row of the hydro for the stage or for all stages"});
      break;
    }
    if (!computed) continue;
    const raw::hydro& plant = c.hydro(h);
    const auto need = [&](bool there, const char* what) {
      if (there) return;
      c.error(kind::business_rule_violation, "production.computed", name,
              {.what = fmt::format("planes cannot be fitted without {}", what),
               .where = c.in.hydros.at(fmt::format("/hydros/{}", c.hydros.in_file(h))),
               .expected = "tailrace, hydraulic_losses, efficiency and 2 rows of system/hydro_geometry"});
    };
    need(plant.tailrace.has_value(), "a tailrace");
    need(plant.losses.has_value(), "hydraulic_losses");
    need(plant.efficiency.has_value(), "an efficiency");
    need(std::ranges::count(geometry, id) >= 2, "the reservoir's geometry");
  }
}

void openings(context& c) {
  const table_file& file = c.in.openings;
  if (!file.present) return;
  std::set<std::int32_t> uncertain_buses, uncertain_sources;
  for (std::size_t row = 0; row < c.in.load_stats.rows(); ++row)
    if (c.in.load_stats.real(row, "std_mw").value_or(0) > 0 &&
        c.stages.has(c.in.load_stats.integer(row, "stage_id").value_or(-1)))
      uncertain_buses.insert(c.in.load_stats.integer(row, "bus_id").value_or(0));
  for (std::size_t row = 0; row < c.in.source_stats.rows(); ++row)
    if (c.in.source_stats.real(row, "std").value_or(0) > 0 &&
        c.stages.has(c.in.source_stats.integer(row, "stage_id").value_or(-1)))
      uncertain_sources.insert(c.in.source_stats.integer(row, "ncs_id").value_or(0));
  const std::size_t dimension = c.hydros.size() + uncertain_buses.size() + uncertain_sources.size();
  const auto stages = file.ints("stage_id");
  const auto opening = file.counts("opening_index");
  const auto entity = file.counts("entity_index");
  std::vector<std::size_t> count(c.stages.size(), 0);
  std::size_t told = 0;
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const auto t = c.stages.find(stages[row]);
    if (!t) continue;
    ++count[*t];
    const std::uint32_t most = c.stage(*t).openings;
    const bool far = opening[row] >= most;
    if ((!far && entity[row] < dimension) || ++told > 10) continue;
    c.error(kind::dimension_mismatch, far ? "openings.opening_index" : "openings.entity_index",
            fmt::format("Stage {}", stages[row]),
            {.what = far ? "an opening that the stage does not have" : "an entity that has no noise",
             .where = file.at(row, far ? "opening_index" : "entity_index"),
             .found = std::to_string(far ? opening[row] : entity[row]),
             .expected =
                 far ? fmt::format("0 to {}", most - 1)
                     : fmt::format("below {}: hydros {}, uncertain loads {}, uncertain sources {}", dimension,
                                   c.hydros.size(), uncertain_buses.size(), uncertain_sources.size())});
  }
  if (told != 0) return;
  for (std::size_t t = 0; t < count.size(); ++t) {
    const std::size_t wanted = c.stage(t).openings * dimension;
    if (count[t] == wanted) continue;
    c.error(kind::dimension_mismatch, "openings.grid", fmt::format("Stage {}", c.stages.id(t)),
            {.what = "the openings do not fill the grid",
             .where = location{.file = file.name},
             .found = fmt::format("{} rows", count[t]),
             .expected =
                 fmt::format("{} openings of {} numbers: {} rows", c.stage(t).openings, dimension, wanted)});
  }
}

}  // namespace

void check_coverage(context& c) {
  every_pair(c, c.in.inflow_stats, "hydro_id", c.hydros, "Hydro", "inflow_stats.coverage",
             [&](std::size_t h, std::int32_t stage) { return context::exists(c.hydro(h), stage); });
  every_pair(c, c.in.load_stats, "bus_id", c.buses, "Bus", "load_stats.coverage",
             [](std::size_t, std::int32_t) { return true; });
  shapes(c);
  production(c);
  openings(c);
}

}  // namespace twill::sddp::detail
