// SPDX-License-Identifier: Apache-2.0
// Random numbers by whichever generator the build names: written once, linked against each peer.
//
// TWILL_BENCH_PEER is a header with `struct generator` (bits, uniform and normal fill a buffer; `at` is the
// n-th draw of a stream without state) and `version`.
#include TWILL_BENCH_PEER

#include "../harness/bench.hpp"

#include <cstring>
#include <vector>

namespace {

// 32 KiB: stays in the first-level cache, so that it is the generator that is timed.
constexpr std::size_t count = 4096;

template <class T, class Fill>
int fill(double seconds, Fill&& into) {
  std::vector<T> buffer(count);
  into(std::span<T>(buffer));
  std::vector<std::uint64_t> words(count);
  std::memcpy(words.data(), buffer.data(), count * sizeof(T));
  const std::uint64_t sum = bench::checksum(words);
  const double ns = bench::ns_per_op(seconds, count, [&] {
    into(std::span<T>(buffer));
    bench::keep(buffer);
  });
  bench::report(ns, sum, peer::version);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments given(argc, argv);
  peer::generator random;
  if (given.task == "bits") {
    return fill<std::uint64_t>(given.seconds, [&](std::span<std::uint64_t> out) { random.bits(out); });
  }
  if (given.task == "uniform") {
    return fill<double>(given.seconds, [&](std::span<double> out) { random.uniform(out); });
  }
  if (given.task == "normal") {
    return fill<double>(given.seconds, [&](std::span<double> out) { random.normal(out); });
  }
  if (given.task == "nth") {
    // One draw each out of 64 streams, a million numbers in.
    std::vector<std::uint64_t> drawn(64);
    const auto draw = [&] {
      for (std::size_t i = 0; i < drawn.size(); ++i) drawn[i] = peer::generator::at(i, 1'000'000);
      bench::keep(drawn);
    };
    draw();
    const std::uint64_t sum = bench::checksum(drawn);
    bench::report(bench::ns_per_op(given.seconds, drawn.size(), draw), sum, peer::version);
    return 0;
  }
  bench::arguments::usage(given.task.empty() ? "no task" : given.task.c_str());
}
