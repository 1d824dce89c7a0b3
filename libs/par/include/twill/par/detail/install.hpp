// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/result.hpp"
#include "twill/par/detail/worker.hpp"

#include <type_traits>

namespace twill::par {

class thread_pool;

namespace detail {

/// The scheduler behind a pool: for callers that have only the pool's declaration.
[[nodiscard]] registry* registry_of(const thread_pool& pool) noexcept;

/// `thread_pool::install`.
template <class F>
decltype(auto) install_in(registry* pool, F& f) {
  using result = std::invoke_result_t<F&>;
  worker* const seat = current_worker();
  const bool inside = seat != nullptr && &seat->pool() == pool;
  if constexpr (std::is_void_v<result>) {
    if (inside) return f();
    static_cast<void>(enter_with(pool, false, [&f](worker&, bool) { f(); }));
  } else {
    if (inside) return static_cast<result>(f());
    return enter_with(pool, false, [&f](worker&, bool) -> result { return f(); });
  }
}

}  // namespace detail
}  // namespace twill::par
