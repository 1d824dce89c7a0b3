// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace twill::sddp {

/// Stops after so many iterations.
struct iteration_limit {
  std::uint32_t limit = 1;  ///< at least 1
  friend bool operator==(const iteration_limit&, const iteration_limit&) = default;
};

/// Stops after so much time.
struct time_limit {
  double seconds = 0.0;  ///< of wall clock
  friend bool operator==(const time_limit&, const time_limit&) = default;
};

/// Stops when the lower bound moves less than a tolerance over so many iterations.
struct bound_stalling {
  std::uint32_t iterations = 1;  ///< window
  double tolerance = 0.0;        ///< relative to max(1, |bound|)
  friend bool operator==(const bound_stalling&, const bound_stalling&) = default;
};

/// Stops when the bound and the simulated costs of the stages hold still.
struct simulation_stop {
  std::uint32_t replications = 1;   ///< trajectories
  std::uint32_t period = 1;         ///< iterations between two tries
  std::uint32_t bound_window = 1;   ///< iterations
  double distance_tolerance = 0.0;  ///< of the costs of the stages, relative
  double bound_tolerance = 0.0;     ///< of the lower bound, relative
  friend bool operator==(const simulation_stop&, const simulation_stop&) = default;
};

/// A rule that ends the training.
using stopping_rule = std::variant<iteration_limit, time_limit, bound_stalling, simulation_stop>;

/// Whether one rule suffices.
enum class stopping_mode : std::uint8_t { any, all };

/// Which cuts are laid aside.
enum class cut_selection_method : std::uint8_t { level1, lml1, domination };

/// Cut selection; absent settings take the method's own.
struct cut_selection {
  bool enabled = false;                                        ///< whether cuts are laid aside at all
  cut_selection_method method = cut_selection_method::level1;  ///< by which rule
  std::uint32_t threshold = 0;                          ///< level1: uses up to which a cut counts as unused
  std::uint32_t memory_window = 10;                     ///< lml1: iterations
  double domination_epsilon = 1e-6;                     ///< domination: relative slack
  std::uint32_t check_frequency = 5;                    ///< iterations between two selections
  double activity_tolerance = 1e-6;                     ///< of a cut's dual
  std::optional<std::uint32_t> max_active_per_stage{};  ///< empty: any number
  friend bool operator==(const cut_selection&, const cut_selection&) = default;
};

/// How noise is drawn in forward passes and simulations.
enum class sampling_scheme : std::uint8_t { in_sample, out_of_sample };

/// The draw of each kind of noise.
struct scenario_source {
  std::int64_t seed = 42;                                ///< of everything but the opening tree
  sampling_scheme inflow = sampling_scheme::in_sample;   ///< of the hydros
  sampling_scheme load = sampling_scheme::in_sample;     ///< of the buses
  sampling_scheme sources = sampling_scheme::in_sample;  ///< of the non-controllable sources
  friend bool operator==(const scenario_source&, const scenario_source&) = default;
};

/// How incoming states are fixed in the linear programs.
enum class state_fixing : std::uint8_t { columns, rows };

/// The linear programs.
struct solver_settings {
  std::string backend = "clp";                        ///< name of the solver
  double cost_scale = 1000.0;                         ///< divisor of costs; 0: chosen from the costs
  state_fixing fixing = state_fixing::columns;        ///< form
  std::optional<std::uint32_t> retry_max_attempts{};  ///< steps of the ladder; empty: all
  std::optional<double> retry_time_budget_s{};        ///< of the ladder; empty: its own
  friend bool operator==(const solver_settings&, const solver_settings&) = default;
};

/// Training of the policy.
struct training_settings {
  std::uint32_t forward_passes = 1;             ///< an iteration
  std::uint64_t tree_seed = 42;                 ///< of the opening tree
  std::vector<stopping_rule> stopping_rules{};  ///< one of them an iteration limit
  stopping_mode mode = stopping_mode::any;      ///< how they combine
  cut_selection selection{};                    ///< of cuts
  scenario_source scenarios{};                  ///< of the forward passes
  friend bool operator==(const training_settings&, const training_settings&) = default;
};

/// Simulation with the trained policy.
struct simulation_settings {
  bool enabled = false;            ///< whether it follows the training
  std::uint32_t scenarios = 2000;  ///< trajectories
  scenario_source source{};        ///< of the trajectories
  friend bool operator==(const simulation_settings&, const simulation_settings&) = default;
};

/// What to do with a system.
struct study_settings {
  training_settings training{};            ///< of the policy
  simulation_settings simulation{};        ///< with the policy
  solver_settings solver{};                ///< of both
  std::optional<std::uint32_t> threads{};  ///< of the case; empty: the machine's
  std::uint32_t checkpoint_every = 0;      ///< iterations between two checkpoints; 0: one at the end
  friend bool operator==(const study_settings&, const study_settings&) = default;
};

}  // namespace twill::sddp
