// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"
#include "twill/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

// Layer 5, the study: stages, seasons, costs, and where it begins.
namespace twill::sddp::detail {
namespace {

using kind = finding_kind;

void stage_forms(context& c) {
  const auto& file = c.in.stages;
  const auto& stages = file.content.study;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const raw::stage& s = stages[i];
    const std::string name = fmt::format("Stage {}", s.number);
    if (s.start >= s.end)
      c.error(kind::invalid_value, "stage.dates", name,
              {.what = "the stage ends before it begins",
               .where = file.at(fmt::format("/stages/{}/end_date", i)),
               .found = to_string(s.end),
               .expected = "a day after " + to_string(s.start)});
    for (std::size_t k = 0; k < s.blocks.size(); ++k) {
      if (std::ranges::count(s.blocks, static_cast<raw::id>(k), &raw::block::number) == 1) continue;
      c.error(kind::invalid_value, "stage.block_ids", name,
              {.what = "ids of blocks are not 0, 1, ...",
               .where = file.at(fmt::format("/stages/{}/blocks", i)),
               .found =
                   fmt::format("{} blocks, {} with id {}", s.blocks.size(),
                               std::ranges::count(s.blocks, static_cast<raw::id>(k), &raw::block::number), k),
               .expected = fmt::format("each of 0 to {} once", s.blocks.size() - 1)});
      break;
    }
    if (!s.risk.is_expectation() && s.risk.alpha > 0.5)
      c.out.warning("risk.alpha", name,
                    {.what = "alpha is the share of bad outcomes, here more than half of all",
                     .where = file.at(fmt::format("/stages/{}/risk_measure", i)),
                     .found = shortest(s.risk.alpha),
                     .hint = fmt::format("for the worst {:.0f} % write {}", 100 * (1 - s.risk.alpha),
                                         shortest(std::round((1 - s.risk.alpha) * 1e6) / 1e6))});
    if (s.sampling == sampling_method::qmc_sobol && (s.openings & (s.openings - 1)) != 0)
      c.out.warning("stage.sobol", name,
                    {.what = "Sobol points are balanced for powers of two only",
                     .where = file.at(fmt::format("/stages/{}/num_scenarios", i)),
                     .found = std::to_string(s.openings)});
  }
  const auto& before = file.content.before;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].start < before[i].end) continue;
    c.error(kind::invalid_value, "stage.dates", fmt::format("Stage {}", before[i].number),
            {.what = "the stage ends before it begins",
             .where = file.at(fmt::format("/pre_study_stages/{}/end_date", i)),
             .found = to_string(before[i].end),
             .expected = "a day after " + to_string(before[i].start)});
  }
}

void seasons(context& c) {
  const auto& file = c.in.stages;
  if (!file.content.seasons) return;
  std::set<std::int64_t> known, used;
  for (const raw::season& s : file.content.seasons->seasons) known.insert(s.number);
  const auto refers = [&](const auto& items, const char* key) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i].season) continue;
      used.insert(*items[i].season);
      if (known.contains(*items[i].season)) continue;
      c.error(kind::invalid_reference, "stage.season_id", fmt::format("Stage {}", items[i].number),
              {.what = "season does not exist",
               .where = file.at(fmt::format("/{}/{}/season_id", key, i)),
               .found = std::to_string(*items[i].season),
               .expected = fmt::format("one of {}", fmt::join(known, ", "))});
    }
  };
  refers(file.content.study, "stages");
  refers(file.content.before, "pre_study_stages");
  std::vector<std::int64_t> unused;
  std::ranges::set_difference(known, used, std::back_inserter(unused));
  if (!unused.empty())
    c.out.warning("seasons.unused", {},
                  {.what = "seasons that no stage is in",
                   .where = file.at("/season_definitions/seasons"),
                   .found = fmt::format("{}", fmt::join(unused, ", "))});
  // By id: which stage of a season the others are held against must not depend on the order of the file.
  std::map<std::uint32_t, std::size_t> first;
  const auto days = [&](std::size_t t) { return c.stage(t).end.days - c.stage(t).start.days; };
  for (std::size_t t = 0; t < c.stages.size(); ++t) {
    if (!c.stage(t).season) continue;
    const auto [at, fresh] = first.emplace(*c.stage(t).season, t);
    if (fresh || std::abs(days(t) - days(at->second)) <= 7) continue;
    c.error(kind::business_rule_violation, "seasons.length", fmt::format("Stage {}", c.stages.id(t)),
            {.what = fmt::format("it is in the season of stage {} and of another length",
                                 c.stages.id(at->second)),
             .where = file.at(fmt::format("/stages/{}/season_id", c.stages.in_file(t))),
             .found = fmt::format("{} days", days(t)),
             .expected = fmt::format("{} days, or at most 7 more or fewer", days(at->second))});
  }
}

