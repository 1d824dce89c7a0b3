// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "selftest_report.hpp"
#include "twill/comm.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The measurements of `twill comm bench`.
namespace twill::apps {

/// Seconds of one call over many batches of calls.
struct timing {
  double median = 0;
  double least = 0;
  double tenth_worst = 0;
  std::size_t calls = 0;  ///< of all batches together
};

/// A line of the table.
struct latency {
  std::string_view operation;
  std::size_t bytes = 0;  ///< of the result, or of the message
  timing seconds;
};

/// Sorts the batches' means. Requires: there is one.
[[nodiscard]] timing timing_of(std::vector<double> batches, std::size_t calls);

[[nodiscard]] std::string latencies_as_text(const rank_facts& facts, const std::vector<latency>& all);
[[nodiscard]] std::string latencies_as_json(const rank_facts& facts, const std::vector<latency>& all);

/// Calls `once` in batches on all ranks until rank 0 has measured for so long. Rank 0's clock decides
/// everything, and the others are told outside of what is timed.
template <class World, class Once>
[[nodiscard]] timing measure(const World& world, double seconds, Once&& once) {
  constexpr std::size_t most_calls = std::size_t{1} << 22U;
  constexpr double batch_seconds = 200e-6;  // a thousand times what reading the clock costs, and more
  std::size_t calls = 1;
  const auto batch = [&] {
    world.barrier();
    const double begin = comm::wtime();
    for (std::size_t i = 0; i < calls; ++i) once();
    return comm::wtime() - begin;
  };
  while (world.broadcast_value(batch() < batch_seconds && calls < most_calls ? 1 : 0, 0) != 0) calls *= 2;
  std::vector<double> batches;
  const double begin = comm::wtime();
  do {
    batches.push_back(batch() / static_cast<double>(calls));
  } while (world.broadcast_value(batches.size() < 5 || comm::wtime() - begin < seconds ? 1 : 0, 0) != 0);
  const std::size_t total = calls * batches.size();
  return timing_of(std::move(batches), total);
}

/// Keeps the compiler from computing a call's result once for all.
template <class T>
void observe(T& value) noexcept {
  asm volatile("" : : "r"(&value) : "memory");
}

template <class World>
[[nodiscard]] std::vector<latency> measure_collectives(const World& world, double seconds) {
  std::vector<latency> all;
  all.push_back({"barrier", 0, measure(world, seconds, [&] { world.barrier(); })});
  const auto ranks = static_cast<std::size_t>(world.size());
  for (const std::size_t bytes : {std::size_t{8}, std::size_t{8} << 10U, std::size_t{8} << 20U}) {
    const std::size_t n = bytes / sizeof(double);
    std::vector<double> in(n, 1.0);
    std::vector<double> out(n);
    all.push_back({"broadcast", bytes, measure(world, seconds, [&] {
                     world.broadcast(out, 0);
                     observe(out);
                   })});
    all.push_back({"allreduce", bytes, measure(world, seconds, [&] {
                     observe(in);
                     world.allreduce(in, out, comm::sum);
                     observe(out);
                   })});
    // Together the bytes of the row, at least one element a rank.
    const std::vector<std::size_t> counts(ranks, std::max<std::size_t>(1, n / ranks));
    const std::vector<double> mine(counts[0], 2.0);
    std::vector<double> gathered(counts[0] * ranks);
    all.push_back({"allgatherv", gathered.size() * sizeof(double), measure(world, seconds, [&] {
                     world.allgatherv(mine, gathered, counts);
                     observe(gathered);
                   })});
  }
  return all;
}

/// Half of a message's way there and back between ranks 0 and 1, and what reading another rank's memory
/// takes.
template <class World>
[[nodiscard]] std::vector<latency> measure_pairs(const World& world, double seconds) {
  std::vector<latency> all;
  if (world.size() > 1) {
    for (const std::size_t bytes : {std::size_t{8}, std::size_t{8} << 10U, std::size_t{1} << 20U}) {
      std::vector<double> token(bytes / sizeof(double), 1.0);
      timing both_ways = measure(world, seconds, [&] {
        if (world.rank() == 0) {
          world.send(token, 1, 0);
          world.recv(token, 1, 0);
        } else if (world.rank() == 1) {
          world.recv(token, 0, 0);
          world.send(token, 0, 0);
        }
      });
      for (double* t : {&both_ways.median, &both_ways.least, &both_ways.tenth_worst}) *t /= 2;
      all.push_back({"send and recv, one way", bytes, both_ways});
    }
  }
  const auto node = world.split_local();
  auto shared = node.template create_window<double>(1024);
  shared.fence();
  const auto theirs = shared.remote((node.rank() + 1) % node.size());
  double sum = 0;
  timing reads = measure(world, seconds, [&] {
    for (const double& x : theirs) {
      observe(x);
      sum += x;
    }
  });
  observe(sum);
  for (double* t : {&reads.median, &reads.least, &reads.tenth_worst})
    *t /= static_cast<double>(theirs.size());
  all.push_back({"read of a window", sizeof(double), reads});
  shared.fence();
  return all;
}

}  // namespace twill::apps
