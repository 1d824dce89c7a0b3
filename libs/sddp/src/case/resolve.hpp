// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "context.hpp"
#include "twill/sddp/settings.hpp"
#include "twill/sddp/system.hpp"

namespace twill::sddp::detail {

/// What the files say together, once every layer of checks has passed. Each adds findings where resolved
/// values contradict each other; then the system is not used.
[[nodiscard]] system resolve_system(context& c);
[[nodiscard]] study_settings resolve_settings(const context& c);

void resolve_entities(const context& c, system& s);
void resolve_stages(context& c, system& s);
void resolve_hydros(context& c, system& s);
void resolve_production(context& c, system& s);
void resolve_inflows(context& c, system& s);
void resolve_noise(context& c, system& s);

}  // namespace twill::sddp::detail
