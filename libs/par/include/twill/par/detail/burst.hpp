// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace twill::par::detail {

/// Whether a worker of the caller's pool is awake and looks for work at this moment. Outside of every pool
/// the global one is meant, here and below.
[[nodiscard]] bool searcher_waits() noexcept;

/// Whether a loop of the calling thread should look at its own front before it splits: outside of every pool,
/// because entering costs, and inside where a split would wake somebody.
[[nodiscard]] bool probing_pays() noexcept;

/// Into how many pieces a loop is worth cutting.
enum class cut : std::uint8_t {
  freely = 0,  // as many as stealing makes
  none = 1,    // the caller runs it alone
  two = 2,
  four = 4,
  eight = 8
};

/// For a loop that runs since `start` and is estimated to need `rest` ns more on one thread. Long loops are
/// cut freely; short ones only among workers that are awake, into one piece each: the same ones in each of
/// several such loops over the same data, so that it stays in their caches. After some time spent in short
/// loops that follow one another closely, one is cut to wake a worker for the next ones.
[[nodiscard]] cut cut_for(std::int64_t start, std::int64_t now, std::int64_t rest) noexcept;

}  // namespace twill::par::detail
