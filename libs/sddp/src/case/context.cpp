// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace twill::sddp::detail {
namespace {

template <class T>
id_index index_of(const std::vector<T>& items) {
  std::vector<std::int32_t> ids;
  ids.reserve(items.size());
  for (const T& item : items) ids.push_back(item.number);
  return id_index(ids);
}

template <class T>
void unique(context& c, const json_file<raw::list<T>>& file, const char* key, const char* noun) {
  std::vector<std::size_t> order(file.content.items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(file.content.items[i].number, i); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto id = file.content.items[order[i]].number;
    if (id != file.content.items[order[i - 1]].number) continue;
    c.error(finding_kind::duplicate_id, "id.unique", fmt::format("{} {}", noun, id),
            {.what = "the id stands twice",
             .where = file.at(fmt::format("/{}/{}/id", key, order[i])),
             .found = std::to_string(id),
             .expected = "an id of its own"});
  }
}

void unique_stages(context& c) {
  const auto& stages = c.in.stages;
  const auto check = [&](const auto& items, const char* key) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (items[i].number != items[j].number) continue;
        c.error(finding_kind::duplicate_id, "id.unique", fmt::format("Stage {}", items[i].number),
                {.what = "the id stands twice",
                 .where = stages.at(fmt::format("/{}/{}/id", key, i)),
                 .found = std::to_string(items[i].number),
                 .expected = "an id of its own"});
        break;
      }
    }
  };
  check(stages.content.study, "stages");
  check(stages.content.before, "pre_study_stages");
  if (!stages.content.seasons) return;
  const auto& seasons = stages.content.seasons->seasons;
  for (std::size_t i = 0; i < seasons.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (seasons[i].number != seasons[j].number) continue;
      c.error(finding_kind::duplicate_id, "id.unique", fmt::format("Season {}", seasons[i].number),
              {.what = "the id stands twice",
               .where = stages.at(fmt::format("/season_definitions/seasons/{}/id", i)),
               .found = std::to_string(seasons[i].number),
               .expected = "an id of its own"});
      break;
    }
  }
}

}  // namespace

id_index::id_index(const std::vector<std::int32_t>& ids_in_file) : in_file_(ids_in_file.size()) {
  std::iota(in_file_.begin(), in_file_.end(), std::size_t{0});
  std::ranges::sort(in_file_, {}, [&](std::size_t i) { return std::pair(ids_in_file[i], i); });
  ids_.reserve(in_file_.size());
  for (const std::size_t i : in_file_) ids_.push_back(ids_in_file[i]);
}

std::optional<std::uint32_t> id_index::find(std::int32_t id) const {
  const auto at = std::ranges::lower_bound(ids_, id);
  if (at == ids_.end() || *at != id) return std::nullopt;
  return static_cast<std::uint32_t>(at - ids_.begin());
}

std::string id_index::listed() const {
  if (ids_.empty()) return "none: there are none";
  constexpr std::size_t most = 10;
  std::string text = ids_.size() == 1 ? "" : "one of ";
  for (std::size_t i = 0; i < std::min(most, ids_.size()); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", ids_[i]);
  if (ids_.size() > most) text += fmt::format(", ... ({} in all)", ids_.size());
  return text;
}

context::context(const case_files& files, collector& findings)
    : in(files),
      out(findings),
      buses(index_of(files.buses.content.items)),
      lines(index_of(files.lines.content.items)),
      hydros(index_of(files.hydros.content.items)),
      thermals(index_of(files.thermals.content.items)),
      sources(index_of(files.sources.content.items)),
      contracts(index_of(files.contracts.content.items)),
      pumps(index_of(files.pumps.content.items)),
      stages(index_of(files.stages.content.study)),
      before(index_of(files.stages.content.before)),
      constraints(index_of(files.constraints.content.items)) {
  for (const raw::constraint& one : files.constraints.content.items)
    expressions.push_back(parse_expression(one.expression));
}

std::int32_t hydro_of(const raw::production_model& entry) {
  return std::visit([](const auto& e) { return e.hydro; }, entry);
}

std::optional<std::size_t> context::production_entry(std::int32_t hydro) const {
  const auto& items = in.production.content.items;
  const auto found = std::ranges::find(items, hydro, hydro_of);
  if (found == items.end()) return std::nullopt;
  return static_cast<std::size_t>(found - items.begin());
}

context::chosen_model context::production(std::size_t h, std::size_t t) const {
  const raw::stage& at = stage(t);
  const auto entry = production_entry(hydros.id(h));
  if (!entry) return {.model = hydro(h).gen().model};
  const raw::production_model& models = in.production.content.items[*entry];
  if (const auto* ranges = std::get_if<raw::by_stage>(&models)) {
    for (std::size_t i = 0; i < ranges->ranges.size(); ++i) {
      const raw::stage_range& range = ranges->ranges[i];
      if (at.number < range.first || (range.last && at.number > *range.last)) continue;
      return {range.model, &range, fmt::format("/production_models/{}/stage_ranges/{}", *entry, i)};
    }
    return {.model = hydro(h).gen().model};
  }
  const auto& seasonal = std::get<raw::by_season>(models);
  for (std::size_t i = 0; i < seasonal.seasons.size(); ++i) {
    const raw::season_model& season = seasonal.seasons[i];
    if (!at.season || static_cast<std::int64_t>(*at.season) != season.season) continue;
    return {season.model, &season, fmt::format("/production_models/{}/seasons/{}", *entry, i)};
  }
  return {seasonal.fallback, nullptr, fmt::format("/production_models/{}/default_model", *entry)};
}

void check_ids(context& c) {
  unique(c, c.in.buses, "buses", "Bus");
  unique(c, c.in.lines, "lines", "Line");
  unique(c, c.in.hydros, "hydros", "Hydro");
  unique(c, c.in.thermals, "thermals", "Thermal");
  unique(c, c.in.sources, "non_controllable_sources", "Source");
  unique(c, c.in.contracts, "contracts", "Contract");
  unique(c, c.in.pumps, "pumping_stations", "Pumping station");
  unique(c, c.in.constraints, "constraints", "Constraint");
  unique_stages(c);
  const auto& models = c.in.production.content.items;
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (c.production_entry(hydro_of(models[i])) == i) continue;
    c.error(finding_kind::duplicate_id, "production.unique", fmt::format("Hydro {}", hydro_of(models[i])),
            {.what = "the hydro has production models already",
             .where = c.in.production.at(fmt::format("/production_models/{}/hydro_id", i)),
             .found = std::to_string(hydro_of(models[i])),
             .expected = "one entry a hydro"});
  }
  const auto& factors = c.in.constraints.content.items;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const parsed_expression& parsed = c.expressions[i];
    if (parsed.fault.empty()) continue;
    c.error(finding_kind::schema_violation, "constraint.expression",
            fmt::format("Constraint {}", factors[i].number),
            {.what = fmt::format("{} at character {} of the expression", parsed.fault, parsed.position),
             .where = c.in.constraints.at(fmt::format("/constraints/{}/expression", i)),
             .found = parsed.token,
             .expected = parsed.hint});
  }
}

}  // namespace twill::sddp::detail
