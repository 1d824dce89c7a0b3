// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace twill::par {

/// What a yield did.
enum class yield_result : std::uint8_t {
  executed,  ///< one pending job ran
  idle       ///< there was nothing to run
};

/// Runs at most one pending job of the caller's pool: own, then stolen, then injected. Nullopt outside of
/// every pool. Not a yield to the operating system.
std::optional<yield_result> yield_now();
/// As `yield_now`, for jobs of the caller's own deque only.
std::optional<yield_result> yield_local();

/// The seat of the calling thread, below `current_num_threads()`: fixed for a worker's life, borrowed by a
/// guest for the time of its call; nullopt outside of every pool.
[[nodiscard]] std::optional<std::size_t> current_thread_index() noexcept;
/// Workers of the calling thread's pool, else of the global pool, which this starts.
[[nodiscard]] std::size_t current_num_threads();
/// The most workers a pool can have: counters of 16 bits.
[[nodiscard]] constexpr std::size_t max_num_threads() noexcept { return 65535; }
/// Whether the calling thread's own deque holds jobs; nullopt outside of every pool.
[[nodiscard]] std::optional<bool> current_thread_has_pending_tasks() noexcept;
/// Whether the stop token of the calling thread's pool was triggered; false outside of every pool.
[[nodiscard]] bool stop_requested() noexcept;

}  // namespace twill::par
