// SPDX-License-Identifier: Apache-2.0
// saxpy_bench [ITEMS] [THREADS]: y += a x over floats, beside the plain loop.
#include "iter_bench.hpp"
#include "twill/par.hpp"
#include "twill/par/range.hpp"

namespace par = twill::par;

namespace {
[[gnu::noinline]] void plain(float a, const float* x, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += a * x[i];
}
}  // namespace

int main(int argc, char** argv) {
  const std::size_t n = iter_bench::argument(argc, argv, 1, 10000000);
  const std::size_t threads = iter_bench::argument(argc, argv, 2, 1);
  const par::thread_pool pool = par::thread_pool_builder{}.num_threads(threads).build();
  const std::vector<float> x(n, 1.5F);
  std::vector<float> y(n, 0.5F);
  const float a = 1e-6F;
  const int calls = static_cast<int>(std::max<std::size_t>(1, 20000000 / std::max<std::size_t>(n, 1)));
  pool.install([&] {
    const auto ns = iter_bench::interleaved(
        11, calls, [&] { par::zip(x, y) | par::for_each([a](const float& s, float& t) { t += a * s; }); },
        [&] { plain(a, x.data(), y.data(), n); });
    std::printf(
        "{\"bench\":\"saxpy\",\"items\":%zu,\"threads\":%zu,\"ns_per_op\":%.1f,\"plain_serial_ns\":%.1f}\n",
        n, threads, ns[0], ns[1]);
  });
  iter_bench::keep(y[0]);
}
