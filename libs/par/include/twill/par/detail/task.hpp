// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/worker.hpp"

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// Memory for a spawned task: blocks up to 128 bytes come from the seat's free lists. `seat` may be null.
[[nodiscard]] void* task_allocate(worker* seat, std::size_t bytes);
void task_free(worker* seat, void* block, std::size_t bytes) noexcept;

/// Puts a job where the calling thread's pool wants it: its own deque if it sits in `pool`, else the pool's
/// injector.
void push_or_inject(registry& pool, job* j);

/// A closure on the heap that runs once. `Derived` has `void run_and_release(worker&)`; the block is freed
/// after it.
template <class T, class... Args>
[[nodiscard]] T* make_task(Args&&... args) {
  static_assert(alignof(T) <= alignof(std::max_align_t),
                "twill::par: a spawned closure must not be over-aligned");
  worker* const seat = current_worker();
  void* const block = task_allocate(seat, sizeof(T));
  try {
    return ::new (block) T(std::forward<Args>(args)...);
  } catch (...) {
    task_free(seat, block, sizeof(T));
    throw;
  }
}

template <class T>
void destroy_task(worker* seat, T* task) noexcept {
  std::destroy_at(task);
  task_free(seat, task, sizeof(T));
}

/// The pool of the calling thread, else the global one.
[[nodiscard]] registry& current_or_global();
[[nodiscard]] std::size_t worker_count(const registry& pool) noexcept;

/// Gives every worker of the pool its job, in the same order for all broadcasts; `jobs` has one for each
/// worker.
void inject_broadcast(registry& pool, job* const* jobs);

}  // namespace twill::par::detail
