// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/environment.hpp"
#include "twill/comm/run.hpp"
#include "twill/hybrid/error.hpp"
#include "twill/hybrid/options.hpp"
#include "twill/hybrid/shared.hpp"
#include "twill/hybrid/threads.hpp"
#include "twill/hybrid/topology.hpp"

#include <cstddef>
#include <exception>
#include <memory>
#include <string_view>
#include <type_traits>

namespace twill::hybrid {

/// Ranks and threads of this process, started; destroyed in the reverse order of the start.
///
/// Collective: all ranks start and destroy it. A process has one at a time, several one after another. After
/// a fork the child's copy answers error(lost_in_fork) and its destructor does nothing. Thread safety:
/// queries from any thread; everything else from the thread that started it.
class runtime {
 public:
  /// Moves it; the other one is empty.
  runtime(runtime&&) noexcept;
  runtime& operator=(runtime&&) = delete;
  ~runtime();

  /// All ranks. Throws: error(lost_in_fork).
  [[nodiscard]] comm::any_communicator& world();
  /// The ranks of this node; rank 0 leads. Throws: error(lost_in_fork).
  [[nodiscard]] comm::any_communicator& node();
  /// This rank.
  [[nodiscard]] int rank() const noexcept;
  /// Ranks.
  [[nodiscard]] int size() const noexcept;
  /// Workers of this rank, the global pool's.
  [[nodiscard]] std::size_t threads() const noexcept;
  /// Where their number comes from.
  [[nodiscard]] const thread_choice& thread_origin() const noexcept;
  /// Who runs where. Not collective.
  [[nodiscard]] const execution_topology& topology() const noexcept;
  /// The memory plan of this layout.
  [[nodiscard]] const memory_plan& memory() const noexcept;
  /// Data that start() made. Throws: twill::error(errc::unknown_name).
  [[nodiscard]] const shared_array<std::byte>& shared(std::string_view name) const;
  /// The workspace of a worker. Requires: the factory was of this type.
  template <class T>
  [[nodiscard]] T& workspace(std::size_t worker) const {
    return *static_cast<T*>(workspace_at(worker, &detail::type_tag<T>));
  }
  /// Shared data is there once a node.
  [[nodiscard]] bool shares() const noexcept;

  /// What a whole program does with an exception: see run().
  [[nodiscard]] int fail(const std::exception& e) noexcept;

 private:
  struct state;
  friend class starter;
  explicit runtime(std::unique_ptr<state> s) noexcept;
  [[nodiscard]] void* workspace_at(std::size_t worker, const void* type) const;

  std::unique_ptr<state> state_;
};

/// Starts ranks and threads in the order of `step`; an exception takes the steps that were done back in the
/// reverse order, on all ranks. Collective.
///
/// The pool is the process's global one. One that exists is adopted when it has as many threads.
/// Throws: error(pool_mismatch), error(ranks_disagree), error(over_budget), remote_failure, comm::error,
/// twill::error(errc::bad_configuration).
[[nodiscard]] runtime start(const options& with = {});

/// The same steps for this process alone: one rank, whatever started it.
[[nodiscard]] runtime local(options with = {});

namespace detail {
// As start(), and a failure that all ranks have is told before any of them leaves the job.
[[nodiscard]] runtime start_or_tell(const options& with, bool& told);
// Of a program that could not start: says why, unless that is told or another rank does, and gives the code.
[[nodiscard]] int report_failed_start(const std::exception& e, bool told) noexcept;
}  // namespace detail

/// A whole program: starts, calls `body(runtime&)`, ends, and returns the exit code for `main`. The body
/// returns nothing, or an exit code. What a rank throws is told once and ends all ranks with the code of its
/// category.
template <class F>
[[nodiscard]] int run(const options& with, F&& body) {
  std::unique_ptr<runtime> here;
  bool told = false;
  try {
    here = std::make_unique<runtime>(detail::start_or_tell(with, told));
    if constexpr (std::is_void_v<std::invoke_result_t<F&, runtime&>>) {
      body(*here);
      return 0;
    } else {
      return body(*here);
    }
  } catch (const std::exception& e) {
    return here ? here->fail(e) : detail::report_failed_start(e, told);
  }
}

}  // namespace twill::hybrid
