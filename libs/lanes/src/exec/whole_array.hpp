// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/launch_state.hpp"

#include <array>
#include <cstdint>

namespace twill::lanes::detail {

/// Runs the whole-array instruction at `pc`, whose handles are read already. False, and why, when it faults.
[[nodiscard]] bool run_whole_array(launch_state& launch, std::uint32_t pc,
                                   const std::array<std::uint64_t, 6>& handles, fault_record& found);

}  // namespace twill::lanes::detail
