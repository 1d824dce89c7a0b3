// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace twill {

/// The rank of this process as events and traces show it; -1 until somebody has set it.
[[nodiscard]] int process_rank() noexcept;

/// Says which rank this process is. Thread safety: any thread; records of other threads may show the old one
/// meanwhile.
void set_process_rank(int rank) noexcept;

/// A small number of the calling thread, from 0 in the order in which threads first ask; never reused.
[[nodiscard]] std::uint32_t thread_number() noexcept;

}  // namespace twill
