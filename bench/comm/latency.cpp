// SPDX-License-Identifier: Apache-2.0
// Collectives between ranks, written once and compiled for each library. Rank 0 reports.
//   TASK: barrier | allreduce_8 | allreduce_8k | allreduce_8M | allgatherv_8 | allgatherv_8k | allgatherv_8M
//   | broadcast_8M (bytes that each rank contributes, of a broadcast the root) | copy_8M | copy_16M |
//   copy_24M (every rank copies that much of its own memory at once: a bound) | cached_copy_8M ... (the same
//   bytes again and again)
#include "../harness/bench.hpp"

#include TWILL_BENCH_PEER

#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace {

/// Nanoseconds a call: the median over batches of at least 0.2 ms. Rank 0's clock decides how long, and the
/// others are told outside of what is timed. The first tenth of the time warms up.
template <class Once>
double collective_ns(peer::ranks& world, double seconds, Once&& once) {
  using clock = std::chrono::steady_clock;
  const auto since = [](clock::time_point from) {
    return std::chrono::duration<double>(clock::now() - from).count();
  };
  std::size_t calls = 1;
  const auto batch = [&] {
    world.barrier();
    const auto begin = clock::now();
    for (std::size_t i = 0; i < calls; ++i) once();
    return since(begin);
  };
  while (world.from_first(batch() < 200e-6 && calls < (std::size_t{1} << 22U) ? 1 : 0) != 0) calls *= 2;
  for (const auto begin = clock::now(); world.from_first(since(begin) < seconds / 10 ? 1 : 0) != 0;) batch();
  std::vector<double> times;
  const auto begin = clock::now();
  do {
    times.push_back(batch() * 1e9 / static_cast<double>(calls));
  } while (world.from_first(times.size() < 5 || since(begin) < seconds ? 1 : 0) != 0);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

std::uint64_t checksum_of(const std::vector<double>& values) {
  std::vector<std::uint64_t> words;
  for (const double x : values) words.push_back(std::bit_cast<std::uint64_t>(x));
  return bench::checksum(words);
}

// `_8`, `_8k`, `_8M` behind the name.
std::size_t bytes_of(std::string_view task) {
  const std::size_t number = std::stoul(std::string(task.substr(task.rfind('_') + 1)));
  return task.back() == 'M' ? number << 20U : task.back() == 'k' ? number << 10U : number;
}

int measure(peer::ranks& world, const bench::arguments& asked) {
  const std::string_view task = asked.task;
  double ns = 0;
  std::uint64_t sum = 0;
  if (task == "barrier") {
    ns = collective_ns(world, asked.seconds, [&] { world.barrier(); });
  } else if (task.starts_with("allreduce_")) {
    std::vector<double> in(bytes_of(task) / sizeof(double), 1.0 / (world.rank() + 3));
    std::vector<double> out(in.size());
    ns = collective_ns(world, asked.seconds, [&] {
      bench::keep(in);
      world.allreduce(in, out);
      bench::keep(out);
    });
    sum = checksum_of(out);
  } else if (task.starts_with("allgatherv_")) {
    const std::size_t n = bytes_of(task) / sizeof(double);
    const peer::blocks equal(world.size(), n);
    const std::vector<double> mine(n, world.rank() + 0.5);
    std::vector<double> all(n * static_cast<std::size_t>(world.size()));
    ns = collective_ns(world, asked.seconds, [&] {
      world.allgatherv(mine, all, equal);
      bench::keep(all);
    });
    sum = checksum_of(all);
  } else if (task.starts_with("broadcast_")) {
    std::vector<double> data(bytes_of(task) / sizeof(double), world.rank() + 0.5);
    ns = collective_ns(world, asked.seconds, [&] {
      bench::keep(data);
      world.broadcast(data);
      bench::keep(data);
    });
    sum = checksum_of(data);
  } else if (task.starts_with("copy_") || task.starts_with("cached_copy_")) {
    // In pieces of 8 MiB, the size of the collectives' buffers: over 64 MiB, twice what the caches hold
    // (STREAM's rule), or the same piece again and again, of which a core with a cache of its own keeps much
    // there.
    constexpr std::size_t piece = std::size_t{8} << 20U;
    const std::size_t room = piece * (task.starts_with("copy_") ? 8 : 1);
    const std::vector<char> from(room, 1);
    std::vector<char> to(room);
    std::size_t at = 0;
    ns = collective_ns(world, asked.seconds, [&] {
      for (std::size_t done = 0; done < bytes_of(task); done += piece, at = (at + piece) % room) {
        std::memcpy(to.data() + at, from.data() + at, piece);
        bench::keep(to);
      }
    });
  } else {
    bench::arguments::usage(asked.task.c_str());
  }
  if (world.rank() == 0) bench::report(ns, sum, peer::version().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments asked(argc, argv);
  return peer::run([&](peer::ranks& world) { return measure(world, asked); });
}
