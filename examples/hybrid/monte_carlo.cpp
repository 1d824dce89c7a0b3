// SPDX-License-Identifier: Apache-2.0
// Prices a small book of options by Monte Carlo on ranks x threads, with checkpoints. Path i draws the
// numbers of its own index, so the prices, and the hash of them that is printed, have the same bits for any
// number of ranks and threads, and after any interruption.
//
//   monte_carlo --paths 2000000
//   twill run -n 2 --threads 2 -- monte_carlo --paths 2000000 --checkpoint folder
//   twill run -n 4 -- monte_carlo --paths 2000000 --checkpoint folder --resume
#include "flags.hpp"
#include "option_book.hpp"
#include "twill/base/checksum.hpp"
#include "twill/base/philox.hpp"
#include "twill/base/progress.hpp"
#include "twill/base/progress_sinks.hpp"
#include "twill/base/sum.hpp"
#include "twill/hybrid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace hybrid = twill::hybrid;
using namespace option_book;

struct arguments {
  std::uint64_t paths = 100'000'000;
  // About a second of two workers: long enough that ranks seldom wait for each other, short enough to stop.
  std::uint64_t batch = 2'097'152;
  std::uint64_t seed = 1;
  std::uint64_t every = 10;
  std::string checkpoint;
  bool resume = false;
  bool progress = false;
  bool times = false;
  int interrupt_exit = 0;
  double max_wall = 0;
};

int price(hybrid::runtime& here, const arguments& asked) {
  auto& world = here.world();
  const twill::philox stream{twill::philox_key(asked.seed)};
  // Batches of equal length, so that no rank has less than its share in the last one.
  const auto parts = [](std::uint64_t n, std::uint64_t of) { return (n + of - 1) / of; };
  const std::uint64_t all_leaves = parts(asked.paths, twill::sum_leaf_size);
  const std::uint64_t wanted = parts(all_leaves, parts(asked.batch, twill::sum_leaf_size));
  const std::uint64_t leaves_in_batch = parts(all_leaves, wanted);
  const std::uint64_t paths_in_batch = leaves_in_batch * twill::sum_leaf_size;
  const std::uint64_t batches = parts(all_leaves, leaves_in_batch);

  // [snippet:loop]
  leaf_sums total{};  // the state: all that a checkpoint holds
  const auto leaves = hybrid::blocks(leaves_in_batch, static_cast<std::size_t>(world.size()), sums);
  const auto mine = leaves.at(static_cast<std::size_t>(world.rank()));
  hybrid::item_loop loop(mine.count, here.threads());
  std::vector<leaf_sums> results(mine.count);
  hybrid::phase_clock clock(batches);

  hybrid::loop_body body;
  body.iterate = [&](std::uint64_t batch, hybrid::boundary& end) {
    {
      const hybrid::phase_clock::timer time(clock, hybrid::phase::forward);
      loop.run(mine.count, [&](std::size_t leaf, std::size_t worker) {
        const std::uint64_t first = batch * paths_in_batch + (mine.begin + leaf) * twill::sum_leaf_size;
        const std::uint64_t n = first < asked.paths ? std::min(twill::sum_leaf_size, asked.paths - first) : 0;
        results[leaf] = price_leaf(stream, first, n, here.workspace<workspace>(worker));
      });
    }
    clock.now().steals += static_cast<double>(loop.moved());
    clock.now().bytes += static_cast<double>(8 * (mine.count * sums + 2));
    hybrid::boundary_view all;
    {
      hybrid::phase_clock::timer time(clock, hybrid::phase::communication);
      all = end.exchange(world, std::span<const double>(results.data()->data(), mine.count * sums));
      time.waited(all.waited);
    }
    const hybrid::phase_clock::timer time(clock, hybrid::phase::overhead);
    // In the order of the paths, whoever computed them.
    for (std::size_t leaf = 0; leaf < leaves_in_batch; ++leaf)
      for (std::size_t i = 0; i < sums; ++i) total[i] += all.values[leaf * sums + i];
    return false;
  };
  body.save = [&](hybrid::checkpoint_sink& to) { to.write(std::span<const double>(total)); };
  body.restore = [&](hybrid::checkpoint_source& from, hybrid::start_mode) {
    from.read(std::span<double>(total));
  };
  // [end:loop]

  const auto print = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  const bool shows = asked.progress && world.rank() == 0;
  twill::progress progress(shows ? twill::make_progress_sink(twill::progress_mode::plain, print) : nullptr,
                           "pricing", asked.paths, "paths");
  const auto plain = body.iterate;
  body.iterate = [&](std::uint64_t batch, hybrid::boundary& end) {
    const bool converged = plain(batch, end);
    clock.next();
    progress.tick(std::min(paths_in_batch, asked.paths - batch * paths_in_batch));
    return converged;
  };

  hybrid::loop_options how;
  how.iterations = batches;
  how.every = asked.every;
  how.values = leaves;
  how.mode = asked.resume ? hybrid::start_mode::resume : hybrid::start_mode::fresh;
  how.must_resume = false;
  how.checkpoints = {.folder = asked.checkpoint,
                     .name = "monte_carlo",
                     .keep = 3,
                     .identity = {{"paths", asked.paths}, {"seed", asked.seed}, {"batch", paths_in_batch}}};
  if (asked.max_wall > 0) how.max_wall = asked.max_wall;
  const hybrid::loop_result done = hybrid::checkpointed_loop(world, how, body);

  if (asked.times) {
    const hybrid::phase_report times = hybrid::collect_phases(world, clock);
    if (world.rank() == 0) {
      std::fputs(times.to_string().c_str(), stderr);
      std::fprintf(stderr, "checkpoints %llu, %.1f of %.1f ms\n",
                   static_cast<unsigned long long>(done.checkpoints), done.checkpoint_seconds * 1e3,
                   done.seconds * 1e3);
    }
  }
  if (done.iterations != batches) {
    if (world.rank() == 0) {
      std::fprintf(stderr, "%s after %llu of %llu batches, checkpoint %s\n",
                   std::string(hybrid::name_of(done.status)).c_str(),
                   static_cast<unsigned long long>(done.iterations), static_cast<unsigned long long>(batches),
                   done.checkpoint.empty() ? "none" : done.checkpoint.c_str());
    }
    return done.exit_code(asked.interrupt_exit);
  }
  if (world.rank() == 0) {
    const double discount = std::exp(-rate);
    const auto n = static_cast<double>(asked.paths);
    for (std::size_t o = 0; o < book.size(); ++o) {
      const double mean = total[2 * o] / n;
      const double variance = std::max(0.0, total[2 * o + 1] / n - mean * mean);
      std::printf("%-15s %10.6f +- %.6f\n", book[o].name, discount * mean,
                  discount * std::sqrt(variance / n));
    }
    const std::span<const double> bits(total);
    std::printf("hash %s\n", twill::to_hex(twill::sha256_of(std::as_bytes(bits))).c_str());
  }
  return 0;
}

