// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/policy.hpp"
#include "twill/sddp/settings.hpp"
#include "twill/sddp/system.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace twill::sddp {

/// Why a training ended.
enum class stop_reason : std::uint8_t {
  iteration_limit,
  time_limit,
  bound_stalling,
  simulation_based,
  graceful_shutdown
};

/// "iteration_limit", "time_limit", ...
[[nodiscard]] std::string_view name_of(stop_reason why) noexcept;

/// What one iteration found: a row of the convergence table. Money in $.
struct iteration_record {
  std::uint32_t iteration = 0;            ///< counted from 1
  double lower_bound = 0.0;               ///< the greatest so far
  double lower_bound_raw = 0.0;           ///< of the cuts after this iteration
  double upper_bound_mean = 0.0;          ///< mean discounted cost of the forward passes
  double upper_bound_std = 0.0;           ///< of one forward pass; 0 where there is one only
  std::optional<double> ci_half_width{};  ///< 95 %; empty where there is one forward pass
  std::optional<double> gap_percent{};    ///< empty under risk aversion, where the mean is no bound
  double forward_min = 0.0;               ///< least cost of a forward pass
  double forward_max = 0.0;               ///< greatest cost of a forward pass
  std::uint64_t cuts_added = 0;           ///< in all stages
  std::uint64_t cuts_removed = 0;         ///< laid aside in all stages
  std::uint64_t cuts_active = 0;          ///< in all stages, afterwards
  std::uint32_t forward_passes = 0;       ///< trajectories
  std::uint64_t lp_solves = 0;            ///< linear programs
  std::uint64_t simplex_iterations = 0;   ///< of them
  std::uint64_t retries = 0;              ///< linear programs that needed the ladder
  double forward_s = 0.0;                 ///< wall clock
  double backward_s = 0.0;                ///< wall clock
  double total_s = 0.0;                   ///< wall clock of the iteration
  double wall_s = 0.0;                    ///< since the training began
};

/// What a training found.
struct training_result {
  std::vector<iteration_record> iterations{};         ///< at least one, those before a resume among them
  stop_reason reason = stop_reason::iteration_limit;  ///< why it ended
  bool converged = false;                             ///< a rule about bounds or costs ended it
  double lower_bound = 0.0;                           ///< $
  std::uint64_t lp_solves = 0;                        ///< in all iterations
  std::uint64_t lp_retries = 0;                       ///< those that needed the ladder
  std::uint64_t simplex_iterations = 0;               ///< in all iterations
  std::uint64_t negative_inflows = 0;                 ///< in forward passes, before they were treated
  std::uint64_t cuts_total = 0;                       ///< made
  std::uint64_t cuts_active = 0;                      ///< in the linear programs at the end
  std::optional<std::uint32_t> resumed_at{};          ///< iterations of the checkpoint that it began with
  std::string checkpoint{};                           ///< the last file that was written; empty: none
  std::vector<std::string> warnings{};                ///< damaged checkpoints that were passed over
  double solver_seconds = 0.0;                        ///< of workers, inside the solver
  double worker_seconds = 0.0;                        ///< of workers, inside units of work
  bool nondeterministic_retry = false;                ///< a clock ended a ladder of retries
};

/// Kinds of cost of a simulated stage, $ not discounted.
struct cost_row {
  double immediate = 0.0;                ///< the sum of all below
  double future = 0.0;                   ///< what the cuts say of the stages after it
  double discount_factor = 1.0;          ///< of this stage's costs to the start of the study
  double thermal = 0.0;                  ///< fuel
  double deficit = 0.0;                  ///< load not served
  double excess = 0.0;                   ///< power that nobody takes
  double storage_violation = 0.0;        ///< soft minimum storage
  double outflow_violation_below = 0.0;  ///< minimum outflow
  double outflow_violation_above = 0.0;  ///< maximum outflow
  double turbined_violation = 0.0;       ///< minimum turbined flow
  double generation_violation = 0.0;     ///< minimum generation
  double evaporation_violation = 0.0;    ///< more or less than modelled
  double withdrawal_violation = 0.0;     ///< more or less than scheduled
  double inflow_penalty = 0.0;           ///< water added against negative inflow
  double generic_violation = 0.0;        ///< slacks of generic constraints
  double spillage = 0.0;                 ///< regularisation
  double diversion = 0.0;                ///< regularisation
  double fpha_turbined = 0.0;            ///< regularisation
  double curtailment = 0.0;              ///< below zero: what sources earn
  double exchange = 0.0;                 ///< regularisation

