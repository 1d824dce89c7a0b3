// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/burst.hpp"
#include "twill/par/detail/clock.hpp"
#include "twill/par/detail/splitter.hpp"
#include "twill/par/iter/options.hpp"
#include "twill/par/thread.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace twill::par::detail {

/// Decides whether a loop is worth another worker where that costs: from outside of every pool, and where the
/// other workers sleep.
///
/// The caller runs the first items itself for about a microsecond, less where a worker already looks for
/// work. If the whole loop is estimated to end before anybody could help, the caller runs the rest too.
class loop_probe {
 public:
  /// Short loops are not probed: their items may be expensive, or wait for one another. Nor are those of
  /// callers who said how to split.
  [[nodiscard]] static bool wanted(std::size_t len, const chain_options& options) noexcept {
    return len >= 128 && options.min_len == 1 && options.max_len == std::numeric_limits<std::size_t>::max() &&
           probing_pays();
  }

  /// At most one item in 256 runs before the others may: what expensive items lose.
  [[nodiscard]] static std::size_t first_step(std::size_t len) noexcept {
    return std::clamp<std::size_t>(len / 256, 1, 16);
  }

  /// The loop is known to be short: no more clock readings.
  [[nodiscard]] bool known() const noexcept { return cut_ == cut::none; }

  /// After `done` items: whether enough time has passed for an estimate.
  [[nodiscard]] bool measured(std::size_t done) noexcept {
    elapsed_ = now_ns() - start_;
    return elapsed_ > least_ && done != 0;
  }

  [[nodiscard]] bool worth_inline(std::size_t done, std::size_t len) noexcept {
    const double rest =
        static_cast<double>(elapsed_) / static_cast<double>(done) * static_cast<double>(len - done);
    // A rest of a second or more would not matter to the decision.
    cut_ = cut_for(start_, start_ + elapsed_, static_cast<std::int64_t>(std::min(rest, 1e9)));
    return known();
  }

  /// How to split the items that are left, after `worth_inline` said no.
  [[nodiscard]] length_splitter splitter(std::size_t left, const chain_options& options) const {
    if (cut_ == cut::freely)
      return length_splitter(current_num_threads(), left, options.min_len, options.max_len);
    return length_splitter::of_leaves(static_cast<std::size_t>(cut_));
  }

 private:
  std::int64_t start_ = now_ns();
  std::int64_t elapsed_ = 0;                             // ns
  std::int64_t least_ = searcher_waits() ? 300 : 1'000;  // ns
  cut cut_ = cut::freely;
};

}  // namespace twill::par::detail
