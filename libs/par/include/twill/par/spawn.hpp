// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/spawn_impl.hpp"

#include <concepts>
#include <type_traits>
#include <utility>

namespace twill::par {

/// Runs `g()` some time in the pool of the calling thread, else in the global one. Never blocks.
///
/// The closure owns its data; what it borrows must outlive the pool. An exception goes to the pool's panic
/// handler; without one the process ends. The newest task of a worker starts first.
template <class G>
  requires std::invocable<std::decay_t<G>&>
void spawn(G&& g) {
  detail::registry& pool = detail::current_or_global();
  detail::push_or_inject(pool, detail::make_detached(pool, std::forward<G>(g)));
}

/// As `spawn`; tasks that one worker spawns this way start in the order they were spawned.
template <class G>
  requires std::invocable<std::decay_t<G>&>
void spawn_fifo(G&& g) {
  detail::registry& pool = detail::current_or_global();
  detail::push_fifo_or_inject(pool, detail::make_detached(pool, std::forward<G>(g)));
}

}  // namespace twill::par
