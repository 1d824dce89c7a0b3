// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace twill::detail {

/// Both take and give the register as it stands between bytes, that is, inverted.
[[nodiscard]] std::uint32_t crc32c_by_table(std::uint32_t state, std::span<const std::byte> data) noexcept;
/// Requires: the machine has SSE4.2.
[[nodiscard]] std::uint32_t crc32c_by_instruction(std::uint32_t state,
                                                  std::span<const std::byte> data) noexcept;

}  // namespace twill::detail
