// SPDX-License-Identifier: Apache-2.0
// `prices`: a round is a boundary of a loop over ranks x threads. `start`: one start and its end.
// `checkpoint`, `no_checkpoint`: the mean iteration of 20 ms with a checkpoint every 10 of them, or without.
#include "prices.hpp"

#include "twill/hybrid.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

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
  double waited = 0;
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
    waited += view.waited;
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
  std::fprintf(stderr, "exchange %.3f %%, waiting for other ranks %.3f %% of %zu rounds\n",
               (in_exchange - waited) * 1e11 / total, waited * 1e11 / total, rounds.size());
  bench::report(rounds[rounds.size() / 2] / static_cast<double>(prices::leaves), prices::checksum(all),
                "hybrid");
}

// The folder of a run, with all that is in it, for the life of this.
class folder {
 public:
  folder() {
    const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    std::string name = (here / "checkpoints-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code left;
    if (!path_.empty()) std::filesystem::remove_all(path_, left);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The folder is beside the program: a file system in memory has nothing to flush.
int checkpoints(hybrid::runtime& here, const bench::arguments& asked, bool writes) {
  using clock = std::chrono::steady_clock;
  const auto busy_until = [](clock::time_point end) {
    while (clock::now() < end) continue;
  };
  constexpr std::chrono::milliseconds length(20);
  const folder where;
  if (where.path().empty()) return 2;
  std::vector<double> state(1024, 1.0);
  hybrid::loop_options how;
  how.iterations = 10 * std::max<std::uint64_t>(2, static_cast<std::uint64_t>(asked.seconds * 5));
  how.checkpoints.folder = writes ? where.path() : std::string();
  const hybrid::loop_body body{
      .iterate =
          [&](std::uint64_t, hybrid::boundary&) {
            busy_until(clock::now() + length);
            return false;
          },
      .save = [&](hybrid::checkpoint_sink& to) { to.write(std::span<const double>(state)); }};
  const hybrid::loop_result done = hybrid::checkpointed_loop(here.world(), how, body);
  if (here.rank() != 0) return 0;
  std::fprintf(stderr, "checkpoints %llu, %.2f %% of the loop\n",
               static_cast<unsigned long long>(done.checkpoints),
               done.checkpoint_seconds / done.seconds * 100);
  bench::report(done.seconds * 1e9 / static_cast<double>(done.iterations), 0, "hybrid");
  return 0;
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
  if (asked.task == "checkpoint" || asked.task == "no_checkpoint") {
    return hybrid::run(
        how, [&](hybrid::runtime& here) { return checkpoints(here, asked, asked.task == "checkpoint"); });
  }
  return hybrid::run(how, [&](hybrid::runtime& here) { price(here, asked); });
}
