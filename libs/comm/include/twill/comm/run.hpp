// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/environment.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

namespace twill::comm {
namespace detail {

// Says `rank R of N: message` on the standard error stream, ends the other ranks, and gives this one's exit
// code.
[[nodiscard]] int report_failure(const std::exception& e, environment* env) noexcept;

// An endpoint for each of n ranks that are threads of this process.
[[nodiscard]] std::vector<std::shared_ptr<endpoint>> make_thread_ranks(int n, const endpoint_options& options,
                                                                       std::uint64_t limit);
[[nodiscard]] shm_comm enter_thread_rank(const std::shared_ptr<endpoint>& ep);
void run_on_threads(int n, const std::function<void(int)>& body);
// Of failures by rank the one that is not a mere echo of another rank's.
void rethrow_first(const std::vector<std::exception_ptr>& failed);
void abandon_thread_ranks(const std::shared_ptr<endpoint>& ep, const char* what) noexcept;

}  // namespace detail

/// A whole program of ranks: starts communication, calls `body` with the world, ends it, and returns the exit
/// code for `main`. What `body` throws is reported once with its rank and ends every rank of the job.
template <class F>
[[nodiscard]] int run(F&& body, const environment_options& options = {}) {
  std::unique_ptr<environment> env;
  try {
    env = std::make_unique<environment>(environment::init(options));
    env->with([&](auto& world) { body(world); });
    return 0;
  } catch (const std::exception& e) {
    return detail::report_failure(e, env.get());
  }
}

/// How ranks that are threads are made.
struct thread_ranks_options {
  check_level checks = check_level::normal;  ///< how much is checked
  std::chrono::nanoseconds timeout{0};       ///< of a wait without progress; zero: none
  std::uint64_t shared_bytes = 0;            ///< limit of what ranks share; zero: 1 GiB
};

/// Calls `body(comm)` on `n` threads, each a rank of one communicator: the shm backend inside one process,
/// for tests and for tools that watch one process. Throws: the first exception of a rank, after all ranks
/// have ended.
template <class F>
void run_thread_ranks(int n, F&& body, const thread_ranks_options& options = {}) {
  const auto ranks = detail::make_thread_ranks(n, {.level = options.checks, .timeout = options.timeout},
                                               options.shared_bytes);
  std::vector<std::exception_ptr> failed(static_cast<std::size_t>(n));
  detail::run_on_threads(n, [&](int r) {
    const auto& ep = ranks[static_cast<std::size_t>(r)];
    try {
      shm_comm world = detail::enter_thread_rank(ep);
      body(world);
    } catch (const std::exception& e) {
      failed[static_cast<std::size_t>(r)] = std::current_exception();
      detail::abandon_thread_ranks(ep, e.what());
    }
    ep->finalize();
  });
  detail::rethrow_first(failed);
}

}  // namespace twill::comm
