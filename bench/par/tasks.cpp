// SPDX-License-Identifier: Apache-2.0
// Forking, spawning and waking by whichever library the build names: written once, linked against each peer.
//
// TWILL_BENCH_PEER is a header with `peer::version` and `peer::pool(workers)`, whose members are the tasks
// that the library can do: fib(n), spawn_all(n), install(), enter(), post(signal).
#include "../harness/bench.hpp"
#include "peers/signal.hpp"

#include <chrono>
#include <ctime>
#include <thread>
#include <utility>
#include TWILL_BENCH_PEER

namespace {

using clock_type = std::chrono::steady_clock;

/// Calls of fib(n) with n >= 2, one fork each: fib(n + 1) - 1.
std::uint64_t forks_of(unsigned n) {
  std::uint64_t previous = 0;
  std::uint64_t current = 1;
  for (unsigned i = 0; i < n; ++i) current += std::exchange(previous, current);
  return current - 1;
}

template <class Pool>
int fib(Pool& pool, unsigned n, double seconds) {
  std::uint64_t value = pool.fib(n);
  const double ns = bench::ns_per_op(seconds, forks_of(n), [&] { value = pool.fib(n); });
  bench::report(ns, value, peer::version);
  return 0;
}

double median(std::vector<double>& times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

/// From giving a job to a pool that has idled for 20 ms until it runs.
template <class Pool>
int wake(Pool& pool, double seconds) {
  std::vector<double> times;
  for (const auto start = clock_type::now();
       times.size() < 9 || std::chrono::duration<double>(clock_type::now() - start).count() < seconds;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    bench::start_signal runs;
    const auto posted = clock_type::now();
    pool.post(runs);
    times.push_back(std::chrono::duration<double, std::nano>(runs.wait() - posted).count());
  }
  bench::report(median(times), 0, peer::version);
  return 0;
}

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// CPU time of the process in the 100 ms after a job that used every worker.
template <class Pool>
int idle(Pool& pool) {
  std::vector<double> times;
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t value = pool.fib(25);
    bench::keep(value);
    const double before = cpu_ns();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    times.push_back(cpu_ns() - before);
  }
  bench::report(median(times), 0, peer::version);
  return 0;
}

template <class Pool>
int run(Pool& pool, const bench::arguments& given) {
  if (given.task == "fib_38") return fib(pool, 38, given.seconds);
  if (given.task == "fib_30") return fib(pool, 30, given.seconds);
  if (given.task == "idle") return idle(pool);
  if constexpr (requires { pool.spawn_all(1); }) {
    if (given.task == "spawn") {
      constexpr std::size_t tasks = 10'000;
      bench::report(bench::ns_per_op(given.seconds, tasks, [&] { pool.spawn_all(tasks); }), 0, peer::version);
      return 0;
    }
  }
  if constexpr (requires { pool.install(); }) {
    if (given.task == "install") {
      const auto hundred = [&] {
        for (int i = 0; i < 100; ++i) pool.install();
      };
      bench::report(bench::ns_per_op(given.seconds, 100, hundred), 0, peer::version);
      return 0;
    }
  }
  if constexpr (requires { pool.enter(); }) {
    if (given.task == "enter") {
      const auto hundred = [&] {
        for (int i = 0; i < 100; ++i) pool.enter();
      };
      bench::report(bench::ns_per_op(given.seconds, 100, hundred), 0, peer::version);
      return 0;
    }
  }
  if constexpr (requires(bench::start_signal& runs) { pool.post(runs); }) {
    if (given.task == "wake") return wake(pool, given.seconds);
  }
  bench::arguments::usage(given.task.empty() ? "no task" : given.task.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments given(argc, argv);
  peer::pool pool(given.workers);
  return run(pool, given);
}
