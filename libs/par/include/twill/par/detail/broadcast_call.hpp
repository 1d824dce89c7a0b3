// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/broadcast_context.hpp"

#include <memory>
#include <type_traits>

namespace twill::par::detail {

/// `broadcast` in the current pool, of a function that returns nothing: for headers that need not know what a
/// scope is.
void broadcast_call(void* target, void (*run)(void* target, broadcast_context context));

template <class G>
void broadcast_each(G& g) {
  broadcast_call(std::addressof(g),
                 [](void* target, broadcast_context context) { (*static_cast<G*>(target))(context); });
}

}  // namespace twill::par::detail
