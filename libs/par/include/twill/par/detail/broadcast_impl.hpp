// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/scope_base.hpp"
#include "twill/par/detail/spawn_impl.hpp"

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par::detail {

class broadcast_scope : public scope_base {
 public:
  using scope_base::scope_base;
};

template <class G>
auto broadcast_all(registry& pool, const G& g) {
  using result = std::invoke_result_t<const G&, broadcast_context>;
  if constexpr (std::is_void_v<result>) {
    auto body = [&](broadcast_scope& s) { broadcast_in(s, [&g](broadcast_context c) { g(c); }); };
    scope_in_place<broadcast_scope>(pool, {}, body);
  } else {
    std::vector<std::optional<result>> slots(worker_count(pool));
    auto body = [&](broadcast_scope& s) {
      broadcast_in(s, [&g, &slots](broadcast_context c) { slots[c.index()].emplace(g(c)); });
    };
    scope_in_place<broadcast_scope>(pool, {}, body);
    std::vector<result> values;
    values.reserve(slots.size());
    for (auto& slot : slots) values.push_back(std::move(*slot));
    return values;
  }
}

struct detached_broadcast_end {
  registry* pool;
  [[nodiscard]] bool skip() const noexcept { return detached_discarded(*pool); }
  void ended(std::exception_ptr error, std::size_t) noexcept {
    detached_ended(*pool, std::move(error), "a task of spawn_broadcast");
  }
};

template <class G>
void broadcast_detached(registry& pool, G&& g) {
  const std::size_t n = worker_count(pool);
  detached_added(pool, n);
  try {
    broadcast_group<std::decay_t<G>, detached_broadcast_end>::start(pool, std::forward<G>(g), {&pool});
  } catch (...) {
    for (std::size_t i = 0; i < n; ++i) detached_ended(pool, nullptr, "");
    throw;
  }
}

}  // namespace twill::par::detail
