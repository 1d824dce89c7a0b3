// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "counts/dataset.hpp"
#include "twill/dmm/count_table.hpp"
#include "twill/dmm/detail/rank_link.hpp"

namespace twill::dmm::detail {

// This rank's rows with the buckets and totals of all ranks. Collective. Throws: error (invalid_shape) on
// every rank when rows are split otherwise than rows_of_rank says.
[[nodiscard]] dataset unite_rows(const count_table& local_rows, rank_link& link);

}  // namespace twill::dmm::detail
