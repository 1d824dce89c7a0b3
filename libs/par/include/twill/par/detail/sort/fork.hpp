// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <utility>

#include "twill/par/join.hpp"
#include "twill/par/thread.hpp"

namespace twill::par::detail {

/// Below this many elements a sort stays on the calling thread and enters no pool.
inline constexpr std::size_t fork_elements = 8192;

/// Runs `f` where its forks cannot fail: a small piece of work on the calling thread, a large one in a pool. Entering a
/// pool may throw, and does so here, before `f` touched anything.
template <class F>
void in_pool(std::size_t n, F&& f) {
  if (n < 2 * fork_elements || current_thread_index().has_value()) {
    f();
  } else {
    static_cast<void>(join(f, [] {}));
  }
}

/// `a()` and `b()`, in parallel when `fork`; both execute even if `a` throws.
template <class A, class B>
void fork_if(bool fork, A&& a, B&& b) {
  if (fork) {
    static_cast<void>(join(a, b));
    return;
  }
  try {
    a();
  } catch (...) {
    const std::exception_ptr first = std::current_exception();
    try {
      b();
    } catch (...) {
      // The first exception wins, as in join.
      std::rethrow_exception(first);
    }
    throw;
  }
  b();
}

/// `f(i)` for each i of [first, last), forked as a balanced tree with one index a leaf.
template <class F>
void fork_indices(std::size_t first, std::size_t last, const F& f) {
  if (last - first == 1) {
    f(first);
  } else if (last != first) {
    const std::size_t middle = first + (last - first) / 2;
    static_cast<void>(
        join([&f, first, middle] { fork_indices(first, middle, f); }, [&f, middle, last] { fork_indices(middle, last, f); }));
  }
}

/// A range cut at multiples of a block: the cuts depend on the length alone, never on the number of threads.
struct fixed_blocks {
  std::size_t size;
  std::size_t block;

  [[nodiscard]] constexpr std::size_t count() const noexcept { return (size + block - 1) / block; }
  [[nodiscard]] constexpr std::size_t begin(std::size_t i) const noexcept { return i * block; }
  [[nodiscard]] constexpr std::size_t end(std::size_t i) const noexcept {
    return i + 1 == count() ? size : (i + 1) * block;
  }
  /// `f(i, begin, end)` for each block; serial when there is one.
  template <class F>
  void for_each(const F& f) const {
    fork_indices(0, count(), [&](std::size_t i) { f(i, begin(i), end(i)); });
  }
};

}  // namespace twill::par::detail
