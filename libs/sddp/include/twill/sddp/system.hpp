// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/constraint.hpp"
#include "twill/sddp/ids.hpp"
#include "twill/sddp/production.hpp"
#include "twill/sddp/stage.hpp"
#include "twill/sddp/stochastic.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace twill::sddp {

/// hm3 that a flow of 1 m3/s carries in an hour.
inline constexpr double hm3_per_m3s_h = 0.0036;

/// A part of the load that may go unserved at a price.
struct deficit_segment {
  double depth_mw = unlimited;  ///< the last segment has no limit
  double cost_per_mwh = 0.0;    ///< rising from segment to segment
  friend bool operator==(const deficit_segment&, const deficit_segment&) = default;
};

/// A node of the network.
struct bus {
  bus_id id{};                                      ///< in the files
  std::string name{};                               ///< for outputs
  std::vector<deficit_segment> deficit_segments{};  ///< its own or the case's; at least one
  friend bool operator==(const bus&, const bus&) = default;
};

/// A connection between two buses, without losses.
struct line {
  line_id id{};        ///< in the files
  std::string name{};  ///< for outputs
  bus_index source{};  ///< where direct flow leaves
  bus_index target{};  ///< where direct flow arrives
  friend bool operator==(const line&, const line&) = default;
};

/// A plant that burns fuel.
struct thermal {
  thermal_id id{};     ///< in the files
  std::string name{};  ///< for outputs
  bus_index bus{};     ///< where it feeds in
  friend bool operator==(const thermal&, const thermal&) = default;
};

/// A source such as wind or sun that can only be curtailed.
struct source {
  source_id id{};      ///< in the files
  std::string name{};  ///< for outputs
  bus_index bus{};     ///< where it feeds in
  friend bool operator==(const source&, const source&) = default;
};

/// A hydro plant with its reservoir.
struct hydro {
  hydro_id id{};       ///< in the files
  std::string name{};  ///< for outputs
  bus_index bus{};     ///< where it feeds in
  std::optional<hydro_index>
      downstream{};  ///< turbined and spilled water goes there; empty: out of the system
  std::optional<hydro_index> diverts_to{};   ///< diverted water goes there; empty: no diversion
  std::vector<hydro_index> upstream{};       ///< whose `downstream` is this one, by id
  std::vector<hydro_index> diverted_from{};  ///< whose `diverts_to` is this one, by id
  friend bool operator==(const hydro&, const hydro&) = default;
};

/// How inflows below zero are met.
enum class negative_inflow : std::uint8_t {
  none,                    ///< used as they are
  penalty,                 ///< water is added at `hydro_costs::negative_inflow_per_m3s_h`
  truncation,              ///< the noise is raised until the inflow is zero
  truncation_with_penalty  ///< both
};

/// Where the study begins.
struct initial_state {
  std::vector<double> storage_hm3{};  ///< one a hydro
  std::vector<double>
      inflow_lags_m3s{};  ///< lag-major: element (l * hydros + h) is the inflow l + 1 stages before
  friend bool operator==(const initial_state&, const initial_state&) = default;
};

/// A hydrothermal system over the stages of a study: what a case says, checked, resolved and ordered.
///
/// Plain data without a trace of the files. Invariants: (1) every array of entities is ordered by id and
/// stages by stage id; (2) every position is in range and the cascade has no cycle; (3) every minimum is at
/// most its maximum; (4) it does not depend on the order of files, arrays and rows. Thread safety: it is
/// shared unchanged.
struct system {
  std::vector<bus> buses{};                       ///< by id
  std::vector<line> lines{};                      ///< by id
  std::vector<hydro> hydros{};                    ///< by id
  std::vector<thermal> thermals{};                ///< by id
  std::vector<source> sources{};                  ///< by id
  std::vector<generic_constraint> constraints{};  ///< by id
  std::vector<plane_set> plane_sets{};            ///< of production functions
  std::vector<hydro_index> cascade{};             ///< every hydro after all that its water comes from
  std::vector<stage> stages{};                    ///< of the study, by id
  inflow_model inflows{};                         ///< of every stage and hydro
  noise_model noise{};                            ///< of inflows, loads and sources
  initial_state initial{};                        ///< before the first stage
  negative_inflow inflow_method = negative_inflow::penalty;  ///< below zero
  bool soft_min_storage = false;                             ///< minimum storage costs instead of binding

  /// Numbers of the state: storages, then inflow lags (lag-major).
  [[nodiscard]] std::size_t state_size() const noexcept { return hydros.size() * (1 + inflows.lags); }
  friend bool operator==(const system&, const system&) = default;
};

}  // namespace twill::sddp
