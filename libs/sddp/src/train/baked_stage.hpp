// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lp/stage_problem.hpp"
#include "train/stored_basis.hpp"
#include "twill/sddp/policy.hpp"

#include <cstddef>
#include <cstdint>

namespace twill::sddp::train {

/// The program of a stage with its active cuts: what workers load in one call.
///
/// The row of a cut is theta - sum of coefficient * storage >= right-hand side; the part of its inflow lags
/// is a constant that `stage_solver` moves to the right.
struct baked_stage {
  solver::problem program{};  ///< static rows, then one row a cut
  slot_list cuts{};           ///< of the last rows
  std::uint64_t version = 0;  ///< counts the bakes
};

/// Room for so many cuts.
void reserve(const lp::stage_problem& p, std::size_t cuts, std::size_t hydros, baked_stage& out);

/// Merges program and active cuts. Reuses the memory of `out`.
void bake(const lp::stage_problem& p, const cut_pool& pool, std::size_t hydros, baked_stage& out);

}  // namespace twill::sddp::train
