// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "solver/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace twill::sddp::train {

/// Slots of the cuts in a program, ascending. Shared, so that a basis remembers its cuts for free.
using slot_list = std::shared_ptr<const std::vector<std::uint32_t>>;

/// A basis with the cuts that its last rows belong to.
struct stored_basis {
  solver::basis statuses{};  ///< of all columns and rows
  slot_list cuts{};          ///< of the last rows
};

/// Carries a basis over to a program whose cuts have changed: a cut that is still there keeps its status, a
/// new one is basic. Where rows that were tight are gone, as many cuts from the end become tight, so that
/// there are as many basic variables as rows.
void carry_over(const stored_basis& from, std::size_t static_rows, std::span<const std::uint32_t> cuts,
                solver::basis& out);

/// Whether a basis of a program without cuts has as many columns and rows as `p`.
[[nodiscard]] bool fits(const stored_basis& from, const solver::problem& p) noexcept;

/// Every row basic, every column at a bound: the start of a program that was never solved.
void slack_basis(const solver::problem& p, solver::basis& out);

}  // namespace twill::sddp::train
