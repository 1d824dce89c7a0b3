// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace twill::hybrid {

/// What signals have asked this process for; ranks or it together at an iteration boundary.
enum class request : std::uint8_t {
  none = 0,
  stop = 1,       ///< SIGTERM or SIGINT: save and end
  checkpoint = 2  ///< SIGUSR1: save and go on
};

/// Requests as bits. The highest is the loop's own.
using request_bits = std::uint8_t;

/// Whether a set of requests has this one.
[[nodiscard]] constexpr bool has(request_bits bits, request which) noexcept {
  return (bits & static_cast<request_bits>(which)) != 0;
}

/// The requests of this process that nobody has taken yet.
[[nodiscard]] request_bits pending_requests() noexcept;
/// The same; a request for a checkpoint is taken, one to stop stays until clear_requests.
[[nodiscard]] request_bits take_requests() noexcept;
/// Makes a request as a signal would. Thread safety: any thread.
void post_request(request which) noexcept;
/// Forgets all requests.
void clear_requests() noexcept;

/// Handles SIGTERM, SIGINT, SIGUSR1 and SIGQUIT for its life and gives the former handlers back.
///
/// A handler only sets a flag. A second SIGINT within 5 seconds ends the process by that signal. SIGQUIT
/// writes where this rank is (see set_whereabouts) to the standard error stream and goes on. One at a time.
class signal_handlers {
 public:
  signal_handlers();
  signal_handlers(const signal_handlers&) = delete;
  signal_handlers& operator=(const signal_handlers&) = delete;
  ~signal_handlers();
};

/// Where a rank is, as its progress dump tells it. Texts are literals, or live until the process ends.
struct whereabouts {
  const char* phase = "start";     ///< `forward`, `backward`, ...
  const char* operation = "none";  ///< the collective it is in, `none` between them
  std::uint64_t sequence = 0;      ///< collectives so far
  std::uint64_t iteration = 0;     ///< of the loop
  std::int64_t stage = -1;         ///< of the phase; -1: none
};

/// Thread safety: the rank's main thread writes; anybody, a signal handler too, reads.
void set_whereabouts(const whereabouts& here) noexcept;
/// What was set last.
[[nodiscard]] whereabouts current_whereabouts() noexcept;
/// Writes one line to the descriptor: `rank 3: phase backward, stage 7, iteration 12, in allgatherv (call
/// 841)`. Async-signal-safe.
void dump_whereabouts(int descriptor) noexcept;

/// Names the phase and stage that the main thread works on.
void enter_phase(const char* phase, std::int64_t stage = -1) noexcept;

/// Says for its life that the main thread is in a collective.
class in_collective {
 public:
  /// Of the operation with this name, a literal.
  explicit in_collective(const char* operation) noexcept;
  in_collective(const in_collective&) = delete;
  in_collective& operator=(const in_collective&) = delete;
  ~in_collective();
};

}  // namespace twill::hybrid