void graph(context& c) {
  const auto& file = c.in.stages;
  const auto& arcs = file.content.graph.transitions;
  std::map<std::int32_t, double> sums;
  for (const raw::transition& arc : arcs) sums[arc.source] += arc.probability;
  for (const auto& [stage, sum] : sums) {
    if (std::abs(sum - 1.0) <= 1e-6) continue;
    const auto at = std::ranges::find(arcs, stage, &raw::transition::source) - arcs.begin();
    c.error(kind::invalid_value, "transition.probability", fmt::format("Stage {}", stage),
            {.what = "probabilities of leaving it do not sum to 1",
             .where = file.at(fmt::format("/policy_graph/transitions/{}/probability", at)),
             .found = shortest(sum),
             .expected = "1"});
  }
  if (file.content.graph.type == raw::graph_type::cyclic && file.content.graph.rate <= 0)
    c.error(kind::invalid_value, "graph.cyclic_rate", {},
            {.what = "a study that never ends needs a discount rate",
             .where = file.at("/policy_graph/annual_discount_rate"),
             .found = shortest(file.content.graph.rate),
             .expected = "above 0"});
}

void penalty_order(context& c) {
  const raw::penalties& p = c.in.penalties.content;
  if (p.bus.deficit_segments.empty()) return;
  const raw::hydro_penalties& h = p.hydro;
  const double deficit = std::ranges::max(p.bus.deficit_segments, {}, &raw::segment::cost).cost;
  const auto violations = {*h.turbined_below,   *h.outflow_below, *h.outflow_above,
                           *h.generation_below, *h.evaporation,   *h.withdrawal};
  const auto resources = {*h.spillage, *h.diversion};
  const auto above = [&](const char* rule, double high, const char* upper, double low, const char* lower,
                         const char* pointer) {
    if (high > low) return;
    c.out.warning(rule, {},
                  {.what = fmt::format("{} costs no more than {}", upper, lower),
                   .where = c.in.penalties.at(pointer),
                   .found = shortest(high),
                   .expected = "above " + shortest(low)});
  };
  above("penalties.filling_storage", *h.filling_target, "a missed filling target", *h.storage_below,
        "a storage below its minimum", "/hydro/filling_target_violation_cost");
  above("penalties.storage_deficit", *h.storage_below, "a storage below its minimum", deficit,
        "the dearest deficit", "/hydro/storage_violation_below_cost");
  above("penalties.deficit_violation", deficit, "the dearest deficit", std::max(violations),
        "the dearest violation", "/bus/deficit_segments");
  above("penalties.violation_resource", std::min(violations), "the cheapest violation", std::max(resources),
        "the dearest use of water", "/hydro");
  if (*h.fpha_turbined <= *h.spillage && c.in.planes.present)
    c.out.warning("penalties.fpha_spillage", {},
                  {.what = "turbined water of planes costs no more than spilled water",
                   .where = c.in.penalties.at("/hydro/fpha_turbined_cost"),
                   .found = shortest(*h.fpha_turbined),
                   .expected = "above " + shortest(*h.spillage)});
}

