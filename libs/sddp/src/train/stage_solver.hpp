// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lp/stage_problem.hpp"
#include "solver/clp.hpp"
#include "solver/ladder.hpp"
#include "train/baked_stage.hpp"
#include "train/stored_basis.hpp"
#include "twill/sddp/policy.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace twill::sddp::train {

/// The solver of every linear program: the one line to change for another back end.
using backend = solver::clp;
static_assert(solver::lp_solver<backend>);

/// A stage as all workers share it.
struct shared_stage {
  lp::stage_problem problem{};     ///< without cuts
  baked_stage baked{};             ///< with cuts
  const cut_pool* pool = nullptr;  ///< the cuts
};

/// Where a linear program belongs: for messages.
struct solve_place {
  const char* phase = "";       ///< "forward pass", "backward pass", "lower bound", "simulation"
  std::uint32_t iteration = 0;  ///< counted from 1; 0: none
  std::uint32_t pass = 0;       ///< forward pass or scenario
  std::int64_t opening = -1;    ///< -1: sampled noise
};

/// A worker's own solver and room to work in. Results depend on the calls since `begin` alone.
///
/// Thread safety: one thread at a time. After the first iteration no member allocates, the solver apart.
class stage_solver {
 public:
  stage_solver(const system& s, const solver::ladder_limits& limits, std::string dump_directory);

  /// Starts a unit of work: stage t from incoming state `x`, from `start` (or no basis where it is empty).
  void begin(const shared_stage& at, std::span<const double> x, const stored_basis& start);
  /// Solves one opening of the unit. Throws: error with stage, place and the rows in conflict.
  void solve(std::span<const double> noise, solver::keep what, const solve_place& place);

  /// Least cost of the stage and its future, $.
  [[nodiscard]] double objective() const { return solver_.objective() * scale(); }
  /// Cost of the stage alone, $.
  [[nodiscard]] double immediate_cost() const;
  /// The future cost theta, $; not discounted.
  [[nodiscard]] double future_cost() const;
  /// The state after the stage.
  void outgoing(std::span<double> x) const;
  /// The slope of the objective by each number of the incoming state.
  void slopes(std::span<double> out);
  /// Adds 1 to the count of each cut in the program whose dual is above the tolerance.
  void count_active(double tolerance, std::span<std::uint32_t> counts) const;
  void store(stored_basis& out) const;
  /// The solution of the last solve, one number a column.
  [[nodiscard]] std::span<const double> primal() const { return solver_.primal(); }
  [[nodiscard]] const lp::realization& noise() const noexcept { return real_; }
  [[nodiscard]] const shared_stage& stage() const noexcept { return *at_; }
  [[nodiscard]] const backend& solver() const noexcept { return solver_; }

  solver::solve_counters counters{};     ///< since they were reset
  std::uint64_t negative_inflows = 0;    ///< since it was reset
  std::chrono::nanoseconds in_solver{};  ///< inside the solver, since it was reset

 private:
  [[nodiscard]] double scale() const { return at_->problem.cost_scale; }
  [[nodiscard]] std::size_t lag_count() const { return system_.inflows.lags * system_.hydros.size(); }
  void load(const shared_stage& at);
  [[noreturn]] void fail(solver::outcome found, const solve_place& place);

  const system& system_;
  solver::ladder_limits limits_;
  std::string dump_directory_;
  backend solver_{};
  const shared_stage* at_ = nullptr;
  const void* loaded_ = nullptr;  // whose program is in the solver
  std::uint64_t loaded_version_ = 0;
  lp::realization real_{};
  std::vector<double> x_{};             // incoming state of the unit
  std::vector<double> cut_constant_{};  // intercept and incoming-lag part of each cut
  std::vector<double> by_lag_{};        // sum over cuts of dual * coefficient of the outgoing lags
  solver::basis basis_{};
};

}  // namespace twill::sddp::train
