// SPDX-License-Identifier: Apache-2.0
// Stands in for libs/dmm/src/parallel.hpp in bench_dmm_openmp: the same loops as parallel regions of OpenMP,
// whose schedule OMP_SCHEDULE names. As its loops are by default, one inside of another runs on one thread.
#pragma once

#include "watch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <omp.h>

namespace twill::dmm::detail {

struct crew {
  bool serial = true;
  int threads = 1;
  watch stop{};

  template <class F>
  void each(std::size_t n, double cost, const F& f) const {
    constexpr double worth_it = 20'000;
    if (serial || n < 2 || cost < worth_it || omp_in_parallel() != 0) {
      for (std::size_t i = 0; i < n; ++i) {
        stop.look();
        f(i);
      }
      return;
    }
    std::exception_ptr failed;
    const auto last = static_cast<std::int64_t>(n);
#pragma omp parallel for schedule(runtime) num_threads(threads)
    for (std::int64_t i = 0; i < last; ++i) {
      try {
        stop.look();
        f(static_cast<std::size_t>(i));
      } catch (...) {
#pragma omp critical
        failed = std::current_exception();
      }
    }
    if (failed) std::rethrow_exception(failed);
  }
  template <class F>
  void pieces(std::size_t n, std::size_t grain, double cost, const F& f) const {
    each((n + grain - 1) / grain, cost, [&](std::size_t i) { f(i * grain, std::min(n, (i + 1) * grain)); });
  }
};

template <class Body>
decltype(auto) with_crew(int threads, Body&& body) {
  const int most = threads == 0 ? omp_get_max_threads() : threads;
  return body(crew{.serial = most == 1, .threads = most});
}

template <class Body>
auto inside_crew(int threads, const Body& body) {
  return with_crew(threads, body);
}

}  // namespace twill::dmm::detail
