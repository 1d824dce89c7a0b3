// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/strong_id.hpp"

#include <cstdint>

namespace twill::sddp {

/// What the files call a thing. Ids need not be contiguous; stage ids below zero precede the study. Nothing
/// is ever subscripted with them: that is what the `*_index` types are for.
using stage_id = strong_id<struct stage_id_tag, std::int32_t>;
using season_id = strong_id<struct season_id_tag, std::int32_t>;          ///< part of the year
using bus_id = strong_id<struct bus_id_tag, std::int32_t>;                ///< node of the network
using line_id = strong_id<struct line_id_tag, std::int32_t>;              ///< between two buses
using hydro_id = strong_id<struct hydro_id_tag, std::int32_t>;            ///< hydro plant with its reservoir
using thermal_id = strong_id<struct thermal_id_tag, std::int32_t>;        ///< thermal plant
using source_id = strong_id<struct source_id_tag, std::int32_t>;          ///< non-controllable source
using constraint_id = strong_id<struct constraint_id_tag, std::int32_t>;  ///< generic constraint

/// Positions in the arrays of a `system`, which are ordered by id: `s.buses[h.bus.index()]`.
using bus_index = strong_id<struct bus_index_tag, std::uint32_t>;
using line_index = strong_id<struct line_index_tag, std::uint32_t>;              ///< in `system::lines`
using hydro_index = strong_id<struct hydro_index_tag, std::uint32_t>;            ///< in `system::hydros`
using thermal_index = strong_id<struct thermal_index_tag, std::uint32_t>;        ///< in `system::thermals`
using source_index = strong_id<struct source_index_tag, std::uint32_t>;          ///< in `system::sources`
using constraint_index = strong_id<struct constraint_index_tag, std::uint32_t>;  ///< in `system::constraints`
using plane_set_index = strong_id<struct plane_set_index_tag, std::uint32_t>;    ///< in `system::plane_sets`

}  // namespace twill::sddp
