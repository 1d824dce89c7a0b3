// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/settings.hpp"
#include "twill/comm/environment.hpp"
#include "twill/hybrid/memory.hpp"
#include "twill/hybrid/solver_threads.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::hybrid {

/// The steps of a start, in their order.
enum class step : std::uint8_t {
  options,       ///< every value with its origin
  suppress,      ///< solver threads, before any other thread exists
  communicator,  ///< ranks
  topology,      ///< where they are
  local_comm,    ///< the ranks of this node
  binding,       ///< CPUs of this rank
  numa,          ///< memory policy of the main thread
  pool,          ///< workers
  regions,       ///< shared memory, filled
  workspaces,    ///< each made by its own worker
  agreement,     ///< all ranks have the same
  report,        ///< the topology is complete
  signals        ///< handlers
};
/// Number of steps.
inline constexpr std::size_t step_count = 13;
/// `options`, `suppress`, ...
[[nodiscard]] std::string_view name_of(step s) noexcept;

/// What an observer of the steps is told.
enum class step_event : std::uint8_t {
  begins,  ///< the step is about to do its work; an exception counts as its failure
  done,    ///< it has succeeded on all ranks
  undone   ///< it has been taken back
};

/// How the topology is shown by rank 0 on the standard error stream.
enum class report_form : std::uint8_t { none, text, json };

/// Data of every node's ranks that start() makes.
struct shared_data {
  std::string name{};      ///< for runtime::shared
  std::size_t bytes = 0;   ///< how long
  bool by_leader = false;  ///< the leader writes everything; else each rank its block
  /// Writes `part`, which begins at byte `begin`; what it writes is a function of the place alone.
  std::function<void(std::size_t begin, std::span<std::byte> part)> fill{};
};

/// What each worker needs for itself: made by its worker, destroyed by its worker.
struct workspace_factory {
  const void* type = nullptr;                                       ///< identifies the type
  std::function<std::shared_ptr<void>(std::size_t worker)> make{};  ///< on the worker
};

namespace detail {
template <class T>
inline constexpr char type_tag = 0;
}

/// A factory of workspaces of type T: `f(worker)` makes one.
template <class T, class F>
[[nodiscard]] workspace_factory workspaces_of(F f) {
  return {&detail::type_tag<T>, [f = std::move(f)](std::size_t worker) -> std::shared_ptr<void> {
            return std::make_shared<T>(f(worker));
          }};
}

/// What start() and local() are asked for. Empty fields are decided by settings and scheduler.
struct options {
  std::optional<std::size_t> threads{};               ///< of each rank; 0: automatic
  std::string threads_name = "argument";              ///< how messages call it: `--threads`
  std::optional<std::size_t> file_threads{};          ///< of a configuration file
  std::string file_name{};                            ///< that file
  comm::environment_options communication{};          ///< backend, thread level, checks, timeout
  suppression solver_threads = suppression::enforce;  ///< of libraries inside workers
  std::optional<memory_placement> numa{};             ///< TWILL_NUMA, then local
  bool bind = true;                                   ///< CPUs of ranks by the binding plan
  bool flush_denormals = false;                       ///< denormal numbers become zero, on every thread
  sharing share = sharing::automatic;                 ///< shared data once a node or once a rank
  memory_request memory{};                 ///< for the plan; shared data and workspaces count besides
  std::vector<shared_data> shared{};       ///< made by the step `regions`
  workspace_factory workspace{};           ///< made by the step `workspaces`
  std::uint64_t case_hash = 0;             ///< must be equal on all ranks
  std::uint64_t options_hash = 0;          ///< of the application's options; must be equal on all ranks
  std::string solver{};                    ///< name and version, for the report
  report_form report = report_form::none;  ///< what rank 0 prints
  /// This runtime's ranks stay in their job when it ends, for the next start() of the process: a process
  /// enters a job of several ranks once and leaves it once. The next one takes the communicator with its
  /// checks and timeouts, and ends with it unless it keeps the job too; the end of the program leaves the
  /// job.
  bool keep_job = false;
  bool handle_signals = true;  ///< SIGTERM, SIGINT, SIGUSR1, SIGQUIT
  double stall_report = 0;     ///< seconds without progress until a rank tells where it is; 0: never
  std::function<void(step, step_event)> observer{};  ///< is told of each step
};

}  // namespace twill::hybrid
