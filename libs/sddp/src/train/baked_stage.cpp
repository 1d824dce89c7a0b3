// SPDX-License-Identifier: Apache-2.0
#include "train/baked_stage.hpp"

namespace twill::sddp::train {

void reserve(const lp::stage_problem& p, std::size_t cuts, std::size_t hydros, baked_stage& out) {
  const std::size_t rows = p.program.row_lower.size() + cuts;
  out.program.row_lower.reserve(rows);
  out.program.row_upper.reserve(rows);
  // A cut has a coefficient for each storage and for the future cost.
  const std::size_t entries = p.program.rows.size() + cuts * (hydros + 1);
  out.program.rows.reserve(entries);
  out.program.values.reserve(entries);
}

void bake(const lp::stage_problem& p, const cut_pool& pool, std::size_t hydros, baked_stage& out) {
  const solver::problem& base = p.program;
  std::vector<std::uint32_t> slots;
  if (p.where.theta >= 0) {
    slots.reserve(pool.active());
    for (std::size_t slot = 0; slot < pool.size(); ++slot) {
      if (pool.is_active(slot)) slots.push_back(static_cast<std::uint32_t>(slot));
    }
  }
  solver::problem& to = out.program;
  to.column_lower = base.column_lower;
  to.column_upper = base.column_upper;
  to.objective = base.objective;
  to.row_lower = base.row_lower;
  to.row_upper = base.row_upper;
  for (const std::uint32_t slot : slots) {
    to.row_lower.push_back(pool.intercept(slot) / p.cost_scale);
    to.row_upper.push_back(solver::infinity);
  }
  // Which coefficient of a cut a column takes; -1: none.
  std::vector<int> state_of(base.objective.size(), -1);
  for (std::size_t h = 0; h < hydros; ++h) {
    state_of[static_cast<std::size_t>(p.where.storage[h])] = static_cast<int>(h);
  }
  const int first_cut = base.num_rows();
  to.starts.assign(1, 0);
  to.rows.clear();
  to.values.clear();
  for (std::size_t j = 0; j < base.objective.size(); ++j) {
    to.rows.insert(to.rows.end(), base.rows.begin() + base.starts[j], base.rows.begin() + base.starts[j + 1]);
    to.values.insert(to.values.end(), base.values.begin() + base.starts[j],
                     base.values.begin() + base.starts[j + 1]);
    if (static_cast<int>(j) == p.where.theta) {
      for (std::size_t c = 0; c < slots.size(); ++c) {
        to.rows.push_back(first_cut + static_cast<int>(c));
        to.values.push_back(1.0);
      }
    } else if (state_of[j] >= 0) {
      for (std::size_t c = 0; c < slots.size(); ++c) {
        const double slope = pool.coefficients(slots[c])[static_cast<std::size_t>(state_of[j])];
        if (slope == 0.0) continue;
        to.rows.push_back(first_cut + static_cast<int>(c));
        to.values.push_back(-slope / p.cost_scale);
      }
    }
    to.starts.push_back(static_cast<int>(to.rows.size()));
  }
  out.cuts = std::make_shared<const std::vector<std::uint32_t>>(std::move(slots));
  ++out.version;
}

}  // namespace twill::sddp::train
