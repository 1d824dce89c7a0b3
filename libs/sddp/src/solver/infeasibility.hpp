// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "solver/concept.hpp"

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace twill::sddp::solver {

namespace detail {

template <lp_solver S>
bool infeasible_with(S& s, const problem& p, const std::vector<bool>& in) {
  problem part = p;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!in[i]) {
      part.row_lower[i] = -infinity;
      part.row_upper[i] = infinity;
    }
  }
  s.load(part);
  // The two methods must agree: a false alarm would keep a row that has no part in the conflict.
  return s.solve(keep::nothing) == outcome::infeasible && s.retry(0) == outcome::infeasible;
}

}  // namespace detail

/// Rows of an infeasible problem that contradict each other within the bounds of the columns, such that
/// without any one of them the others can be satisfied together. Ascending; empty when the problem turns out
/// to be feasible, or when the bounds of the columns alone contradict each other.
///
/// Starts from the rows of a Farkas ray and removes one after the other (the deletion filter of
/// J. W. Chinneck and E. W. Dravnieks, ORSA Journal on Computing 3, 1991). Complexity: one solve for each row
/// of the ray.
template <lp_solver S>
std::vector<int> conflicting_rows(S& s, problem p) {
  p.objective.assign(p.objective.size(), 0.0);
  const std::size_t n = static_cast<std::size_t>(p.num_rows());
  std::vector<bool> in(n, true);
  if (!detail::infeasible_with(s, p, in)) return {};
  s.load(p);
  static_cast<void>(s.solve(keep::nothing));
  if (const std::vector<double> ray = s.farkas_ray(); ray.size() == n) {
    std::vector<bool> support(n);
    for (std::size_t i = 0; i < n; ++i) support[i] = std::fabs(ray[i]) > 1e-9;
    if (detail::infeasible_with(s, p, support)) in = std::move(support);
  }
  std::vector<int> rows;
  for (std::size_t i = 0; i < n; ++i) {
    if (!in[i]) continue;
    in[i] = false;
    if (!detail::infeasible_with(s, p, in)) {
      in[i] = true;
      rows.push_back(static_cast<int>(i));
    }
  }
  return rows;
}

}  // namespace twill::sddp::solver
