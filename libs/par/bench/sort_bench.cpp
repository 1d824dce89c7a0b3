// SPDX-License-Identifier: Apache-2.0
// sort_bench KIND TYPE PATTERN N THREADS: sorts once in a pool of its own and prints {"ms": wall, "cpu_ms":
// process CPU}. KIND: stable, unstable, stable_by, unstable_by (with a comparator that hides the order from
// the library).
#include "sort_input.hpp"
#include "twill/par/pool.hpp"
#include "twill/par/sort.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

template <class T>
int measure(const twill::par::thread_pool& pool, const std::string& kind, std::vector<T> data) {
  const auto less = [](const T& a, const T& b) { return a < b; };
  return pool.install([&] {
    const twill_bench::stopwatch watch;
    if (kind == "stable") {
      twill::par::sort(data);
    } else if (kind == "unstable") {
      twill::par::sort_unstable(data);
    } else if (kind == "stable_by") {
      twill::par::sort_by(data, less);
    } else if (kind == "unstable_by") {
      twill::par::sort_unstable_by(data, less);
    } else {
      return 64;
    }
    return watch.report(data);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 64;
  const std::string pattern = argv[3];
  const auto n = static_cast<std::size_t>(std::strtoull(argv[4], nullptr, 10));
  const auto threads = static_cast<std::size_t>(std::strtoull(argv[5], nullptr, 10));
  const auto pool = twill::par::thread_pool_builder{}.num_threads(threads).build();
  if (std::string(argv[2]) == "u64") return measure(pool, argv[1], twill_bench::keys(pattern, n));
  return measure(pool, argv[1], twill_bench::doubles(pattern, n));
}
