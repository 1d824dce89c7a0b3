// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "solver/concept.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace twill::sddp::solver {

/// How far the ladder of retries may go.
struct ladder_limits {
  int steps = 64;          ///< at most so many, also at most the back end's own
  double seconds = 120.0;  ///< over all steps
  friend bool operator==(const ladder_limits&, const ladder_limits&) = default;
};

/// What the ladder did, summed over solves: for reports.
struct solve_counters {
  std::uint64_t solves = 0;              ///< linear programs
  std::uint64_t retried = 0;             ///< those whose first solve was not optimal
  std::uint64_t iterations = 0;          ///< simplex iterations
  std::array<std::uint64_t, 8> steps{};  ///< which step of the ladder succeeded
  bool out_of_time = false;              ///< the clock ended a ladder: results may differ between runs

  solve_counters& operator+=(const solve_counters& o) {
    solves += o.solves;
    retried += o.retried;
    iterations += o.iterations;
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i] += o.steps[i];
    out_of_time = out_of_time || o.out_of_time;
    return *this;
  }
};

/// Solves, and where that is not optimal climbs the ladder of the back end.
///
/// "Infeasible" is doubted like a failure, since a simplex method reports it for feasible problems now and
/// then; it is believed when no step finds an optimum and the last step that reached a verdict says so.
template <lp_solver S>
outcome solve_with_retries(S& s, keep what, const ladder_limits& limits, solve_counters& count) {
  outcome found = s.solve(what);
  ++count.solves;
  count.iterations += static_cast<std::uint64_t>(s.iterations());
  if (found == outcome::optimal) return found;
  ++count.retried;
  outcome verdict = found;
  const auto start = std::chrono::steady_clock::now();
  const int steps = limits.steps < S::retries() ? limits.steps : S::retries();
  for (int level = 0; level < steps; ++level) {
    found = s.retry(level);
    count.iterations += static_cast<std::uint64_t>(s.iterations());
    if (found == outcome::optimal) {
      ++count.steps[static_cast<std::size_t>(level)];
      return found;
    }
    if (found != outcome::failed) verdict = found;
    if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > limits.seconds) {
      count.out_of_time = true;
      break;
    }
  }
  return verdict;
}

}  // namespace twill::sddp::solver
