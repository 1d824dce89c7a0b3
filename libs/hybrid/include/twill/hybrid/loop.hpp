// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/topology.hpp"
#include "twill/hybrid/checkpoint.hpp"
#include "twill/hybrid/exchange.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twill::hybrid {

/// Why a loop ended.
enum class loop_status : std::uint8_t {
  finished,     ///< all iterations are done
  converged,    ///< the body said so
  interrupted,  ///< a signal, on any rank
  wall_time     ///< the time that is left is less than two iterations
};

/// `finished`, `converged`, `interrupted`, `wall_time`.
[[nodiscard]] std::string_view name_of(loop_status status) noexcept;

/// One algorithm in iterations.
struct loop_body {
  /// One iteration, counted from 0. The last thing it does between ranks is `end.exchange(ranks, mine)`; the
  /// loop does it where the body has no values. True: converged, the same on all ranks.
  std::function<bool(std::uint64_t iteration, boundary& end)> iterate{};
  /// Writes the state after the last completed iteration. Collective: called on all ranks.
  std::function<void(checkpoint_sink& to)> save{};
  /// Takes the state that was saved, on all ranks.
  std::function<void(checkpoint_source& from, start_mode mode)> restore{};
};

/// How a loop runs.
struct loop_options {
  checkpoint_options checkpoints{};     ///< where; no folder: none
  start_mode mode = start_mode::fresh;  ///< how it begins
  bool must_resume = true;              ///< a resume without a checkpoint is an error
  std::uint64_t iterations = 0;         ///< how many in all
  std::uint64_t every = 10;             ///< iterations between checkpoints; 0: only at the end
  /// Iterations go on while a thread of rank 0 flushes a checkpoint to the device and gives it its name. A
  /// failure is told at the boundary after it, the next checkpoint waits for the one before, and the loop
  /// ends with all of them complete. False: each save waits for the device.
  bool flush_in_background = true;
  block_table values{};              ///< how the values of the boundary are spread; empty: none
  std::optional<double> max_wall{};  ///< seconds that the loop may take
  std::function<double()> clock{};   ///< seconds since any point, for tests; empty: the real one
};

/// What a loop did.
struct loop_result {
  loop_status status = loop_status::finished;  ///< why it ended
  std::uint64_t iterations = 0;                ///< completed, those before a resume among them
  std::optional<std::uint64_t> resumed_at{};   ///< completed iterations of the checkpoint it began with
  std::string checkpoint{};                    ///< the last file; empty: none
  std::uint64_t checkpoints = 0;               ///< files written
  double checkpoint_seconds = 0;               ///< that iterations waited for them, rank 0
  double seconds = 0;                          ///< of the loop, rank 0
  std::vector<std::string> warnings{};         ///< files that were passed over

  /// A program's exit code: 0 when done; `interrupted` when it ended early and the checkpoint is complete,
  /// 4 when there is none.
  [[nodiscard]] int exit_code(int interrupted = 0) const noexcept;
};

namespace detail {
loop_result run_loop(collective_view& ranks, const loop_options& options, const loop_body& body);
}

/// Runs iterations until all are done, the body has converged, any rank was asked to stop, or the time runs
/// out: the same decision on every rank, because every rank decides from the data of the boundary. Saves the
/// state in between by the protocol of src/README-checkpoint.md. Collective.
///
/// Throws: remote_failure on all ranks when a checkpoint cannot be written, read or does not belong to this
/// run; what the body throws, as it is.
template <byte_communicator C>
loop_result checkpointed_loop(C& ranks, const loop_options& options, const loop_body& body) {
  detail::collective_view_of<C> view(ranks);
  return detail::run_loop(view, options, body);
}
/// The same for ranks of which only these operations are known.
inline loop_result checkpointed_loop(collective_view& ranks, const loop_options& options,
                                     const loop_body& body) {
  return detail::run_loop(ranks, options, body);
}

/// Seconds that the scheduler still gives this job: SLURM_JOB_END_TIME less the present, or PBS_WALLTIME less
/// the time since the process began; nothing where none tells.
[[nodiscard]] std::optional<double> scheduler_seconds_left(const comm::variable_map& variables);

}  // namespace twill::hybrid
