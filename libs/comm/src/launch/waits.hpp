// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/rendezvous.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace twill::comm::launch {

namespace rendezvous = detail::rendezvous;

using clock = std::chrono::steady_clock;

/// Notices that ranks wait and none makes progress: no rank's words have changed for an interval. A rank that
/// computes for long looks the same, so this is told, once an interval, and nothing is killed for it.
class waits {
 public:
  waits(const rendezvous::memory& job, clock::duration interval) : job_(job), interval_(interval) {}

  /// Looks, when it is time. Returns the lines for people, mostly none.
  [[nodiscard]] std::string look(clock::time_point now);
  /// When to look next.
  [[nodiscard]] std::optional<clock::time_point> next() const noexcept {
    return interval_ > clock::duration::zero() ? std::optional(next_) : std::nullopt;
  }

 private:
  const rendezvous::memory& job_;
  clock::duration interval_;
  clock::time_point next_{};
  clock::time_point changed_{};
  std::vector<std::uint64_t> seen_;
};

}  // namespace twill::comm::launch
