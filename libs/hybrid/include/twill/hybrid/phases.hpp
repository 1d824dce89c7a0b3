// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/hybrid/collectives.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::hybrid {

/// What a rank's time goes into.
enum class phase : std::uint8_t { forward, backward, communication, idle, io, overhead };
/// Number of phases.
inline constexpr std::size_t phase_count = 6;
/// `forward`, `backward`, ...
[[nodiscard]] std::string_view name_of(phase p) noexcept;

/// One iteration of one rank.
struct iteration_times {
  std::array<double, phase_count> seconds{};  ///< by phase
  double solves = 0;                          ///< linear programs
  double steals = 0;                          ///< jobs taken from other workers
  double bytes = 0;                           ///< sent

  /// All phases but idle and communication: what the balance compares.
  [[nodiscard]] double busy() const noexcept;
};

/// Collects the times of a rank. The main thread uses it; a row an iteration, room for them is made once.
class phase_clock {
 public:
  /// Room for so many iterations.
  explicit phase_clock(std::size_t iterations = 64) { rows_.reserve(iterations); }

  /// Adds the time of its life to a phase of the present iteration, and names it in progress dumps and
  /// traces.
  class timer {
   public:
    /// Begins.
    timer(phase_clock& clock, phase what) noexcept;
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer();
    /// So many of its seconds were spent waiting for other ranks: they count as idle.
    void waited(double seconds) noexcept { waited_ += seconds; }

   private:
    phase_clock& clock_;
    phase what_;
    double waited_ = 0;
    std::chrono::steady_clock::time_point begin_;
    std::int64_t trace_begin_;
  };

  /// The present iteration, for counts.
  [[nodiscard]] iteration_times& now() noexcept { return now_; }
  /// Ends the present iteration.
  void next() { rows_.push_back(std::exchange(now_, {})); }
  /// Ended iterations.
  [[nodiscard]] const std::vector<iteration_times>& rows() const noexcept { return rows_; }

 private:
  std::vector<iteration_times> rows_;
  iteration_times now_;
};

/// How evenly ranks worked.
enum class balance_verdict : std::uint8_t {
  good,       ///< max over min below 1.1
  fair,       ///< below 1.2
  placement,  ///< below 1.5: look at the placement of ranks
  problem     ///< more
};
/// `good`, `ok`, `look at placement`, `problem`.
[[nodiscard]] std::string_view name_of(balance_verdict v) noexcept;
/// Of a ratio.
[[nodiscard]] balance_verdict verdict_of(double ratio) noexcept;

/// All ranks' times, the same on every rank.
struct phase_report {
  std::vector<std::vector<iteration_times>> ranks{};  ///< by rank, then by iteration

  /// Sum over the iterations of a rank.
  [[nodiscard]] iteration_times total(std::size_t rank) const noexcept;
  /// Largest busy time of a rank over the smallest; 1 of one rank.
  [[nodiscard]] double balance() const noexcept;
  /// Share of a phase in all time.
  [[nodiscard]] double share(phase p) const noexcept;
  /// Share of the communication phase in all time: collectives and messages, less what was told as waiting.
  [[nodiscard]] double communication_share() const noexcept { return share(phase::communication); }
  /// Share of waiting for other ranks in all time: what an uneven division or a busy core costs.
  [[nodiscard]] double idle_share() const noexcept { return share(phase::idle); }
  /// A table of ranks and phases in milliseconds, with the balance and its verdict.
  [[nodiscard]] std::string to_string() const;
  /// The same as JSON, with every iteration.
  [[nodiscard]] std::string to_json() const;
};

namespace detail {
[[nodiscard]] phase_report gather_phases(collective_view& ranks, const phase_clock& clock);
[[nodiscard]] std::string gather_trace(collective_view& ranks, const std::string& mine);
}  // namespace detail

/// Collective: two exchanges, once at the end of a run. Requires: as many iterations on every rank.
template <byte_communicator C>
[[nodiscard]] phase_report collect_phases(C& ranks, const phase_clock& clock) {
  detail::collective_view_of<C> view(ranks);
  return detail::gather_phases(view, clock);
}

/// Joins the traces of all ranks (what trace::stop_to_string gave each) to one: a process a rank, a lane a
/// worker. The text on rank 0, empty elsewhere. Collective.
template <byte_communicator C>
[[nodiscard]] std::string merge_traces(C& ranks, const std::string& mine) {
  detail::collective_view_of<C> view(ranks);
  return detail::gather_trace(view, mine);
}

}  // namespace twill::hybrid
