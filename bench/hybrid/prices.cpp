// SPDX-License-Identifier: Apache-2.0
// `prices`: a round is a boundary of a loop over ranks x threads. `start`: one start and its end.
#include "prices.hpp"

#include "twill/hybrid.hpp"

#include <chrono>

namespace {

namespace hybrid = twill::hybrid;
using option_book::leaf_sums;

void price(hybrid::runtime& here, const bench::arguments& asked) {
  auto& world = here.world();
  const twill::philox stream{twill::philox_key(prices::seed)};
  const auto leaves =
      hybrid::blocks(prices::leaves, static_cast<std::size_t>(world.size()), leaf_sums{}.size());
  const auto mine = leaves.at(static_cast<std::size_t>(world.rank()));
  hybrid::item_loop loop(mine.count, here.threads());
  std::vector<leaf_sums> results(mine.count);
  std::vector<leaf_sums> all(prices::leaves);
  hybrid::boundary end(leaves, world.rank());
  // Ranks agree on the number of rounds: rank 0 times, and its front says how long it has been.
  double in_exchange = 0;
  std::vector<double> rounds;
  using clock = std::chrono::steady_clock;
  const auto begin = clock::now();
  for (;;) {
    const auto from = clock::now();
    end.set_front(0, std::chrono::duration<double>(from - begin).count());
    loop.run(mine.count, [&](std::size_t leaf, std::size_t worker) {
      results[leaf] =
          option_book::price_leaf(stream, (mine.begin + leaf) * twill::sum_leaf_size, twill::sum_leaf_size,
                                  here.workspace<option_book::workspace>(worker));
    });
    const auto middle = clock::now();
    const auto view =
        end.exchange(world, std::span<const double>(results.data()->data(), mine.count * leaf_sums{}.size()));
    const auto after = clock::now();
    in_exchange += std::chrono::duration<double>(after - middle).count();
    rounds.push_back(std::chrono::duration<double, std::nano>(after - from).count());
    if (rounds.size() >= 3 && view.elapsed > asked.seconds) {
      for (std::size_t i = 0; i < view.values.size(); ++i)
        all[i / leaf_sums{}.size()][i % leaf_sums{}.size()] = view.values[i];
      break;
    }
  }
  if (world.rank() != 0) return;
  double total = 0;
  for (const double r : rounds) total += r;
  std::nth_element(rounds.begin(), rounds.begin() + static_cast<std::ptrdiff_t>(rounds.size() / 2),
                   rounds.end());
  std::fprintf(stderr, "boundary %.3f %% of %zu rounds\n", in_exchange * 1e11 / total, rounds.size());
  bench::report(rounds[rounds.size() / 2] / static_cast<double>(prices::leaves), prices::checksum(all),
                "hybrid");
}

}  // namespace

int main(int argc, char** argv) {
  const bench::arguments asked(argc, argv);
  hybrid::options how;
  // Under `twill run` its --threads decides.
  if (std::getenv("TWILL_NUM_THREADS") == nullptr) how.threads = static_cast<std::size_t>(asked.workers);
  how.workspace =
      hybrid::workspaces_of<option_book::workspace>([](std::size_t) { return option_book::workspace{}; });
  if (asked.task == "start") {
    const auto from = std::chrono::steady_clock::now();
    std::optional<hybrid::runtime> here(hybrid::start(how));
    const double started =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - from).count();
    const double slowest = here->world().allreduce(started, twill::comm::max);
    if (here->rank() == 0) bench::report(slowest, 0, "hybrid");
    return 0;
  }
  return hybrid::run(how, [&](hybrid::runtime& here) { price(here, asked); });
}
