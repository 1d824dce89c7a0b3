// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/policy.hpp"
#include "twill/sddp/settings.hpp"

#include <cstddef>
#include <cstdint>

namespace twill::sddp {

/// What a selection did to a pool.
struct selection_result {
  std::size_t laid_aside = 0;  ///< by the method
  std::size_t evicted = 0;     ///< by the limit of active cuts
};

/// Lays aside cuts of a pool at the end of an iteration (counted from 1); cuts of that iteration stay.
///
/// level1: cuts used in at most `threshold` solves so far. lml1: cuts not used within `memory_window`
/// iterations. domination: cuts that at every trial point of the pool are below the best active cut by more
/// than `domination_epsilon`. The methods run every `check_frequency` iterations, the limit of active cuts
/// every time: it evicts by (last use, uses, slot), a total order.
selection_result select_cuts(cut_pool& pool, const cut_selection& how, std::uint32_t iteration);

}  // namespace twill::sddp
