// SPDX-License-Identifier: Apache-2.0
// Counts every allocation of the process: around its solves a worker asks for none, the solver's own apart.
#include "make_system.hpp"
#include "train/stage_solver.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocations{0};

std::size_t allocation_count() {
  // ORD relaxed: one thread allocates while the test counts.
  return allocations.load(std::memory_order_relaxed);
}
}  // namespace

// Not inlined: the compiler would see free() on what it thinks came from another operator new.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  // ORD relaxed: a count.
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace twill::sddp {
namespace {
using twill::sddp::testing::plain_hydro;
using twill::sddp::testing::plain_settings;
using twill::sddp::testing::system_maker;

// Writes down the bounds that it gets.
struct recorder {
  struct call {
    bool row;
    int index;
    double lower;
    double upper;
  };
  std::vector<call> calls{};
  void set_row_bounds(int i, double a, double b) { calls.push_back({true, i, a, b}); }
  void set_column_bounds(int j, double a, double b) { calls.push_back({false, j, a, b}); }
  void replay(solver::clp& to) const {
    for (const call& c : calls) {
      c.row ? to.set_row_bounds(c.index, c.lower, c.upper) : to.set_column_bounds(c.index, c.lower, c.upper);
    }
  }
};

TEST(allocation, around_a_solve_there_is_none) {
  system_maker m(3);
  const bus_index b = m.bus(100.0, {{unlimited, 1000.0}}, 10.0);
  m.thermal(b, 60.0, 40.0);
  m.source(b, 20.0, 0.1, 0.5, 0.2);
  const hydro_index h = m.hydro(b, plain_hydro(150.0, 60.0), 60.0, 10.0, 8.0);
  m.autoregression(h, {0.5, 0.1}, {30.0, 25.0});
  for (std::size_t t = 0; t < 3; ++t) m.openings(t, {{1, 0, 1}, {-1, 1, 0}, {0.5, -1, -1}});
  const system s = m.make();
  optimizer o(s, plain_settings(6), {.threads = 1});
  o.train();

  train::shared_stage at;
  at.problem = lp::build_stage(s, 1, {}, lp::future_cost_floors(s)[1]);
  at.pool = &o.cuts().stages[1];
  train::bake(at.problem, o.cuts().stages[1], s.hydros.size(), at.baked);
  const std::vector<double> x{50.0, 30.0, 25.0};
  train::stage_solver ours(s, {}, "");
  train::stored_basis basis;
  std::vector<double> next(s.state_size());
  std::vector<double> slopes(s.state_size());
  std::vector<std::uint32_t> uses(at.pool->size());
  const auto unit = [&] {
    ours.begin(at, x, basis);
    for (std::size_t w = 0; w < 3; ++w) {
      ours.solve(s.noise.tree->opening(1, w), w < 2 ? solver::keep::factorization : solver::keep::nothing,
                 {});
      ours.slopes(slopes);
      ours.count_active(1e-6, uses);
      ours.outgoing(next);
    }
    ours.store(basis);
  };
  unit();
  unit();
  const std::size_t before = allocation_count();
  unit();
  const std::size_t with_ours = allocation_count() - before;

  // The same calls to the solver alone.
  solver::clp bare;
  bare.load(at.baked.program);
  std::vector<recorder> openings(3);
  lp::realization real;
  real.reserve(s);
  for (std::size_t w = 0; w < 3; ++w) {
    lp::realize(s, 1, std::span(x).subspan(1), s.noise.tree->opening(1, w), real);
    lp::apply(openings[w], s, at.problem, real);
    for (std::size_t c = 0; c < at.baked.cuts->size(); ++c) {
      const std::span<const double> slope = at.pool->coefficients((*at.baked.cuts)[c]);
      const double right =
          at.pool->intercept((*at.baked.cuts)[c]) + slope[1] * real.inflow_m3s[0] + slope[2] * x[1];
      openings[w].set_row_bounds(at.problem.program.num_rows() + static_cast<int>(c), right / 1000.0,
                                 solver::infinity);
    }
  }
  solver::basis start = basis.statuses;
  const auto alone = [&] {
    bare.reset();
    bare.set_basis(start);
    bare.set_column_bounds(at.problem.where.incoming[0], x[0], x[0]);
    for (std::size_t w = 0; w < 3; ++w) {
      openings[w].replay(bare);
      EXPECT_EQ(bare.solve(w < 2 ? solver::keep::factorization : solver::keep::nothing),
                solver::outcome::optimal);
    }
    bare.get_basis(start);
  };
  alone();
  alone();
  const std::size_t middle = allocation_count();
  alone();
  const std::size_t solver_alone = allocation_count() - middle;
  EXPECT_NEAR(bare.objective() * 1000.0, ours.objective(), 1e-9 * ours.objective());
  EXPECT_EQ(with_ours, solver_alone);
}

}  // namespace
}  // namespace twill::sddp
