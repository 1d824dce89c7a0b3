// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace twill::comm::detail {

// Clock ticks after boot at which a process started, 0 when there is none (a zombie is none): tells a process
// from a later one with the same number.
[[nodiscard]] std::uint64_t process_start_time(int pid) noexcept;

}  // namespace twill::comm::detail
