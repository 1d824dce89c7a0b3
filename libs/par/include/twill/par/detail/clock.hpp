// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>

namespace twill::par::detail {

/// Nanoseconds of the clock that never goes back. Not `<chrono>`: that header brings the streams, a tenth of
/// what a translation unit with `range.hpp` costs.
[[nodiscard]] inline std::int64_t now_ns() noexcept {
  timespec t{};
  // It fails only for clocks that do not exist.
  static_cast<void>(::clock_gettime(CLOCK_MONOTONIC, &t));
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace twill::par::detail
