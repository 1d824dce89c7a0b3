// SPDX-License-Identifier: Apache-2.0
// tiny_loop_bench [ITEMS] [THREADS]: increments of ints, entered from outside of every pool, beside the
// serial loop.
#include "iter_bench.hpp"
#include "twill/par.hpp"
#include "twill/par/range.hpp"

namespace par = twill::par;

namespace {
[[gnu::noinline]] void plain(int* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) x[i] += 1;
}
}  // namespace

int main(int argc, char** argv) {
  const std::size_t n = iter_bench::argument(argc, argv, 1, 1000);
  const std::size_t threads = iter_bench::argument(argc, argv, 2, 2);
  par::thread_pool_builder{}.num_threads(threads).build_global();
  std::vector<int> v(n, 0);
  const int calls = static_cast<int>(std::max<std::size_t>(10, 10000000 / std::max<std::size_t>(n, 1000)));
  const auto ns = iter_bench::interleaved(
      11, calls, [&] { v | par::for_each([](int& x) { x += 1; }); }, [&] { plain(v.data(), n); });
  iter_bench::keep(v[0]);
  std::printf(
      "{\"bench\":\"tiny_loop\",\"items\":%zu,\"threads\":%zu,\"ns_per_op\":%.1f,\"plain_serial_ns\":%.1f}\n",
      n, threads, ns[0], ns[1]);
}
