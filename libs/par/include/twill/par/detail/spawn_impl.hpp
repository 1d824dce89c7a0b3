// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/task.hpp"

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// A detached task keeps its pool alive between these two. `detached_added` throws when the pool takes no
/// work any more.
void detached_added(registry& pool, std::size_t n);
/// `error` goes to the panic handler; without one the process ends with a message naming `kind`.
void detached_ended(registry& pool, std::exception_ptr error, const char* kind) noexcept;
/// Whether queued detached tasks are to be destroyed unrun.
[[nodiscard]] bool detached_discarded(const registry& pool) noexcept;
/// As push_or_inject, through the FIFO of the calling worker.
void push_fifo_or_inject(registry& pool, job* j);

template <class G>
struct detached_task final : job {
  template <class T>
  detached_task(registry& p, T&& g) : job(&detached_task::run_task), pool(&p), function(std::forward<T>(g)) {}

  static void run_task(job* self, worker& seat) {
    auto* const task = static_cast<detached_task*>(self);
    registry& pool = *task->pool;
    std::exception_ptr error;
    if (!detached_discarded(pool)) error = capture([&] { static_cast<void>(task->function()); });
    destroy_task(&seat, task);
    detached_ended(pool, std::move(error), "a spawned task");
  }

  registry* pool;
  G function;
};

template <class G>
[[nodiscard]] job* make_detached(registry& pool, G&& g) {
  using task = detached_task<std::decay_t<G>>;
  task* const t = make_task<task>(pool, std::forward<G>(g));
  try {
    detached_added(pool, 1);
  } catch (...) {
    destroy_task(current_worker(), t);
    throw;
  }
  return t;
}

}  // namespace twill::par::detail
