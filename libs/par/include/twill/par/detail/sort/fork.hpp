// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// Below this many elements a sort stays on the calling thread and enters no pool.
inline constexpr std::size_t fork_elements = 8192;

/// A callable by reference, so that forks are compiled once and not for every kernel: an indirect call is
/// nothing beside the thousands of elements behind it.
template <class... Args>
class task_ref {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, task_ref> && std::invocable<F&, Args...>)
  task_ref(F&& f) noexcept
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Args... args) {
          static_cast<void>((*static_cast<std::remove_reference_t<F>*>(object))(args...));
        }) {}

  void operator()(Args... args) const { call_(object_, args...); }

 private:
  void* object_;
  void (*call_)(void*, Args...);
};

/// `a()` and `b()` in parallel; both execute even if one throws.
void fork_both(task_ref<> a, task_ref<> b);
/// As `fork_both`, one after the other on this thread.
void run_both(task_ref<> a, task_ref<> b);
/// `f(i)` for each i of [first, last), forked as a balanced tree with one index a leaf.
void fork_indices(std::size_t first, std::size_t last, task_ref<std::size_t> f);

/// Runs `f` where its forks cannot fail: a small piece of work on the calling thread, a large one in a pool.
/// Entering a pool may throw, and does so here, before `f` touched anything.
void in_pool(std::size_t n, task_ref<> f);

/// Workers of the pool that the calling thread would fork in.
[[nodiscard]] std::size_t fork_width();

/// `a()` and `b()`, in parallel when `parallel`; both execute even if `a` throws.
inline void fork_if(bool parallel, task_ref<> a, task_ref<> b) {
  if (parallel) {
    fork_both(a, b);
  } else {
    run_both(a, b);
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
