// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/clock.hpp"
#include "twill/par/iter/options.hpp"
#include "twill/par/thread.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace twill::par::detail {

/// Decides whether a loop that is entered from outside of every pool is worth a wake-up.
///
/// The caller runs the first items itself for about a microsecond. If the whole loop is estimated to end
/// before a sleeping worker could help, the caller runs the rest too.
class loop_probe {
 public:
  /// Short loops are not probed: their items may be expensive, or wait for one another. Nor are those of
  /// callers who said how to split.
  [[nodiscard]] static bool wanted(std::size_t len, const chain_options& options) noexcept {
    return len >= 128 && options.min_len == 1 && options.max_len == std::numeric_limits<std::size_t>::max() &&
           !current_thread_index().has_value();
  }

  /// At most one item in 256 runs before the others may: what expensive items lose.
  [[nodiscard]] static std::size_t first_step(std::size_t len) noexcept {
    return std::clamp<std::size_t>(len / 256, 1, 16);
  }

  /// The loop is known to be short: no more clock readings.
  [[nodiscard]] bool known() const noexcept { return known_; }

  /// After `done` items: whether enough time has passed for an estimate.
  [[nodiscard]] bool measured(std::size_t done) noexcept {
    elapsed_ = now_ns() - start_;
    return elapsed_ > 1'000 && done != 0;
  }

  [[nodiscard]] bool worth_inline(std::size_t done, std::size_t len) noexcept {
    const double rest =
        static_cast<double>(elapsed_) / static_cast<double>(done) * static_cast<double>(len - done);
    known_ = rest < 20e3;
    return known_;
  }

 private:
  std::int64_t start_ = now_ns();
  std::int64_t elapsed_ = 0;  // ns
  bool known_ = false;
};

}  // namespace twill::par::detail