// True: --help was asked for.
bool read(int argc, char** argv, arguments& out, hybrid::options& how) {
  using flags::number;
  const std::vector<flags::flag> all{
      {"--paths", "N", "paths of the asset (100000000)",
       number("--paths", 1, [&](auto n) { out.paths = n; })},
      {"--batch", "N", "paths between two boundaries (2097152); no result depends on it",
       number("--batch", 1, [&](auto n) { out.batch = n; })},
      {"--seed", "N", "of the random numbers (1)", number("--seed", 0, [&](auto n) { out.seed = n; })},
      {"--threads", "N", "threads of each rank; 0: all that is allowed",
       number("--threads", 0,
              [&](auto n) {
                how.threads = n;
                how.threads_name = "--threads";
              })},
      {"--checkpoint", "FOLDER", "keeps checkpoints there", [&](const auto& text) { out.checkpoint = text; }},
      {"--every", "N", "batches between checkpoints (10); 0: only at the end",
       number("--every", 0, [&](auto n) { out.every = n; })},
      {"--resume", "", "goes on from the newest checkpoint, if there is one",
       [&](const auto&) { out.resume = true; }},
      {"--max-wall", "SECONDS", "ends with a checkpoint before this time is over",
       number("--max-wall", 1, [&](auto n) { out.max_wall = static_cast<double>(n); })},
      {"--interrupt-exit", "CODE", "exit code of an interrupted run with a checkpoint (0)",
       number("--interrupt-exit", 0, [&](auto n) { out.interrupt_exit = static_cast<int>(n); })},
      {"--stall-report", "SECONDS", "a rank without progress for so long tells where it is",
       number("--stall-report", 1, [&](auto n) { how.stall_report = static_cast<double>(n); })},
      {"--topology", "", "shows ranks, threads and memory",
       [&](const auto&) { how.report = hybrid::report_form::text; }},
      {"--topology=json", "", "the same for programs",
       [&](const auto&) { how.report = hybrid::report_form::json; }},
      {"--progress", "", "shows how far it is", [&](const auto&) { out.progress = true; }},
      {"--times", "", "shows where each rank's time went", [&](const auto&) { out.times = true; }}};
  return flags::read(
      argc, argv,
      "monte_carlo prices a small book of options on ranks x threads, and prints a hash of the\n"
      "prices that is the same for any number of both and after any interruption.",
      "  monte_carlo --paths 2000000\n"
      "  twill run -n 2 --threads 2 -- monte_carlo --checkpoint folder --progress\n"
      "  twill run -n 4 -- monte_carlo --checkpoint folder --resume\n",
      all);
}

}  // namespace

int main(int argc, char** argv) {
  hybrid::options how;
  arguments asked;
  try {
    if (read(argc, argv, asked, how)) return 0;
  } catch (const twill::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return static_cast<int>(e.exit());
  }
  // [snippet:start]
  how.memory.workspace = sizeof(double) * twill::sum_leaf_size * dates;
  how.workspace = hybrid::workspaces_of<workspace>([](std::size_t) { return workspace{}; });
  return hybrid::run(how, [&](hybrid::runtime& here) { return price(here, asked); });
  // [end:start]
}
