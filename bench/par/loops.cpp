// SPDX-License-Identifier: Apache-2.0
// Loops over contiguous memory by whichever library the build names: written once, linked against each peer.
//
// TWILL_BENCH_PEER is a header with `peer::version` and `peer::loops(workers)`: sum(x), dot(x, y), saxpy(a,
// x, y), increment(v), and inside(f), which runs f where a loop starts without an entry from outside, if the
// library has such a place.
#include "../harness/bench.hpp"

#include <cstring>
#include <span>
#include TWILL_BENCH_PEER

namespace {

// 8 MB an array: beyond the second level of caches, so that a leaf has something to wait for, as real ones
// do.
constexpr std::size_t items = std::size_t{1} << 20U;

template <class Body>
void measure(const bench::arguments& given, std::size_t n, std::uint64_t checksum, Body&& body) {
  bench::report(bench::ns_per_op(given.seconds, n, body), checksum, peer::version);
}

std::vector<double> ramp(std::size_t n, double step) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = 1.0 + step * static_cast<double>(i % 1000);
  return x;
}

int tiny(peer::loops& loops, const bench::arguments& given, std::size_t n) {
  std::vector<int> v(n, 0);
  loops.increment(v);
  std::uint64_t sum = 0;
  for (const int x : v) sum += static_cast<std::uint64_t>(x);
  // A call takes a microsecond or less: several of them a measurement. Reported is the time of one loop.
  const std::size_t calls = std::max<std::size_t>(1, 100'000 / n);
  const double ns = bench::ns_per_op(given.seconds, calls, [&] {
    for (std::size_t i = 0; i < calls; ++i) loops.increment(v);
  });
  bench::report(ns, sum, peer::version);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments given(argc, argv);
  peer::loops loops(given.workers);
  if (given.task == "tiny_1000") return tiny(loops, given, 1'000);
  if (given.task == "tiny_10000") return tiny(loops, given, 10'000);
  if (given.task == "tiny_100000") return tiny(loops, given, 100'000);
  if (given.task == "sum") {
    const auto x = ramp(items, 1e-3);
    loops.inside([&] { measure(given, items, 0, [&] { bench::keep(loops.sum(x)); }); });
  } else if (given.task == "dot") {
    const auto x = ramp(items, 1e-3);
    const auto y = ramp(items, 1e-4);
    loops.inside([&] { measure(given, items, 0, [&] { bench::keep(loops.dot(x, y)); }); });
  } else if (given.task == "saxpy") {
    const std::vector<float> x(items, 1.5F);
    std::vector<float> y(items, 0.5F);
    loops.inside([&] { measure(given, items, 0, [&] { loops.saxpy(1e-6F, x, y); }); });
    bench::keep(y[7]);
  } else {
    bench::arguments::usage(given.task.empty() ? "no task" : given.task.c_str());
  }
  return 0;
}
