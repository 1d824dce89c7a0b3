// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twill::sddp {

/// What a term of a generic constraint measures. The first three belong to the stage and take no block.
enum class quantity : std::uint8_t {
  hydro_storage,                 ///< hm3 at the end of the stage
  hydro_evaporation,             ///< m3/s
  hydro_withdrawal,              ///< m3/s that are taken: scheduled, less what is short, plus what is over
  hydro_turbined,                ///< m3/s
  hydro_spillage,                ///< m3/s
  hydro_diversion,               ///< m3/s
  hydro_outflow,                 ///< m3/s turbined and spilled, diversion not counted
  hydro_generation,              ///< MW
  thermal_generation,            ///< MW
  line_direct,                   ///< MW from source to target
  line_reverse,                  ///< MW from target to source
  line_exchange,                 ///< MW, direct less reverse
  bus_deficit,                   ///< MW over all segments
  bus_excess,                    ///< MW
  non_controllable_generation,   ///< MW
  non_controllable_curtailment,  ///< MW available and not used
  pumping_flow,                  ///< m3/s; parsed, no pumping station exists yet
  pumping_power,                 ///< MW; parsed, no pumping station exists yet
  contract_import,               ///< MW; parsed, no contract exists yet
  contract_export                ///< MW; parsed, no contract exists yet
};

/// The name that expressions use: "hydro_storage".
[[nodiscard]] std::string_view name_of(quantity what) noexcept;

/// One term: coefficient times a quantity of one entity.
struct constraint_term {
  double coefficient = 1.0;              ///< sign included
  quantity what{};                       ///< of which entity array `entity` is a position
  std::uint32_t entity = 0;              ///< position in `hydros`, `thermals`, `lines`, `buses` or `sources`
  std::optional<std::uint32_t> block{};  ///< of this block, whichever block the row is for
  friend bool operator==(const constraint_term&, const constraint_term&) = default;
};

/// The relation between expression and bound.
enum class constraint_sense : std::uint8_t { at_least, at_most, equal };

/// A linear constraint of the user's own; it binds at the stages that list rows for it.
struct generic_constraint {
  constraint_id id{};                    ///< in the files
  std::string name{};                    ///< for messages and outputs
  std::string expression{};              ///< as written
  std::vector<constraint_term> terms{};  ///< in the order of the expression
  constraint_sense sense{};              ///< of expression to bound
  std::optional<double>
      slack_cost_per_unit_h{};  ///< of one unit over one hour; empty: the constraint is hard
  friend bool operator==(const generic_constraint&, const generic_constraint&) = default;
};

/// A generic constraint at one stage and block; a bound for the whole stage stands here once a block.
struct constraint_row {
  constraint_index constraint{};  ///< whose terms
  std::uint32_t block = 0;        ///< for terms without a block of their own
  double bound = 0.0;             ///< right-hand side, in the unit of the expression
  friend bool operator==(const constraint_row&, const constraint_row&) = default;
};

}  // namespace twill::sddp
