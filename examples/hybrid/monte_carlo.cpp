// SPDX-License-Identifier: Apache-2.0
// Prices a small book of options by Monte Carlo on ranks x threads, with checkpoints. Path i draws the
// numbers of its own index, so the prices, and the hash of them that is printed, have the same bits for any
// number of ranks and threads, and after any interruption.
//
//   monte_carlo --paths 2000000
//   twill run -n 2 --threads 2 -- monte_carlo --paths 2000000 --checkpoint folder
//   twill run -n 4 -- monte_carlo --paths 2000000 --checkpoint folder --resume
#include "option_book.hpp"
#include "twill/base/checksum.hpp"
#include "twill/base/number.hpp"
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
  std::uint64_t batch = 131'072;
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
  const std::uint64_t leaves_in_batch = (asked.batch + twill::sum_leaf_size - 1) / twill::sum_leaf_size;
  const std::uint64_t paths_in_batch = leaves_in_batch * twill::sum_leaf_size;
  const std::uint64_t batches = (asked.paths + paths_in_batch - 1) / paths_in_batch;

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
    const hybrid::phase_clock::timer time(clock, hybrid::phase::communication);
    const auto all = end.exchange(world, std::span<const double>(results.data()->data(), mine.count * sums));
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

[[noreturn]] void refuse(const std::string& flag, const std::string& found, const std::string& expected) {
  throw twill::error(twill::errc::bad_configuration, {.what = "malformed or unknown flag",
                                                      .where = twill::location{.file = flag},
                                                      .found = found,
                                                      .expected = expected});
}

arguments read(int argc, char** argv, hybrid::options& how) {
  arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 >= argc) refuse(flag, "nothing", "a value");
      return argv[++i];
    };
    const auto number = [&](std::uint64_t least) {
      const std::string text = value();
      const auto n = twill::parse_uint64(text);
      if (!n || n.value < least) refuse(flag, text, "a number from " + std::to_string(least) + " on");
      return n.value;
    };
    if (flag == "--paths") {
      out.paths = number(1);
    } else if (flag == "--batch") {
      out.batch = number(1);
    } else if (flag == "--seed") {
      out.seed = number(0);
    } else if (flag == "--every") {
      out.every = number(0);
    } else if (flag == "--threads") {
      how.threads = number(0);
      how.threads_name = flag;
    } else if (flag == "--checkpoint") {
      out.checkpoint = value();
    } else if (flag == "--max-wall") {
      out.max_wall = static_cast<double>(number(1));
    } else if (flag == "--interrupt-exit") {
      out.interrupt_exit = static_cast<int>(number(0));
    } else if (flag == "--stall-report") {
      how.stall_report = static_cast<double>(number(1));
    } else if (flag == "--topology=json") {
      how.report = hybrid::report_form::json;
    } else if (flag == "--topology") {
      how.report = hybrid::report_form::text;
    } else if (flag == "--resume") {
      out.resume = true;
    } else if (flag == "--progress") {
      out.progress = true;
    } else if (flag == "--times") {
      out.times = true;
    } else {
      refuse(flag, flag,
             "--paths, --batch, --seed, --every, --threads, --checkpoint, --resume, --max-wall, "
             "--interrupt-exit, --stall-report, --topology[=json], --progress, --times");
    }
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  hybrid::options how;
  arguments asked;
  try {
    asked = read(argc, argv, how);
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
