// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "program/json.hpp"
#include "twill/lanes/case.hpp"

#include <cstdint>

namespace twill::lanes::detail {

/// An element of a buffer or a register as JSON: for floating point a number or "nan", "inf", "-inf", "-0.0";
/// for integers a number or a text beyond 2^53; f16 and bf16 as numbers, or as bit patterns in a text.
[[nodiscard]] std::uint64_t element_bits(const json::value& v, type t);

/// Adds to `report.differences` how what came differs from what is expected.
void compare(const json::value& expect, case_report& report, const executor& machine,
             const buffer_names& handle_of);

}  // namespace twill::lanes::detail