  /// Outflow, turbined flow, generation, evaporation, withdrawal and negative inflow.
  [[nodiscard]] double hydro_violation() const noexcept {
    return outflow_violation_below + outflow_violation_above + turbined_violation + generation_violation +
           evaporation_violation + withdrawal_violation + inflow_penalty;
  }
};

/// A simulation with a policy.
struct simulation_result {
  std::size_t scenarios = 0;              ///< trajectories
  std::size_t stages = 0;                 ///< of each
  std::vector<double> total_cost{};       ///< one a scenario, discounted
  std::vector<cost_row> costs{};          ///< scenario-major: scenario * stages + stage
  double mean = 0.0;                      ///< of the total cost
  double std = 0.0;                       ///< of the total cost (n - 1)
  std::optional<double> ci_half_width{};  ///< 95 %
  std::uint64_t negative_inflows = 0;     ///< before they were treated

  [[nodiscard]] const cost_row& at(std::size_t scenario, std::size_t stage) const {
    return costs[scenario * stages + stage];
  }
};

/// Where the state of a training is kept, so that an interrupted one can go on.
struct checkpoint_settings {
  std::string folder{};     ///< is created; empty: no checkpoints
  std::uint32_t every = 0;  ///< iterations between two; 0: one at the end, or where a signal ends it
  bool resume = false;      ///< begins where the newest one stood, and ends with the same bits
};

/// What is not part of the case.
struct optimizer_options {
  std::optional<std::size_t> threads{};           ///< empty: what the machine allows
  std::optional<std::uint32_t> max_iterations{};  ///< a limit beside the rules of the case
  std::uint32_t openings_per_task = 0;            ///< 0: all. It changes the last bits, threads do not
  std::string dump_directory{};                   ///< where programs that fail are written; empty: nowhere
  checkpoint_settings checkpoints{};              ///< of the training
  std::stop_token stop{};                         ///< ends the training after the iteration
  /// Called after each iteration, in order.
  std::function<void(const iteration_record&)> on_iteration{};
  /// Called after each simulated scenario by whichever thread walked it, also for the simulation rule.
  std::function<void()> on_scenario{};
};

/// Stochastic dual dynamic programming over a system (Pereira and Pinto, Mathematical Programming 52, 1991).
///
/// Results are the same bits for every number of threads. Thread safety: one call at a time.
class optimizer {
 public:
  /// Requires: the system outlives the optimizer. Throws: error(errc::unsupported).
  optimizer(const system& s, const study_settings& settings, optimizer_options options = {});
  optimizer(optimizer&&) noexcept;
  optimizer& operator=(optimizer&&) noexcept;
  ~optimizer();

  /// Trains the policy until a rule ends it, or a signal that hybrid's handlers have noted; then the state is
  /// in a checkpoint where there is a folder for it. Throws: error(errc::infeasible, unbounded or
  /// solver_failed) with stage, opening and the rows in conflict; hybrid's errors about checkpoints.
  training_result train();
  /// Simulates so many scenarios, drawn as the settings say. Throws: as `train`.
  [[nodiscard]] simulation_result simulate(std::size_t scenarios);
  /// Simulates the given openings: one a stage for each scenario.
  [[nodiscard]] simulation_result simulate(std::span<const std::vector<std::uint32_t>> paths);
  /// The cuts.
  [[nodiscard]] const policy& cuts() const noexcept;
  /// The openings that the policy is trained on.
  [[nodiscard]] const opening_tree& openings() const noexcept;

 private:
  class engine;
  std::unique_ptr<engine> engine_;
};

}  // namespace twill::sddp
