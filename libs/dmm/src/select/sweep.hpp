// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm/detail/rank_link.hpp"
#include "twill/dmm/select.hpp"

namespace twill::dmm::detail {

// fit_range; with a link the runs are dealt out over its ranks, each of which has the whole table, and every
// rank returns the same.
[[nodiscard]] sweep run_sweep(const count_table& counts, std::span<const int> ks,
                              const sweep_options& options, rank_link* link);

// The runs one after the other, each over the rows of all ranks. Every rank returns the same, posteriors of
// all rows among it.
[[nodiscard]] sweep run_sweep_over_rows(const count_table& local_rows, std::span<const int> ks,
                                        const sweep_options& options, rank_link& link);

}  // namespace twill::dmm::detail
