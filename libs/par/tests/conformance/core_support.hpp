// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/error.hpp"
#include "twill/par/pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace twill::par::test {

/// Suites that hold for every number of workers run with one, two and more than this machine has.
class with_threads : public ::testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] static thread_pool make() { return thread_pool_builder{}.num_threads(GetParam()).build(); }
};

inline std::string threads_name(const ::testing::TestParamInfo<std::size_t>& info) {
  return std::to_string(info.param) + "_threads";
}

/// A count that many threads raise and the test reads after they were waited for.
class tally {
 public:
  void add(std::size_t n = 1) noexcept {
    // ORD relaxed: whatever the test waits for orders the count.
    count_.fetch_add(n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t value() const noexcept {
    // ORD relaxed: see add.
    return count_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::size_t> count_{0};
};

/// The message of the exception that `f` throws, empty when it throws none of this type.
template <class Error, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return {};
}

/// Spends so much time on a CPU: a random distance between two events, never a way to wait for one.
inline void busy_for(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

/// Returns when a worker of the pool slept: only then may the calling thread sit on its seat.
inline void until_a_worker_sleeps(const thread_pool& pool) {
  const auto caller = std::this_thread::get_id();
  for (;;) {
    std::thread::id where;
    pool.scope([&](scope_t&) { where = std::this_thread::get_id(); });
    if (where == caller) return;
    std::this_thread::yield();
  }
}

inline long fib(long n) {
  if (n < 2) return n;
  const auto [a, b] = join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
  return a + b;
}

}  // namespace twill::par::test