void beginning(context& c) {
  const auto& file = c.in.initial;
  std::set<std::int32_t> known;
  for (std::size_t i = 0; i < file.content.storage.size(); ++i) {
    const raw::volume& v = file.content.storage[i];
    known.insert(v.hydro);
    const auto h = c.hydros.find(v.hydro);
    if (!h || v.hm3 <= c.hydro(*h).reservoir.most) continue;
    c.error(kind::invalid_value, "initial.storage", fmt::format("Hydro {}", v.hydro),
            {.what = "more water than the reservoir holds",
             .where = file.at(fmt::format("/storage/{}/value_hm3", i)),
             .found = shortest(v.hm3),
             .expected = fmt::format("at most {} hm3", shortest(c.hydro(*h).reservoir.most))});
  }
  for (const raw::volume& v : file.content.filling) known.insert(v.hydro);
  for (std::size_t h = 0; h < c.hydros.size() && c.stages.size() != 0; ++h) {
    const raw::hydro& plant = c.hydro(h);
    // A reservoir that holds nothing begins empty.
    if (known.contains(plant.number) || !context::exists(plant, c.stages.id(0)) || plant.reservoir.most == 0)
      continue;
    c.error(kind::business_rule_violation, "initial.missing", fmt::format("Hydro {}", plant.number),
            {.what = "its storage at the beginning is missing",
             .where = file.at("/storage"),
             .expected = fmt::format("{{\"hydro_id\": {}, \"value_hm3\": 0 to {}}}", plant.number,
                                     shortest(plant.reservoir.most))});
  }
  const auto& past = file.content.past;
  for (std::size_t i = 0; i < past.size(); ++i) {
    if (!past[i].seasons || past[i].seasons->size() == past[i].values.size()) continue;
    c.error(kind::dimension_mismatch, "initial.past_seasons", fmt::format("Hydro {}", past[i].hydro),
            {.what = "past inflows and their seasons differ in number",
             .where = file.at(fmt::format("/past_inflows/{}/season_ids", i)),
             .found = std::to_string(past[i].seasons->size()),
             .expected = std::to_string(past[i].values.size())});
  }
  if (const auto& defined = c.in.stages.content.seasons) {
    std::set<std::int64_t> seasons;
    for (const raw::season& s : defined->seasons) seasons.insert(s.number);
    for (std::size_t i = 0; i < past.size(); ++i) {
      for (std::size_t l = 0; past[i].seasons && l < past[i].seasons->size(); ++l) {
        if (seasons.contains((*past[i].seasons)[l])) continue;
        c.error(kind::invalid_reference, "initial.past_season", fmt::format("Hydro {}", past[i].hydro),
                {.what = "season does not exist",
                 .where = file.at(fmt::format("/past_inflows/{}/season_ids/{}", i, l)),
                 .found = std::to_string((*past[i].seasons)[l]),
                 .expected = fmt::format("one of {}", fmt::join(seasons, ", "))});
      }
    }
  }
  const auto& recent = file.content.recent;
  for (std::size_t i = 0; i < recent.size(); ++i) {
    const std::string name = fmt::format("Hydro {}", recent[i].hydro);
    if (recent[i].start >= recent[i].end)
      c.error(kind::invalid_value, "initial.observation_dates", name,
              {.what = "the observation ends before it begins",
               .where = file.at(fmt::format("/recent_observations/{}/end_date", i)),
               .found = to_string(recent[i].end),
               .expected = "a day after " + to_string(recent[i].start)});
    for (std::size_t j = 0; j < i; ++j) {
      const bool apart = recent[j].hydro != recent[i].hydro || recent[j].end <= recent[i].start ||
                         recent[i].end <= recent[j].start;
      if (apart) continue;
      c.error(kind::invalid_value, "initial.observation_overlap", name,
              {.what = fmt::format("the observation overlaps observation {}", j),
               .where = file.at(fmt::format("/recent_observations/{}/start_date", i)),
               .found = to_string(recent[i].start)});
      break;
    }
  }
}

void settings(context& c) {
  const auto& file = c.in.config;
  if (!file.content.training.tree_seed)
    c.out.warning("config.tree_seed", {},
                  {.what = "no seed of the opening tree: 42 is used",
                   .where = file.at("/training"),
                   .hint = "write \"tree_seed\": 42 to say so"});
  const auto& inflow = file.content.modeling.inflow;
  if (inflow && inflow->penalty_cost) {
    const double general = c.in.penalties.content.hydro.negative_inflow.value_or(1000.0);
    bool same = true;
    for (const raw::hydro& h : c.in.hydros.content.items)
      same = same && *inflow->penalty_cost ==
                         (h.penalties ? h.penalties->negative_inflow.value_or(general) : general);
    if (!same)
      c.out.warning("config.penalty_cost", {},
                    {.what = "the cost is without effect",
                     .where = file.at("/modeling/inflow_non_negativity/penalty_cost"),
                     .found = shortest(*inflow->penalty_cost),
                     .hint = "set inflow_nonnegativity_cost in penalties.json or of a hydro"});
  }
}

void evaporation_seasons(context& c) {
  for (std::size_t h = 0; h < c.hydros.size(); ++h) {
    const raw::hydro& plant = c.hydro(h);
    if (!plant.evaporation) continue;
    for (std::size_t t = 0; t < c.stages.size(); ++t) {
      const raw::stage& s = c.stage(t);
      if (s.season && *s.season < 12) continue;
      c.error(kind::business_rule_violation, "evaporation.season", fmt::format("Hydro {}", plant.number),
              {.what = fmt::format("evaporation needs the month of stage {}", s.number),
               .where = c.in.stages.at(fmt::format("/stages/{}/season_id", c.stages.in_file(t))),
               .found = s.season ? std::to_string(*s.season) : "no season_id",
               .expected = "0 to 11"});
      break;
    }
  }
}

}  // namespace

void check_study(context& c) {
  stage_forms(c);
  seasons(c);
  graph(c);
  penalty_order(c);
  beginning(c);
  settings(c);
  evaporation_seasons(c);
}

}  // namespace twill::sddp::detail
