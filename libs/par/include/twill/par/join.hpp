// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/join_job.hpp"

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace twill::par {

/// Runs both closures, the second one possibly on another worker at the same time, and returns both values.
///
/// `a` starts at once on the calling thread and `b` is offered to thieves; if none came, the caller runs `b`
/// itself. Outside of every pool the caller borrows a free seat of the global one, or waits while a worker
/// runs both.
///
/// Effects: both closures always execute. Nothing is allocated.
/// Throws: what `a` threw, else what `b` threw, after both ended.
/// A closure that returns void counts as `unit`; two of them make the call return void.
template <class A, class B>
  requires std::invocable<A&> && std::invocable<B&>
auto join(A&& a, B&& b) {
  return detail::join_anywhere(
      nullptr, [&a](fn_context) -> decltype(auto) { return a(); },
      [&b](fn_context) -> decltype(auto) { return b(); });
}

/// As `join`; each closure is told whether it runs on another thread than the one that forked it.
template <class A, class B>
  requires std::invocable<A&, fn_context> && std::invocable<B&, fn_context>
auto join_context(A&& a, B&& b) {
  return detail::join_anywhere(nullptr, a, b);
}

/// Runs all closures, forked as a balanced tree, and returns their values in the order of the arguments.
///
/// Throws: what the leftmost throwing closure threw, after all ended.
template <class A, class B, class C, class... Rest>
  requires std::invocable<A&> && std::invocable<B&> && std::invocable<C&> && (std::invocable<Rest&> && ...)
auto join(A&& a, B&& b, C&& c, Rest&&... rest) {
  if constexpr (std::is_void_v<std::invoke_result_t<A&>> && std::is_void_v<std::invoke_result_t<B&>> &&
                std::is_void_v<std::invoke_result_t<C&>> &&
                (std::is_void_v<std::invoke_result_t<Rest&>> && ...)) {
    static_cast<void>(detail::join_tree(std::forward_as_tuple(a, b, c, rest...)));
  } else {
    return detail::join_tree(std::forward_as_tuple(a, b, c, rest...));
  }
}

}  // namespace twill::par
