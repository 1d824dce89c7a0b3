// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/broadcast_context.hpp"
#include "twill/par/detail/broadcast_impl.hpp"

#include <optional>
#include <vector>

namespace twill::par {

/// Runs `g(broadcast_context)` on every worker, each after its own pending jobs, and returns the values by
/// worker index.
///
/// Throws: the first exception in time, after all workers ended. A seat that is lent to a guest runs `g` on
/// the guest's thread when that guest waits.
template <class G>
  requires std::invocable<const G&, broadcast_context>
auto broadcast(G&& g) {
  return detail::broadcast_all(detail::current_or_global(), g);
}

/// As `broadcast`, detached: the closure owns its data, and exceptions go to the pool's panic handler.
template <class G>
  requires std::invocable<const std::decay_t<G>&, broadcast_context>
void spawn_broadcast(G&& g) {
  detail::broadcast_detached(detail::current_or_global(), std::forward<G>(g));
}

}  // namespace twill::par
