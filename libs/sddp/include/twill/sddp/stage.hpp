// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/constraint.hpp"
#include "twill/sddp/ids.hpp"
#include "twill/sddp/production.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace twill::sddp {

/// No limit.
inline constexpr double unlimited = std::numeric_limits<double>::infinity();

/// A group of hours of a stage with one dispatch; the blocks of a stage are parallel.
struct block {
  std::string name{};  ///< for outputs
  double hours = 0.0;  ///< > 0
  friend bool operator==(const block&, const block&) = default;
};

/// (1 - lambda) * expectation + lambda * CVaR, the mean of the worst `alpha` of the outcomes.
struct risk_measure {
  double lambda = 0.0;  ///< weight of the tail, 0 to 1; 0: expectation
  double alpha = 1.0;   ///< share of the outcomes that is the tail, in (0, 1]; 1: expectation
  [[nodiscard]] bool is_expectation() const noexcept { return lambda == 0.0 || alpha == 1.0; }
  friend bool operator==(const risk_measure&, const risk_measure&) = default;
};

/// How the openings of a stage are drawn where the case gives none.
enum class sampling_method : std::uint8_t {
  saa,
  lhs,
  qmc_sobol,
  qmc_halton,
  selective,
  historical_residuals
};

/// What the limits of a hydro cost when they cannot be kept, and the small costs that break ties: resolved
/// for one stage (stage override, then the plant's own, then the case's).
struct hydro_costs {
  double spillage_per_m3s_h = 0.0;           ///< regularisation
  double diversion_per_m3s_h = 0.0;          ///< regularisation
  double fpha_turbined_per_m3s_h = 0.0;      ///< regularisation, plants with planes only
  double storage_below_per_hm3 = 0.0;        ///< soft minimum storage only
  double filling_target_per_hm3 = 0.0;       ///< filling, which is refused so far
  double turbined_below_per_m3s_h = 0.0;     ///< block hours
  double outflow_below_per_m3s_h = 0.0;      ///< block hours
  double outflow_above_per_m3s_h = 0.0;      ///< block hours
  double generation_below_per_mwh = 0.0;     ///< block hours
  double evaporation_over_per_m3s_h = 0.0;   ///< more than modelled ("pos"); stage hours
  double evaporation_under_per_m3s_h = 0.0;  ///< less than modelled ("neg"); stage hours
  double withdrawal_over_per_m3s_h = 0.0;    ///< more than scheduled ("pos"); stage hours
  double withdrawal_under_per_m3s_h = 0.0;   ///< less than scheduled ("neg"); stage hours
  double negative_inflow_per_m3s_h = 0.0;    ///< stage hours
  friend bool operator==(const hydro_costs&, const hydro_costs&) = default;
};

/// A hydro at one stage, everything resolved.
struct hydro_at_stage {
  /// Between entry and exit. A hydro that is not keeps its incoming storage, lets its inflow through to the
  /// plant downstream, and has no limits and no cost.
  bool exists = true;
  double min_storage_hm3 = 0.0;          ///< at the end of the stage; hard unless `system::soft_min_storage`
  double max_storage_hm3 = 0.0;          ///< hard
  double min_turbined_m3s = 0.0;         ///< soft, a block
  double max_turbined_m3s = 0.0;         ///< hard, a block
  double min_generation_mw = 0.0;        ///< soft, a block
  double max_generation_mw = 0.0;        ///< hard, a block
  double min_outflow_m3s = 0.0;          ///< soft, a block, diversion counted
  double max_outflow_m3s = unlimited;    ///< soft, a block, diversion counted
  double max_diversion_m3s = 0.0;        ///< hard, a block; 0 without a diversion
  double withdrawal_m3s = 0.0;           ///< scheduled, the whole stage
  double productivity_mw_per_m3s = 0.0;  ///< where `planes` is empty
  std::optional<plane_set_index> planes{};        ///< FPHA: which planes bound the generation
  std::optional<evaporation_line> evaporation{};  ///< empty: the reservoir does not evaporate
  hydro_costs costs{};                            ///< resolved
  friend bool operator==(const hydro_at_stage&, const hydro_at_stage&) = default;
};

