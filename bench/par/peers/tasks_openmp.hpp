// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../harness/bench.hpp"

#include <cstdint>
#include <omp.h>

namespace peer {

inline constexpr const char* version = "libgomp " __VERSION__;

inline std::uint64_t fib_of(unsigned n) {
  if (n < 2) return n;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
#pragma omp task shared(a) firstprivate(n)
  a = fib_of(n - 1);
  b = fib_of(n - 2);
#pragma omp taskwait
  return a + b;
}

class pool {
 public:
  explicit pool(int workers) : workers_(workers) { omp_set_dynamic(0); }
  std::uint64_t fib(unsigned n) {
    std::uint64_t value = 0;
#pragma omp parallel num_threads(workers_) shared(value)
#pragma omp single
    value = fib_of(n);
    return value;
  }
  void spawn_all(std::size_t n) {
#pragma omp parallel num_threads(workers_)
#pragma omp single
    for (std::size_t i = 0; i < n; ++i) {
#pragma omp task firstprivate(i)
      bench::keep(i);
    }
  }
  void enter() {
#pragma omp parallel num_threads(workers_)
    {
      const int here = omp_get_thread_num();
      bench::keep(here);
    }
  }

 private:
  int workers_;
};

}  // namespace peer
