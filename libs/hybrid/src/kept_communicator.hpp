// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/environment.hpp"

namespace twill::hybrid::detail {

/// The communicator of a start: the one that a runtime before has kept (options::keep_job), or a new one.
[[nodiscard]] comm::environment open_environment(const comm::environment_options& options, settings& from);

/// The communicator of a runtime that ends, for the next one; the end of the process destroys it.
void keep_environment(comm::environment here) noexcept;

}  // namespace twill::hybrid::detail
