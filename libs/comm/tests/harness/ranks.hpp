// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ranks {

/// How the ranks of a case are carried.
enum class carrier { local, threads, processes, any_local, any_threads, mpi };

/// One column of the table of cases.
struct layout {
  carrier how = carrier::local;
  int ranks = 1;
};

/// `shm_threads_3`.
[[nodiscard]] std::string name(const layout& l);
std::ostream& operator<<(std::ostream& out, const layout& l);
/// Every layout that this build can run.
[[nodiscard]] std::vector<layout> all();
/// Those of them where several ranks can be had.
[[nodiscard]] std::vector<layout> several();

/// Forks `n` processes with the environment of ranks, each runs `rank_main` and leaves with its result; the
/// wait statuses. Those that are not done after `limit` are killed, and that is a failure.
[[nodiscard]] std::vector<int> fork_ranks(int n, const std::function<int(int)>& rank_main,
                                          std::chrono::seconds limit = std::chrono::seconds(60));

namespace detail {

void on_processes(int n, const std::function<void()>& body);
void count(const layout& l);
// The one environment of a process that an MPI launcher started: its library starts once.
[[nodiscard]] twill::comm::any_communicator mpi_world(const twill::comm::environment_options& options);

}  // namespace detail

/// How a case's ranks are set up.
struct settings {
  twill::comm::check_level checks = twill::comm::check_level::collective;
  std::chrono::nanoseconds timeout = std::chrono::seconds(60);
};

/// Runs the case on every rank of the layout. What a rank expects in vain fails the test.
template <class F>
void on_ranks(const layout& l, F body, const settings& how = {}) {
  namespace comm = twill::comm;
  detail::count(l);
  [[maybe_unused]] const comm::environment_options options{.backend = l.how == carrier::processes ? "shm"
                                                     : l.how == carrier::mpi     ? "mpi"
                                                                                 : "local",
                                          .checks = how.checks,
                                          .timeout = how.timeout};
  const comm::thread_ranks_options threads{.checks = how.checks, .timeout = how.timeout};
#ifdef TWILL_TESTS_SHORT
  // Each case is compiled for the ranks that share data alone: a third of what the compiler does for all of them.
  if (l.how == carrier::threads) comm::run_thread_ranks(l.ranks, body, threads);
  else ADD_FAILURE() << "a short suite has threads as ranks alone, and this layout is " << name(l);
#else
  switch (l.how) {
    case carrier::local: {
      auto env = comm::environment::init(options);
      env.with([&](auto& world) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(world)>, comm::local_comm>) body(world);
      });
      break;
    }
    case carrier::any_local: {
      auto env = comm::environment::init(options);
      body(env.world());
      break;
    }
    case carrier::threads: comm::run_thread_ranks(l.ranks, body, threads); break;
    case carrier::any_threads:
      comm::run_thread_ranks(
          l.ranks,
          [&](comm::shm_comm& world) {
            comm::any_communicator any{comm::detail::any_engine(world.engine())};
            body(any);
          },
          threads);
      break;
    case carrier::mpi: {
      twill::comm::any_communicator world = detail::mpi_world(options);
      body(world);
      break;
    }
    case carrier::processes:
      detail::on_processes(l.ranks, [&] {
        auto env = comm::environment::init(options);
        body(env.world());
      });
      break;
  }
#endif
}

/// A suite whose cases run once a layout.
class on_every_layout : public ::testing::TestWithParam<layout> {};
/// The same for cases that need several ranks.
class on_several_ranks : public ::testing::TestWithParam<layout> {};

/// The names in the memory file system, without those that MPI libraries give theirs while they run.
[[nodiscard]] std::set<std::string> named_memory();
/// The names that are there and were not before, and stay: programs that run beside have theirs for a while.
[[nodiscard]] std::set<std::string> left_in_memory(const std::set<std::string>& before);

/// The code of the error that `call` throws; success when it throws none.
template <class F>
[[nodiscard]] std::error_code code_of(F&& call) {
  try {
    call();
  } catch (const twill::comm::error& e) {
    return e.code();
  }
  return {};
}

/// The message of the error that `call` throws; empty when it throws none.
template <class F>
[[nodiscard]] std::string message_of(F&& call) {
  try {
    call();
  } catch (const twill::comm::error& e) {
    return e.what();
  }
  return {};
}

}  // namespace ranks
