// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/stochastic.hpp"
#include "twill/sddp/system.hpp"

namespace twill::sddp::testing {

/// The least cost of a system over its whole opening tree, as one linear program: every node of the tree has
/// its own dispatch, and the risk measure of each stage stands in rows and columns of its own. An oracle: it
/// shares no code with the stage problem, the cuts or the risk weights. Requires: few nodes, no generic
/// constraints.
[[nodiscard]] double extensive_optimum(const system& s, const opening_tree& tree);

}  // namespace twill::sddp::testing