/// A thermal plant in one block of a stage; where it does not exist, all bounds are zero.
struct thermal_at_block {
  double min_generation_mw = 0.0;  ///< hard
  double max_generation_mw = 0.0;  ///< hard
  double cost_per_mwh = 0.0;       ///< of generation
  friend bool operator==(const thermal_at_block&, const thermal_at_block&) = default;
};

/// A line in one block of a stage, exchange factors applied; where it does not exist, both are zero.
struct line_at_block {
  double direct_mw = 0.0;              ///< most from source to target
  double reverse_mw = 0.0;             ///< most from target to source
  double exchange_cost_per_mwh = 0.0;  ///< regularisation, both directions
  friend bool operator==(const line_at_block&, const line_at_block&) = default;
};

/// A bus at one stage. Its load in block k is `load_factor(b, k) * max(0, mean + std * noise)`; without
/// deviation the mean stands as it is, below zero too.
struct bus_at_stage {
  double load_mean_mw = 0.0;         ///< 0 without statistics
  double load_std_mw = 0.0;          ///< 0: the load is certain
  double excess_cost_per_mwh = 0.0;  ///< resolved
  friend bool operator==(const bus_at_stage&, const bus_at_stage&) = default;
};

/// A non-controllable source at one stage: at most `source_factor(r, k) * max_generation_mw * clamp(mean +
/// std * noise, 0, 1)` in block k.
struct source_at_stage {
  bool exists = true;                     ///< between entry and exit; else it has no columns
  double max_generation_mw = 0.0;         ///< resolved
  double mean_fraction = 1.0;             ///< 1 without statistics
  double std_fraction = 0.0;              ///< 0: certain
  double curtailment_cost_per_mwh = 0.0;  ///< resolved; the objective earns it for each MWh used
  friend bool operator==(const source_at_stage&, const source_at_stage&) = default;
};

/// A stage of the study with every number that its linear program needs.
///
/// Arrays of blocks are entity-major: element (entity * blocks.size() + block).
struct stage {
  stage_id id{};                      ///< in the files; keys of random numbers use it
  std::chrono::sys_days start{};      ///< first day
  std::chrono::sys_days end{};        ///< day after the last
  std::optional<season_id> season{};  ///< of the year
  std::vector<block> blocks{};        ///< at least one
  double hours = 0.0;                 ///< of all blocks, summed in their order
  double discount = 1.0;              ///< of the value that comes after this stage: factor of theta
  risk_measure risk{};                ///< weighs the openings of the stage after this one
  std::uint32_t openings = 1;         ///< of the tree at this stage
  sampling_method sampling = sampling_method::saa;  ///< how a generated tree draws them
  /// Stages of one season and year share it, and their noise: keys of random numbers use it.
  stage_id noise_group{};
  std::vector<hydro_at_stage> hydros{};           ///< one a hydro
  std::vector<thermal_at_block> thermals{};       ///< one a thermal and block
  std::vector<line_at_block> lines{};             ///< one a line and block
  std::vector<bus_at_stage> buses{};              ///< one a bus
  std::vector<double> load_factors{};             ///< one a bus and block
  std::vector<source_at_stage> sources{};         ///< one a source
  std::vector<double> source_factors{};           ///< one a source and block
  std::vector<constraint_row> constraint_rows{};  ///< by constraint, then block

  /// Of one entity.
  [[nodiscard]] const hydro_at_stage& at(hydro_index h) const { return hydros[h.index()]; }
  /// Of one entity.
  [[nodiscard]] const bus_at_stage& at(bus_index b) const { return buses[b.index()]; }
  /// Of one entity.
  [[nodiscard]] const source_at_stage& at(source_index r) const { return sources[r.index()]; }
  [[nodiscard]] const thermal_at_block& at(thermal_index j, std::size_t k) const {
    return thermals[j.index() * blocks.size() + k];
  }
  [[nodiscard]] const line_at_block& at(line_index l, std::size_t k) const {
    return lines[l.index() * blocks.size() + k];
  }
  [[nodiscard]] double load_factor(bus_index b, std::size_t k) const {
    return load_factors[b.index() * blocks.size() + k];
  }
  [[nodiscard]] double source_factor(source_index r, std::size_t k) const {
    return source_factors[r.index() * blocks.size() + k];
  }
  friend bool operator==(const stage&, const stage&) = default;
};

}  // namespace twill::sddp
