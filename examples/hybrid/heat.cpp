// SPDX-License-Identifier: Apache-2.0
// Heat in a plate: a stencil of five points on a grid whose rows are cut among the ranks. The rows beside a
// cut are read through a shared window where the neighbour is on the same node, and travel as messages where
// it is not. The hash that is printed has the same bits for any number of ranks and threads.
#include "flags.hpp"
#include "twill/base/checksum.hpp"
#include "twill/hybrid.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace comm = twill::comm;
namespace hybrid = twill::hybrid;

struct arguments {
  std::size_t size = 256;
  std::size_t steps = 200;
  std::size_t node_ranks = 0;
};

// Row y of a grid with a border of zeros; two grids that take turns.
double initial(std::size_t x, std::size_t y, std::size_t n) {
  const bool hot = x > n / 4 && x < n / 2 && y > n / 3 && y < n / 2;
  return hot ? 100.0 : static_cast<double>((x * 31 + y * 17) % 7);
}

void run(hybrid::runtime& here, const arguments& asked) {
  auto& world = here.world();
  const std::size_t n = asked.size;
  const auto ranks = static_cast<std::size_t>(world.size());
  const auto rank = static_cast<std::size_t>(world.rank());
  const auto rows = hybrid::blocks(n, ranks, n);
  const hybrid::index_block mine = rows.at(rank);

  // Ranks of a node are neighbours in the world, so a cut between nodes is a cut between two of them.
  const auto node = asked.node_ranks == 0
                        ? world.split_local()
                        : *world.split(static_cast<int>(rank / asked.node_ranks), world.rank());
  const auto& members = node.group();
  // [snippet:window]
  // Two halves of a window, one a grid: a step reads the one and writes the other, so one fence a step is
  // enough.
  auto window = node.create_window<double>(2 * mine.count * n);
  const std::span<double> both = window.local();
  // [end:window]
  const auto grid = [&](std::size_t which) { return both.subspan(which * mine.count * n, mine.count * n); };
  for (std::size_t y = 0; y < mine.count; ++y)
    for (std::size_t x = 0; x < n; ++x) grid(0)[y * n + x] = initial(x, mine.begin + y, n);

  // Ranks without rows have no part; the neighbours are the nearest ones that have.
  const auto neighbour = [&](int step) -> std::optional<std::size_t> {
    if (mine.count == 0) return std::nullopt;
    const auto other = static_cast<std::ptrdiff_t>(rank) + step;
    if (other < 0 || other >= static_cast<std::ptrdiff_t>(ranks)) return std::nullopt;
    const auto r = static_cast<std::size_t>(other);
    return rows.at(r).count == 0 ? std::nullopt : std::optional(r);
  };
  const auto above = neighbour(-1);
  const auto below = neighbour(1);
  const auto node_rank_of = [&](std::size_t r) -> std::optional<int> {
    for (std::size_t i = 0; i < members.size(); ++i)
      if (members[i] == static_cast<int>(r)) return static_cast<int>(i);
    return std::nullopt;
  };
  std::vector<double> border(n);
  std::vector<double> from_above(n);
  std::vector<double> from_below(n);
  hybrid::item_loop loop(mine.count, here.threads());
  window.fence();

  for (std::size_t step = 0; step < asked.steps; ++step) {
    const std::size_t now = step % 2;
    // [snippet:halo]
    const auto halo = [&](const std::optional<std::size_t>& other, std::vector<double>& buffer,
                          std::size_t row, std::size_t our_row) -> std::span<const double> {
      if (!other) return border;
      const std::size_t theirs = rows.at(*other).count;
      if (const auto local = node_rank_of(*other))
        return window.remote(*local).subspan((now * theirs + (row == 0 ? 0 : theirs - 1)) * n, n);
      const auto out = grid(now).subspan(our_row * n, n);
      const int peer = static_cast<int>(*other);
      world.sendrecv(std::span<const double>(out), peer, 0, std::span<double>(buffer), peer, 0);
      return buffer;
    };
    const auto over = halo(above, from_above, 1, 0);
    const auto under = halo(below, from_below, 0, mine.count == 0 ? 0 : mine.count - 1);
    // [end:halo]
    const std::span<const double> old = grid(now);
    const std::span<double> next = grid(1 - now);
    loop.run(mine.count, [&](std::size_t y, std::size_t) {
      const auto up = y == 0 ? over : old.subspan((y - 1) * n, n);
      const auto down = y + 1 == mine.count ? under : old.subspan((y + 1) * n, n);
      const auto row = old.subspan(y * n, n);
      for (std::size_t x = 0; x < n; ++x) {
        const double left = x == 0 ? 0.0 : row[x - 1];
        const double right = x + 1 == n ? 0.0 : row[x + 1];
        next[y * n + x] = row[x] + 0.2 * ((up[x] + down[x]) + (left + right) - 4.0 * row[x]);
      }
    });
    window.fence();
  }

  std::vector<double> all(n * n);
  hybrid::gather_blocks(world, rows, std::span<const double>(grid(asked.steps % 2)), std::span<double>(all));
  if (world.rank() == 0) {
    const auto heat = hybrid::statistics_in_order(all);
    std::printf("mean %.9f after %zu steps\n", heat.mean, asked.steps);
    std::printf("hash %s\n",
                twill::to_hex(twill::sha256_of(std::as_bytes(std::span<const double>(all)))).c_str());
  }
}

// True: --help was asked for.
bool read(int argc, char** argv, arguments& out, hybrid::options& how) {
  using flags::number;
  const std::vector<flags::flag> all{
      {"--size", "N", "points of a side of the plate (256)",
       number("--size", 1, [&](auto n) { out.size = n; })},
      {"--steps", "N", "steps in time (200)", number("--steps", 0, [&](auto n) { out.steps = n; })},
      {"--threads", "N", "threads of each rank; 0: all that is allowed",
       number("--threads", 0,
              [&](auto n) {
                how.threads = n;
                how.threads_name = "--threads";
              })},
      {"--ranks-of-a-node", "N", "makes nodes of N ranks out of one, to see messages on one machine",
       number("--ranks-of-a-node", 1, [&](auto n) { out.node_ranks = n; })}};
  return flags::read(
      argc, argv,
      "heat follows the temperature of a plate on ranks x threads. Neighbours on a node read each\n"
      "other's rows in a shared window, others send them. The hash is the same for all layouts.",
      "  heat --size 64 --steps 50\n"
      "  twill run -n 2 --threads 2 -- heat --size 1024\n"
      "  twill run -n 4 -- heat --ranks-of-a-node 2\n",
      all);
}

}  // namespace

int main(int argc, char** argv) {
  arguments asked;
  hybrid::options how;
  try {
    if (read(argc, argv, asked, how)) return 0;
  } catch (const twill::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return static_cast<int>(e.exit());
  }
  return hybrid::run(how, [&](hybrid::runtime& here) { run(here, asked); });
}
