// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/registry.hpp"

namespace twill::par::detail {

/// The pool of threads that sit in none, started on first use. One for each process: this symbol is shared by
/// every shared object that links it.
[[gnu::visibility("default")]] registry& global_registry();

/// The same, or null where nothing has started it yet.
[[nodiscard]] registry* global_registry_if_made() noexcept;

/// Makes it the global pool. False when there is one already.
[[nodiscard]] bool try_set_global(pool_plan plan);

}  // namespace twill::par::detail
