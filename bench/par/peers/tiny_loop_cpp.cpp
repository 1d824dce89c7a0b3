// SPDX-License-Identifier: Apache-2.0
// tiny_loop_cpp PEER ITEMS THREADS, PEER = openmp | tbb: increments of ints, beside the serial loop.
// g++ -O3 -std=c++20 -fopenmp -I libs/par/bench bench/par/peers/tiny_loop_cpp.cpp -o tiny_loop_cpp -ltbb
#include "iter_bench.hpp"

#include <omp.h>
#include <string_view>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

namespace {
[[gnu::noinline]] void plain(int* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) x[i] += 1;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  const bool openmp = std::string_view(argv[1]) == "openmp";
  const std::size_t n = iter_bench::argument(argc, argv, 2, 1000);
  const std::size_t threads = iter_bench::argument(argc, argv, 3, 2);
  omp_set_num_threads(static_cast<int>(threads));
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, threads);
  std::vector<int> v(n, 0);
  const int calls = static_cast<int>(std::max<std::size_t>(10, 10000000 / std::max<std::size_t>(n, 1000)));
  const auto loop = [&] {
    if (openmp) {
      int* const x = v.data();
#pragma omp parallel for schedule(static)
      for (std::size_t i = 0; i < n; ++i) x[i] += 1;
    } else {
      tbb::parallel_for(tbb::blocked_range<std::size_t>(0, n), [&](const auto& r) {
        for (std::size_t i = r.begin(); i < r.end(); ++i) v[i] += 1;
      });
    }
  };
  const auto ns = iter_bench::interleaved(11, calls, loop, [&] { plain(v.data(), n); });
  iter_bench::keep(v[0]);
  std::printf(
      "{\"bench\":\"tiny_loop_%s\",\"items\":%zu,\"threads\":%zu,\"ns_per_op\":%.1f,\"plain_serial_ns\":%.1f}"
      "\n",
      argv[1], n, threads, ns[0], ns[1]);
}
