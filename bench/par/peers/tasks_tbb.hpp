// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../harness/bench.hpp"
#include "signal.hpp"

#include <cstdint>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>

namespace peer {

inline constexpr const char* version = "oneTBB " TBB_VERSION_STRING;

inline std::uint64_t fib_of(unsigned n) {
  if (n < 2) return n;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  oneapi::tbb::parallel_invoke([&] { a = fib_of(n - 1); }, [&] { b = fib_of(n - 2); });
  return a + b;
}

/// The calling thread is one of the workers, as oneTBB wants it; `post` goes to an arena that has none of its
/// slots.
class pool {
 public:
  explicit pool(int workers)
      : limit_(oneapi::tbb::global_control::max_allowed_parallelism,
               static_cast<std::size_t>(workers < 2 ? 2 : workers)),
        arena_(workers, 1),
        posted_(1, 0) {}
  std::uint64_t fib(unsigned n) {
    return arena_.execute([n] { return fib_of(n); });
  }
  void spawn_all(std::size_t n) {
    arena_.execute([n] {
      oneapi::tbb::task_group group;
      for (std::size_t i = 0; i < n; ++i) group.run([i] { bench::keep(i); });
      group.wait();
    });
  }
  void enter() {
    arena_.execute([] { oneapi::tbb::parallel_invoke([] {}, [] {}); });
  }
  /// A round trip to a thread of the library: `execute` itself would stay on the caller.
  void install() {
    bench::start_signal done;
    post(done);
    done.wait();
  }
  void post(bench::start_signal& runs) {
    posted_.enqueue([&runs] { runs.raise(); });
  }

 private:
  oneapi::tbb::global_control limit_;
  oneapi::tbb::task_arena arena_;
  oneapi::tbb::task_arena posted_;
};

}  // namespace peer
