// SPDX-License-Identifier: Apache-2.0
// Blocks, batches of lanes and chunks of operations are each executed by several workers.
#include "twill/lanes/builder.hpp"
#include "twill/lanes/ops.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace twill::lanes {
namespace {

struct busy_workers {
  std::size_t blocks = 0;
  std::size_t batches = 0;
  std::size_t chunks = 0;
};

busy_workers busy(const executor& ex) {
  busy_workers out;
  for (const worker_activity& w : ex.activity()) {
    out.blocks += w.blocks != 0 ? 1 : 0;
    out.batches += w.batches != 0 ? 1 : 0;
    out.chunks += w.chunks != 0 ? 1 : 0;
  }
  return out;
}

TEST(levels, blocks_batches_and_chunks_run_on_several_workers) {
  executor ex({.threads = 2});
  constexpr std::size_t n = 200'000;
  std::vector<double> x(n, 0.5);
  std::vector<double> y(n);
  const program p = templates::unary(opcode::sin, type::f64);
  buffer<double> a(ex, n);
  buffer<double> c(ex, n);
  // Whether an idle worker comes in time is the machine's business: so often until it has come for each.
  constexpr int most_rounds = 500;
  int round = 0;
  for (; round < most_rounds; ++round) {
    ex.launch(p, {.launch = launch_config::linear(n, 256),
                  .registers = {{1, a.handle()}, {2, c.handle()}, {4, n}}});
    ops::sin_par(ex, x, y, n);
    const busy_workers now = busy(ex);
    if (now.blocks >= 2 && now.batches >= 2 && now.chunks >= 2) break;
  }
  const busy_workers end = busy(ex);
  EXPECT_GE(end.blocks, 2U) << round;
  EXPECT_GE(end.batches, 2U) << round;
  EXPECT_GE(end.chunks, 2U) << round;
}

}  // namespace
}  // namespace twill::lanes
