// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/communicator.hpp"
#include "twill/hybrid/topology.hpp"

#include <vector>

namespace twill::hybrid::detail {

/// What every rank says about itself, by rank. Collective.
[[nodiscard]] std::vector<rank_facts> gather_facts(const comm::any_communicator& world,
                                                   const rank_facts& mine);

}  // namespace twill::hybrid::detail
