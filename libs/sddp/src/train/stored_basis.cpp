// SPDX-License-Identifier: Apache-2.0
#include "train/stored_basis.hpp"

namespace twill::sddp::train {

using solver::basis_status;

void carry_over(const stored_basis& from, std::size_t static_rows, std::span<const std::uint32_t> cuts,
                solver::basis& out) {
  const std::vector<std::uint32_t>& old = *from.cuts;
  out.columns = from.statuses.columns;
  out.rows.resize(static_rows + cuts.size());
  std::size_t basics = 0;
  for (const basis_status b : out.columns) basics += b == basis_status::basic ? 1U : 0U;
  for (std::size_t i = 0; i < static_rows; ++i) {
    out.rows[i] = from.statuses.rows[i];
    basics += out.rows[i] == basis_status::basic ? 1U : 0U;
  }
  std::size_t next = 0;
  for (std::size_t c = 0; c < cuts.size(); ++c) {
    while (next < old.size() && old[next] < cuts[c]) ++next;
    const bool kept = next < old.size() && old[next] == cuts[c];
    out.rows[static_rows + c] = kept ? from.statuses.rows[static_rows + next] : basis_status::basic;
    basics += out.rows[static_rows + c] == basis_status::basic ? 1U : 0U;
  }
  for (std::size_t i = out.rows.size(); i-- > static_rows && basics > out.rows.size();) {
    if (out.rows[i] != basis_status::basic) continue;
    out.rows[i] = basis_status::at_lower;
    --basics;
  }
}

bool fits(const stored_basis& from, const solver::problem& p) noexcept {
  return from.cuts && from.cuts->empty() && from.statuses.columns.size() == p.column_lower.size() &&
         from.statuses.rows.size() == p.row_lower.size();
}

void slack_basis(const solver::problem& p, solver::basis& out) {
  out.rows.assign(p.row_lower.size(), basis_status::basic);
  out.columns.resize(p.objective.size());
  for (std::size_t j = 0; j < out.columns.size(); ++j) {
    out.columns[j] = p.column_lower[j] > -solver::infinity  ? basis_status::at_lower
                     : p.column_upper[j] < solver::infinity ? basis_status::at_upper
                                                            : basis_status::free;
  }
}

}  // namespace twill::sddp::train
