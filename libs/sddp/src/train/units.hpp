// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/join.hpp"
#include "twill/par/thread.hpp"

#include <cstddef>

namespace twill::sddp::train {

/// Calls f(i) for each i of [first, last), in parallel, and allocates nothing.
///
/// Throws: what the call with the least i of those that throw threw, after all ended.
template <class F>
void for_units(std::size_t first, std::size_t last, const F& f) {
  if (first == last) return;
  if (last - first == 1) {
    f(first);
    return;
  }
  const std::size_t middle = first + (last - first) / 2;
  par::join([&] { for_units(first, middle, f); }, [&] { for_units(middle, last, f); });
}

/// The seat of the caller in its pool: which worker's room it may use.
[[nodiscard]] inline std::size_t seat() noexcept { return par::current_thread_index().value_or(0); }

}  // namespace twill::sddp::train
