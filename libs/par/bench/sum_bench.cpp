// SPDX-License-Identifier: Apache-2.0
// sum_bench [ITEMS] [THREADS]: sums and dot products of doubles in memory, beside the plain loops with
// sixteen accumulators, which stand twice as an A/A pair.
#include "iter_bench.hpp"
#include "twill/par.hpp"
#include "twill/par/range.hpp"

#include <array>

namespace par = twill::par;

namespace {
[[gnu::noinline]] double plain(const double* x, std::size_t n) {
  std::array<double, 16> lane{};
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (std::size_t j = 0; j < 16; ++j) lane[j] += x[i + j];
  }
  for (; i < n; ++i) lane[i % 16] += x[i];
  double total = 0;
  for (const double l : lane) total += l;
  return total;
}
[[gnu::noinline]] double plain_dot(const double* x, const double* y, std::size_t n) {
  std::array<double, 16> lane{};
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (std::size_t j = 0; j < 16; ++j) lane[j] += x[i + j] * y[i + j];
  }
  for (; i < n; ++i) lane[i % 16] += x[i] * y[i];
  double total = 0;
  for (const double l : lane) total += l;
  return total;
}
}  // namespace

int main(int argc, char** argv) {
  const std::size_t n = iter_bench::argument(argc, argv, 1, 10000000);
  const std::size_t threads = iter_bench::argument(argc, argv, 2, 1);
  const par::thread_pool pool = par::thread_pool_builder{}.num_threads(threads).build();
  std::vector<double> v(n, 0.1);
  const int calls = static_cast<int>(std::max<std::size_t>(1, 20000000 / std::max<std::size_t>(n, 1)));
  const std::vector<double> w(n, 0.3);
  pool.install([&] {
    const auto ns = iter_bench::interleaved(
        21, calls, [&] { iter_bench::keep(v | par::sum<double>()); },
        [&] { iter_bench::keep(plain(v.data(), n)); },
        [&] { iter_bench::keep(v | par::unordered() | par::sum<double>()); },
        [&] {
          const auto times = [](double a, double b) { return a * b; };
          iter_bench::keep(v | par::zip(w) | par::map(times) | par::sum<double>());
        },
        [&] { iter_bench::keep(plain_dot(v.data(), w.data(), n)); },
        [&] { iter_bench::keep(v | par::reproducible_sum()); },
        [&] { iter_bench::keep(plain(v.data(), n)); });
    std::printf(
        "{\"bench\":\"sum\",\"items\":%zu,\"threads\":%zu,\"ns_per_op\":%.1f,\"plain_serial_ns\":%.1f,"
        "\"plain_again_ns\":%.1f,\"unordered_ns\":%.1f,\"dot_ns\":%.1f,\"plain_dot_ns\":%.1f,"
        "\"reproducible_ns\":%.1f}\n",
        n, threads, ns[0], ns[1], ns[6], ns[2], ns[3], ns[4], ns[5]);
  });
}
