// SPDX-License-Identifier: Apache-2.0
// sort_cpp PEER KIND TYPE PATTERN N THREADS: sorts once and prints {"ms": wall, "cpu_ms": process CPU time}.
// PEER: std, tbb, stdpar, gnu, ips4o, boost, boost_radix. KIND: stable, unstable. A peer that has no sort of
// the kind ends with 64.
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

#if __has_include(<ips4o.hpp>)
#include <ips4o.hpp>
#endif
#if __has_include(<boost/sort/sort.hpp>)
#include <boost/sort/sort.hpp>
#endif

namespace {

template <class T>
bool sort_by(const std::string& peer, bool stable, [[maybe_unused]] unsigned threads, std::vector<T>& data) {
  const auto first = data.begin();
  const auto last = data.end();
  if (peer == "std") {
    stable ? std::stable_sort(first, last) : std::sort(first, last);
  } else if (peer == "tbb" && !stable) {
    tbb::parallel_sort(first, last);
  } else if (peer == "stdpar") {
    stable ? std::stable_sort(std::execution::par, first, last) : std::sort(std::execution::par, first, last);
  } else if (peer == "gnu") {
    stable ? __gnu_parallel::stable_sort(first, last) : __gnu_parallel::sort(first, last);
#if __has_include(<ips4o.hpp>)
  } else if (peer == "ips4o" && !stable) {
    if (threads == 1) {
      ips4o::sort(first, last);
    } else {
      ips4o::parallel::sort(first, last);
    }
#endif
#if __has_include(<boost/sort/sort.hpp>)
  } else if (peer == "boost" && threads == 1) {
    stable ? boost::sort::spinsort(first, last) : boost::sort::pdqsort(first, last);
  } else if (peer == "boost") {
    stable ? boost::sort::parallel_stable_sort(first, last, threads)
           : boost::sort::block_indirect_sort(first, last, threads);
  } else if (peer == "boost_radix" && !stable && threads == 1) {
    boost::sort::spreadsort::spreadsort(first, last);
#endif
  } else {
    return false;
  }
  return true;
}

template <class T>
int measure(const std::string& peer, const std::string& kind, unsigned threads, std::vector<T> data) {
  const twill_bench::stopwatch watch;
  return sort_by(peer, kind == "stable", threads, data) ? watch.report(data) : 64;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 64;
  const std::string pattern = argv[4];
  const auto n = static_cast<std::size_t>(std::strtoull(argv[5], nullptr, 10));
  const auto threads = static_cast<unsigned>(std::strtoul(argv[6], nullptr, 10));
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  omp_set_num_threads(static_cast<int>(threads));
  if (std::string(argv[3]) == "u64") {
    return measure(argv[1], argv[2], threads, twill_bench::keys(pattern, n));
  }
  return measure(argv[1], argv[2], threads, twill_bench::doubles(pattern, n));
}
