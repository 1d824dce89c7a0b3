// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../harness/bench.hpp"
#include "signal.hpp"
#include "twill/par/pool.hpp"

#include <cstdint>

namespace peer {

inline constexpr const char* version = "twill";

inline std::uint64_t fib_of(unsigned n) {
  if (n < 2) return n;
  const auto [a, b] = twill::par::join([n] { return fib_of(n - 1); }, [n] { return fib_of(n - 2); });
  return a + b;
}

class pool {
 public:
  explicit pool(int workers)
      : pool_(twill::par::thread_pool_builder{}.num_threads(static_cast<std::size_t>(workers)).build()) {}
  std::uint64_t fib(unsigned n) {
    return pool_.install([n] { return fib_of(n); });
  }
  void spawn_all(std::size_t n) {
    pool_.install([n] {
      twill::par::scope([n](twill::par::scope_t& s) {
        for (std::size_t i = 0; i < n; ++i) s.spawn([i] { bench::keep(i); });
      });
    });
  }
  void install() {
    pool_.install([] {});
  }
  void enter() {
    pool_.join([] {}, [] {});
  }
  void post(bench::start_signal& runs) {
    pool_.spawn([&runs] { runs.raise(); });
  }

 private:
  twill::par::thread_pool pool_;
};

}  // namespace peer
