// SPDX-License-Identifier: Apache-2.0
#include "forms.hpp"
#include "resolve.hpp"
#include "twill/base/number.hpp"

#include <algorithm>
#include <array>

namespace twill::sddp::detail {
namespace {

using levels = std::array<const raw::hydro_penalties*, 3>;  // stage, plant, case; null where nothing is said

/// The most specific level that says something.
double resolved(const levels& from, raw::opt<double> raw::hydro_penalties::* member, double otherwise = 0.0) {
  for (const raw::hydro_penalties* level : from)
    if (level != nullptr && level->*member) return *(level->*member);
  return otherwise;
}

/// The most specific level that says either; at one level the direction beats the cost of both.
double resolved(const levels& from, raw::opt<double> raw::hydro_penalties::* direction,
                raw::opt<double> raw::hydro_penalties::* both) {
  for (const raw::hydro_penalties* level : from) {
    if (level == nullptr) continue;
    if (level->*direction) return *(level->*direction);
    if (level->*both) return *(level->*both);
  }
  return 0.0;
}

sddp::hydro_costs costs_of(const levels& from) {
  using p = raw::hydro_penalties;
  return {.spillage_per_m3s_h = resolved(from, &p::spillage),
          .diversion_per_m3s_h = resolved(from, &p::diversion),
          .fpha_turbined_per_m3s_h = resolved(from, &p::fpha_turbined),
          .storage_below_per_hm3 = resolved(from, &p::storage_below),
          .filling_target_per_hm3 = resolved(from, &p::filling_target),
          .turbined_below_per_m3s_h = resolved(from, &p::turbined_below),
          .outflow_below_per_m3s_h = resolved(from, &p::outflow_below),
          .outflow_above_per_m3s_h = resolved(from, &p::outflow_above),
          .generation_below_per_mwh = resolved(from, &p::generation_below),
          .evaporation_over_per_m3s_h = resolved(from, &p::evaporation_pos, &p::evaporation),
          .evaporation_under_per_m3s_h = resolved(from, &p::evaporation_neg, &p::evaporation),
          .withdrawal_over_per_m3s_h = resolved(from, &p::withdrawal_pos, &p::withdrawal),
          .withdrawal_under_per_m3s_h = resolved(from, &p::withdrawal_neg, &p::withdrawal),
          .negative_inflow_per_m3s_h = resolved(from, &p::negative_inflow, 1000.0)};
}

constexpr std::size_t no_row = static_cast<std::size_t>(-1);

/// Row of each (hydro, stage), `no_row` where the table has none.
std::vector<std::size_t> rows_of(const context& c, const table_file& file) {
  std::vector<std::size_t> rows(c.hydros.size() * c.stages.size(), no_row);
  const auto hydros = file.ints("hydro_id");
  const auto stages = file.ints("stage_id");
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const auto h = c.hydros.find(hydros[row]);
    const auto t = c.stages.find(stages[row]);
    if (h && t) rows[*t * c.hydros.size() + *h] = row;
  }
  return rows;
}

void bounds(context& c, hydro_at_stage& into, std::size_t row) {
  const table_file& file = c.in.hydro_bounds;
  const auto set = [&](double& value, const char* column) {
    if (const auto given = file.real(row, column)) value = *given;
  };
  set(into.min_turbined_m3s, "min_turbined_m3s");
  set(into.max_turbined_m3s, "max_turbined_m3s");
  set(into.min_storage_hm3, "min_storage_hm3");
  set(into.max_storage_hm3, "max_storage_hm3");
  set(into.min_outflow_m3s, "min_outflow_m3s");
  set(into.max_outflow_m3s, "max_outflow_m3s");
  set(into.min_generation_mw, "min_generation_mw");
  set(into.max_generation_mw, "max_generation_mw");
  set(into.max_diversion_m3s, "max_diversion_m3s");
  set(into.withdrawal_m3s, "water_withdrawal_m3s");
}

void check(context& c, const hydro_at_stage& made, std::size_t row, std::size_t h, std::size_t t) {
  const auto ordered = [&](double least, double most, const char* rule, const char* what, const char* unit) {
    if (least <= most) return;
    c.error(finding_kind::invalid_value, rule, fmt::format("Hydro {}", c.hydros.id(h)),
            {.what = fmt::format("maximum of {} below its minimum at stage {}", what, c.stages.id(t)),
             .where = c.in.hydro_bounds.at(row, "stage_id"),
             .found = shortest(most),
             .expected = fmt::format("at least {} {}", shortest(least), unit)});
  };
  ordered(made.min_storage_hm3, made.max_storage_hm3, "bounds.storage", "storage", "hm3");
  ordered(made.min_turbined_m3s, made.max_turbined_m3s, "bounds.turbined", "turbined flow", "m3/s");
  ordered(made.min_generation_mw, made.max_generation_mw, "bounds.generation", "generation", "MW");
  ordered(made.min_outflow_m3s, made.max_outflow_m3s, "bounds.outflow", "outflow", "m3/s");
  if (made.max_diversion_m3s > 0 && !c.hydro(h).diversion)
    c.error(finding_kind::invalid_value, "bounds.diversion", fmt::format("Hydro {}", c.hydros.id(h)),
            {.what = "a limit of diversion for a hydro that diverts nowhere",
             .where = c.in.hydro_bounds.at(row, "max_diversion_m3s"),
             .found = shortest(made.max_diversion_m3s),
             .expected = "a diversion in system/hydros.json, or no value"});
}

}  // namespace

void resolve_hydros(context& c, system& s) {
  const std::vector<std::size_t> bound_rows = rows_of(c, c.in.hydro_bounds);
  const std::vector<std::size_t> cost_rows = rows_of(c, c.in.hydro_costs);
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    stage& at = s.stages[t];
    for (std::size_t h = 0; h < s.hydros.size(); ++h) {
      const raw::hydro& from = c.hydro(h);
      const raw::generation& g = from.gen();
      hydro_at_stage made;
      made.exists = context::exists(from, at.id.value());
      made.min_storage_hm3 = from.reservoir.least;
      made.max_storage_hm3 = from.reservoir.most;
      made.min_turbined_m3s = g.min_turbined;
      made.max_turbined_m3s = g.max_turbined;
      made.min_generation_mw = g.min_generation;
      made.max_generation_mw = g.max_generation;
      made.min_outflow_m3s = from.outflow.least;
      made.max_outflow_m3s = from.outflow.most.value_or(unlimited);
      made.max_diversion_m3s = from.diversion ? from.diversion->most : 0.0;
      const std::size_t row = bound_rows[t * s.hydros.size() + h];
      if (row != no_row) {
        bounds(c, made, row);
        check(c, made, row, h, t);
      }
      raw::hydro_penalties of_stage;
      const std::size_t cost_row = cost_rows[t * s.hydros.size() + h];
      if (cost_row != no_row)
        for (const hydro_penalty& key : hydro_penalty_keys())
          of_stage.*key.member = c.in.hydro_costs.real(cost_row, key.key);
      made.costs = costs_of({cost_row == no_row ? nullptr : &of_stage,
                             from.penalties ? &*from.penalties : nullptr, &c.in.penalties.content.hydro});
      at.hydros.push_back(made);
    }
  }
}

}  // namespace twill::sddp::detail
