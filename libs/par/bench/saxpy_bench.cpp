// SPDX-License-Identifier: Apache-2.0
// saxpy_bench [ITEMS] [THREADS]: y += a x over doubles, beside the plain loop.
#include "iter_bench.hpp"
#include "twill/par.hpp"
#include "twill/par/range.hpp"

namespace par = twill::par;

namespace {
[[gnu::noinline]] void plain(double a, const double* x, double* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += a * x[i];
}
}  // namespace

int main(int argc, char** argv) {
  const std::size_t n = iter_bench::argument(argc, argv, 1, 10000000);
  const std::size_t threads = iter_bench::argument(argc, argv, 2, 1);
  const par::thread_pool pool = par::thread_pool_builder{}.num_threads(threads).build();
  const std::vector<double> x(n, 1.5);
  std::vector<double> y(n, 0.5);
  const double a = 1e-6;
  const int calls = static_cast<int>(std::max<std::size_t>(1, 20000000 / std::max<std::size_t>(n, 1)));
  pool.install([&] {
    const auto ns = iter_bench::interleaved(
        21, calls, [&] { par::zip(x, y) | par::for_each([a](const double& s, double& t) { t += a * s; }); },
        [&] { plain(a, x.data(), y.data(), n); });
    std::printf(
        "{\"bench\":\"saxpy\",\"items\":%zu,\"threads\":%zu,\"ns_per_op\":%.1f,\"plain_serial_ns\":%.1f}\n",
        n, threads, ns[0], ns[1]);
  });
  iter_bench::keep(y[0]);
}
