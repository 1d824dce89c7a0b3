// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/hybrid/collectives.hpp"
#include "twill/hybrid/error.hpp"

#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::hybrid {
namespace detail {

// Compares the outcomes of all ranks; throws remote_failure on each when there is one that is not null.
void agree_on_outcome(collective_view& ranks, const std::exception_ptr& mine);
// Rank 0's bytes on every rank, or its failure.
void share_first_ranks(collective_view& ranks, std::vector<std::byte>& content,
                       const std::exception_ptr& mine);
// True for an error after which the communicator cannot carry the agreement.
[[nodiscard]] bool ends_communication(const std::exception_ptr& e) noexcept;

}  // namespace detail

/// Runs `f` on every rank and returns its value when it succeeded on all of them: for each step whose outcome
/// depends on the rank (files, allocations, solvers).
///
/// Collective. Costs one small exchange when all is well. Throws: remote_failure on all ranks alike, with the
/// first rank that failed and its text; an error of communication itself as it is. Requires: `f` calls no
/// collective that a failing rank would miss.
template <byte_communicator C, class F>
auto collective_try(C& ranks, F&& f) {
  detail::collective_view_of<C> view(ranks);
  std::exception_ptr failed;
  if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
    try {
      f();
    } catch (const std::exception&) {
      failed = std::current_exception();
    }
    detail::agree_on_outcome(view, failed);
  } else {
    std::optional<std::invoke_result_t<F&>> value;
    try {
      value.emplace(f());
    } catch (const std::exception&) {
      failed = std::current_exception();
    }
    detail::agree_on_outcome(view, failed);
    return std::move(*value);
  }
}

/// What rank 0 makes, on every rank: the configuration and the case that a run starts with, so that files are
/// read once. `make` returns a vector of bytes and is called on rank 0 alone.
///
/// Collective: lengths of all ranks, 8 bytes each, and one broadcast of the content. Throws: remote_failure
/// on all ranks alike when `make` throws.
template <byte_communicator C, class F>
[[nodiscard]] std::vector<std::byte> from_first_rank(C& ranks, F&& make) {
  detail::collective_view_of<C> view(ranks);
  std::vector<std::byte> content;
  std::exception_ptr failed;
  if (view.rank() == 0) {
    try {
      content = make();
    } catch (const std::exception&) {
      failed = std::current_exception();
    }
  }
  detail::share_first_ranks(view, content, failed);
  return content;
}

}  // namespace twill::hybrid
