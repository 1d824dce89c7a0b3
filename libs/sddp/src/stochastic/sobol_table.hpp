// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace twill::sddp {

/// The words of data/sobol_joe_kuo.bin; their format stands in data/pack_sobol.py.
[[nodiscard]] std::span<const std::uint64_t> sobol_table() noexcept;

}  // namespace twill::sddp
