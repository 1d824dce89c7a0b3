// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "solver/problem.hpp"

#include <concepts>
#include <cstdint>
#include <span>
#include <string>

namespace twill::sddp::solver {

/// What a linear-program solver must do to train a policy. A back end is one translation unit behind this
/// concept and passes the suite `solver_conformance_test.cpp`; HiGHS has its place here, and ships when there
/// is a linkable one to run the suite with.
///
/// One instance a worker, never shared. Contract:
/// (1) after `load` or `reset` and `set_basis`, the bits of every result depend only on the problem, the
///     bounds and the basis, not on what the instance solved before: pseudo-random state, pricing weights,
///     tolerances and factorisations start anew;
/// (2) solves with `keep::factorization` form a chain in which only bounds change; a chain is a function of
///     its start and its bounds, in order;
/// (3) a dual is the derivative of the least objective by the right-hand side of its row, a reduced cost by
///     the bound at which its column rests;
/// (4) views are good until the next call that is not const;
/// (5) no call starts a thread.
///
/// `retry(n)` for n below `retries()` solves once more by step n of the back end's own ladder.
template <class S>
concept lp_solver =
    std::default_initializable<S> && requires(S& s, const S& c, const problem& p, const row_block& rows,
                                              const basis& start, basis& out, const problem_names& names) {
      s.load(p);
      s.add_rows(rows);
      s.set_column_bounds(0, 0.0, 1.0);
      s.set_row_bounds(0, 0.0, 1.0);
      s.set_objective(0, 1.0);
      s.set_basis(start);
      c.get_basis(out);
      s.reset();
      { s.solve(keep::nothing) } -> std::same_as<outcome>;
      { s.retry(0) } -> std::same_as<outcome>;
      { S::retries() } -> std::same_as<int>;
      { S::retry_name(0) } -> std::convertible_to<std::string_view>;
      { c.objective() } -> std::same_as<double>;
      { c.primal() } -> std::same_as<std::span<const double>>;
      { c.row_activity() } -> std::same_as<std::span<const double>>;
      { c.duals() } -> std::same_as<std::span<const double>>;
      { c.reduced_costs() } -> std::same_as<std::span<const double>>;
      { c.iterations() } -> std::same_as<std::int64_t>;
      { c.farkas_ray() } -> std::same_as<std::vector<double>>;
      { c.num_rows() } -> std::same_as<int>;
      { c.num_columns() } -> std::same_as<int>;
      { c.write_mps(std::string(), names) };
      { S::name_and_version() } -> std::same_as<std::string>;
    };

}  // namespace twill::sddp::solver
