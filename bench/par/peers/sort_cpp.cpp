// SPDX-License-Identifier: Apache-2.0
// sort_cpp PEER KIND TYPE PATTERN N THREADS: sorts once and prints {"ms": wall, "cpu_ms": process CPU time}.
// PEER: std, tbb, stdpar, gnu. KIND: stable, unstable. TBB has no stable sort.
#include "sort_input.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <execution>
#include <omp.h>
#include <parallel/algorithm>
#include <parallel/settings.h>
#include <string>
#include <tbb/global_control.h>
#include <tbb/parallel_sort.h>
#include <vector>

namespace {

template <class T>
int measure(const std::string& peer, const std::string& kind, std::vector<T> data) {
  const bool stable = kind == "stable";
  const twill_bench::stopwatch watch;
  if (peer == "std") {
    stable ? std::stable_sort(data.begin(), data.end()) : std::sort(data.begin(), data.end());
  } else if (peer == "tbb" && !stable) {
    tbb::parallel_sort(data.begin(), data.end());
  } else if (peer == "stdpar") {
    stable ? std::stable_sort(std::execution::par, data.begin(), data.end())
           : std::sort(std::execution::par, data.begin(), data.end());
  } else if (peer == "gnu") {
    stable ? __gnu_parallel::stable_sort(data.begin(), data.end())
           : __gnu_parallel::sort(data.begin(), data.end());
  } else {
    return 64;
  }
  return watch.report(data);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 64;
  const std::string pattern = argv[4];
  const auto n = static_cast<std::size_t>(std::strtoull(argv[5], nullptr, 10));
  const auto threads = std::strtoull(argv[6], nullptr, 10);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  omp_set_num_threads(static_cast<int>(threads));
  if (std::string(argv[3]) == "u64") return measure(argv[1], argv[2], twill_bench::keys(pattern, n));
  return measure(argv[1], argv[2], twill_bench::doubles(pattern, n));
}
