// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "counts/dataset.hpp"
#include "parallel.hpp"

#include <vector>

namespace twill::dmm::detail {

// Fills what follows from the rows' totals: the distinct totals and the multinomial coefficients. Requires:
// all other members are there.
void finish_dataset(dataset& d, const std::vector<double>& totals, const crew& team);

}  // namespace twill::dmm::detail
