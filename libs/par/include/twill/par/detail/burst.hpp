// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
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

/// Short loops of one thread, and what they are worth to others.
///
/// Long loops are cut freely. Short ones are cut only among workers that are awake, into one piece each: the
/// same ones in each of several such loops over the same data, so that it stays in their caches. After some
/// time spent in short loops that follow one another closely, one is cut to wake a worker for the next ones.
class burst {
 public:
  /// For a loop that runs since `start` and is estimated to need `rest` ns more on one thread, in a pool of
  /// that many workers of which some look for work.
  [[nodiscard]] cut cut_for(std::int64_t start, std::int64_t now, std::int64_t rest, std::size_t workers,
                            std::size_t searchers) noexcept;

 private:
  static constexpr std::int64_t microsecond = 1'000;
  /// Time spent alone in a burst before a worker is woken for it: the price of a wake a few times over.
  static constexpr std::int64_t first_patience = 50 * microsecond;
  static constexpr std::int64_t last_patience = 3'200 * microsecond;

  std::int64_t expected_end_ = 0;  // ns
  std::int64_t alone_ = 0;         // ns
  std::int64_t patience_ = first_patience;
};

/// The same for the calling thread's pool as it is at this moment.
[[nodiscard]] cut cut_for(std::int64_t start, std::int64_t now, std::int64_t rest) noexcept;

}  // namespace twill::par::detail
