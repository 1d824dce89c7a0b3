// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/settings.hpp"

#include <span>

namespace twill {

/// Every setting of the project that has a `TWILL_*` variable, in the order in which people read about them.
/// What is not here is an unknown variable for `settings::unknown`.
[[nodiscard]] std::span<const setting_info> catalogue();

}  // namespace twill
