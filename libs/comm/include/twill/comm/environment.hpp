// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/settings.hpp"
#include "twill/comm/communicator.hpp"
#include "twill/comm/topology.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace twill::comm {

/// What an environment is asked for. Empty fields are decided by the settings (`TWILL_COMM`,
/// `TWILL_COMM_CHECK`, ...).
struct environment_options {
  std::string backend{};                           ///< `auto`, `local`, `shm`, `mpi`; empty: the setting
  thread_level required = thread_level::multiple;  ///< asked for
  thread_level minimum = thread_level::funneled;   ///< less is an error
  bool downgrade = false;                          ///< less than `minimum` is recorded instead
  bool watchdog = true;  ///< backend mpi: a thread ends the job when a process of this node is gone
  std::optional<check_level> checks{};  ///< how much is checked
  std::optional<std::chrono::nanoseconds>
      timeout{};  ///< a wait without progress longer than this is an error
};

class environment;

namespace detail {

// `native` points at the host program's MPI_Comm, or is null: see environment_from in twill/comm_mpi.hpp.
[[nodiscard]] environment init_environment(const environment_options& options, settings& from,
                                           const void* native);

}  // namespace detail

/// Communication of this process: made once, destroyed last.
///
/// Requests, windows, regions and communicators that outlive it are detached: their destructors do nothing
/// more, and their methods throw error(finalized). A process that ends without destroying it ends its job.
class environment {
 public:
  /// Throws: error(already_initialized) for a second one in this process, which leaves the first usable;
  /// error(unknown_backend), error(backend_unavailable), error(bad_configuration),
  /// error(missing_configuration), error(init_failed).
  [[nodiscard]] static environment init(const environment_options& options = {});
  /// With settings that a program has filled from its flags and files.
  [[nodiscard]] static environment init(const environment_options& options, settings& from);

  /// Moves it; the other one is empty.
  environment(environment&& other) noexcept;
  environment& operator=(environment&&) = delete;
  ~environment();

  /// All ranks of the job; never freed.
  [[nodiscard]] any_communicator& world() noexcept { return *world_; }
  /// Calls `f` with the world as its own type, so that no call branches: for whole programs.
  template <class F>
  decltype(auto) with(F&& f) {
    return world_->engine().visit([&](const auto& engine) -> decltype(auto) {
      basic_communicator<std::remove_cvref_t<decltype(engine)>> c(engine);
      return f(c);
    });
  }
  /// Where the ranks run.
  [[nodiscard]] const execution_topology& topology() const noexcept { return *topology_; }
  /// The level that communication provides.
  [[nodiscard]] thread_level threads() const noexcept { return topology_->threads; }

 private:
  friend environment detail::init_environment(const environment_options&, settings&, const void*);
  environment(std::unique_ptr<any_communicator> world, std::shared_ptr<const execution_topology> t)
      : world_(std::move(world)), topology_(std::move(t)) {}

  std::unique_ptr<any_communicator> world_;
  std::shared_ptr<const execution_topology> topology_;
};

/// An environment exists.
[[nodiscard]] bool is_initialized() noexcept;
/// One existed and is gone.
[[nodiscard]] bool is_finalized() noexcept;
/// One line.
[[nodiscard]] std::string library_version();
/// Of the operations' meaning: `twill.comm 1`.
[[nodiscard]] std::string standard_version();
/// Seconds of a clock that never goes back.
[[nodiscard]] double wtime() noexcept;
/// The clock's resolution in seconds.
[[nodiscard]] double wtick() noexcept;
/// The host's name.
[[nodiscard]] std::string processor_name();
/// `local`, `shm`, `mpi (plug-ins: mpich, openmpi)`: what this build has, and what it can load.
[[nodiscard]] std::vector<std::string> available_backends();

/// Loads the file of an MPI module and tells which library it is of: `mpich, MPICH 4.0.2`.
/// Throws: error(backend_unavailable) that says what is wrong with it.
[[nodiscard]] std::string describe_mpi_module(const std::string& path);

/// Which backend a process uses, and why.
struct backend_choice {
  backend_kind kind = backend_kind::local;  ///< the backend
  std::string reason{};                     ///< one line: who decided
};

/// The decision that `init` makes, from the requested name (empty or `auto`: by the variables) and the
/// environment. Throws: as environment::init.
[[nodiscard]] backend_choice choose_backend(std::string_view requested, const variable_map& variables);

/// An error of the choice as a JSON object: kind, message, context, suggestion.
[[nodiscard]] std::string selection_error_json(const error& e, std::string_view requested);

}  // namespace twill::comm
