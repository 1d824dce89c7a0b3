// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace twill {

/// Edits (insert, delete, replace, swap of neighbours) that lead from one text to the other, in bytes.
/// Complexity: O(len(a) * len(b)).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known name that a mistyped one most likely means, empty when none is near: at most a third of its
/// length in edits (at least one), upper and lower case taken as equal. The first of equally near names wins.
[[nodiscard]] std::string nearest_name(std::string_view mistyped, std::span<const std::string_view> known);

}  // namespace twill
