// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lp/layout.hpp"
#include "solver/problem.hpp"
#include "twill/sddp/settings.hpp"
#include "twill/sddp/system.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace twill::sddp::lp {

/// How stage problems are written.
struct form {
  double cost_scale = 1000.0;                   ///< costs but the future's are divided by it; > 0
  state_fixing fixing = state_fixing::columns;  ///< incoming storage: bounds of a column, or a row
};

/// The linear program of one stage without its cuts.
///
/// Inflows, and with them the inflow lags of the state, are constants of the program: an outgoing lag is the
/// stage's inflow or an incoming lag, so that their part of a cut stands on its right-hand side, and slopes
/// by lags are put together from the duals (`state_slopes`).
struct stage_problem {
  std::size_t stage = 0;                        ///< position of the stage
  layout where{};                               ///< of the columns and rows
  solver::problem program{};                    ///< right-hand sides of a stage without noise
  std::vector<cost_kind> kinds{};               ///< one a column
  std::vector<label> column_labels{};           ///< one a column
  std::vector<label> row_labels{};              ///< one a row
  std::vector<curtailment_row> curtailments{};  ///< rows that follow the sources
  double cost_scale = 1.0;                      ///< money of the program = money / cost_scale
  double discount = 1.0;                        ///< objective coefficient of theta
  double water_per_flow = 0.0;                  ///< zeta: hm3 that 1 m3/s brings in the stage
};

/// The least cost that the stages after stage t can have, discounted to the stage after t: 0, or below it
/// what sources can earn.
[[nodiscard]] std::vector<double> future_cost_floors(const system& s);

/// The power of ten next to the median of the costs of all stages: what `cost_scale` 0 asks for.
[[nodiscard]] double automatic_cost_scale(const system& s);

/// The program of stage t. `floor`: least future cost. The last stage has no theta.
[[nodiscard]] stage_problem build_stage(const system& s, std::size_t t, const form& f, double floor);

/// What noise and history make of a stage.
struct realization {
  std::vector<double> inflow_m3s{};    ///< one a hydro: z
  std::vector<double> load_mw{};       ///< bus and block, buses of `noise_model::loads` only
  std::vector<double> available_mw{};  ///< source and block, sources of `noise_model::sources` only
  std::size_t negative = 0;            ///< inflows that were below zero before they were treated

  /// Room for every stage of a system.
  void reserve(const system& s);
};

/// Fills `out` from the incoming lags (lag-major) and the noise vector of stage t. Allocates nothing after
/// `reserve`.
void realize(const system& s, std::size_t t, std::span<const double> lags, std::span<const double> noise,
             realization& out);

/// The most a source can give in a block: `factor * max * clamp(mean + std * noise, 0, 1)`.
[[nodiscard]] double availability(const stage& at, source_index r, std::size_t block, double noise);
/// The load of a bus in a block.
[[nodiscard]] double load_of(const stage& at, bus_index b, std::size_t block, double noise);

/// The outgoing lags: inflows of the stage, then the incoming lags but the oldest.
void shift_lags(std::span<const double> lags, std::span<const double> inflow, std::span<double> out);

/// `what` in words, with the entity's name: `water balance of hydro 7 "Furnas"`.
[[nodiscard]] std::string describe(const system& s, const label& what);

/// Names of all rows and columns for dumps, `cuts` cut rows included.
[[nodiscard]] solver::problem_names names_of(const stage_problem& p, std::span<const std::uint32_t> cuts);

/// Writes the right-hand sides and bounds of a realization into a solver.
template <class Solver>
void apply(Solver& to, const system& s, const stage_problem& p, const realization& r) {
  const stage& at = s.stages[p.stage];
  for (std::size_t h = 0; h < s.hydros.size(); ++h) {
    const double water = p.water_per_flow * (r.inflow_m3s[h] - at.hydros[h].withdrawal_m3s);
    to.set_row_bounds(p.where.water_row[h], water, water);
  }
  std::size_t next = 0;
  for (const bus_index b : s.noise.loads) {
    for (std::size_t k = 0; k < p.where.blocks; ++k) {
      const double mw = r.load_mw[next++];
      to.set_row_bounds(p.where.load_row[p.where.at(b.index(), k)], mw, mw);
    }
  }
  next = 0;
  for (const source_index n : s.noise.sources) {
    for (std::size_t k = 0; k < p.where.blocks; ++k, ++next) {
      const int column = p.where.source[p.where.at(n.index(), k)];
      if (column >= 0) to.set_column_bounds(column, 0.0, r.available_mw[next]);
    }
  }
  for (const curtailment_row& row : p.curtailments) {
    double moved = 0.0;
    for (std::size_t i = 0; i < row.source.size(); ++i) {
      const std::size_t entity = row.source[i] / p.where.blocks;
      const std::size_t k = row.source[i] % p.where.blocks;
      double most = availability(at, source_index(static_cast<std::uint32_t>(entity)), k, 0.0);
      for (std::size_t n = 0; n < s.noise.sources.size(); ++n) {
        if (s.noise.sources[n].index() == entity) most = r.available_mw[n * p.where.blocks + k];
      }
      moved += row.coefficient[i] * most;
    }
    to.set_row_bounds(row.row, row.lower - moved, row.upper - moved);
  }
}

/// Fixes the incoming storages.
template <class Solver>
void fix_storage(Solver& to, const stage_problem& p, std::span<const double> storage) {
  for (std::size_t h = 0; h < storage.size(); ++h) {
    if (p.where.fixing_row.empty()) {
      to.set_column_bounds(p.where.incoming[h], storage[h], storage[h]);
    } else {
      to.set_row_bounds(p.where.fixing_row[h], storage[h], storage[h]);
    }
  }
}

}  // namespace twill::sddp::lp
