// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/prepared.hpp"

#include <vector>

namespace twill::lanes::detail {

/// One instruction without its jump target and columns; every operand with `check` set, operands of
/// reductions appended to `ranges`.
[[nodiscard]] decoded decode_instruction(const instruction& i, std::vector<operand>& ranges);

/// The width index of what has this tag.
[[nodiscard]] constexpr std::size_t width_of_tag(std::uint8_t tag) noexcept {
  return tag >= type_count ? 0 : width_index(size_bytes(static_cast<type>(tag)));
}

}  // namespace twill::lanes::detail
