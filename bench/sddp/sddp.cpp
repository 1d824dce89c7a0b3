// SPDX-License-Identifier: Apache-2.0
#include "lp/stage_problem.hpp"
#include "train/stage_solver.hpp"
#include "twill/sddp/case.hpp"
#include "twill/sddp/optimizer.hpp"
#include "twill/sddp/plan.hpp"

#include <coin/ClpDualRowSteepest.hpp>
#include <coin/ClpSimplex.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <malloc.h>
#include <string>
#include <vector>

namespace twill::sddp {
namespace {
using clock_type = std::chrono::steady_clock;

double nanoseconds_since(clock_type::time_point start) {
  return std::chrono::duration<double, std::nano>(clock_type::now() - start).count();
}

int share(const study& s) {
  optimizer o(s.model, s.settings, {.threads = 1});
  const training_result r = o.train();
  const double total = r.iterations.back().wall_s;
  std::printf(
      "{\"task\":\"share\",\"solver_share\":%.4f,\"us_per_lp\":%.3f,\"ms_per_iteration\":%.3f,"
      "\"lp_solves\":%llu,\"simplex_per_lp\":%.2f,\"lower_bound\":%.6f}\n",
      r.solver_seconds / r.worker_seconds, 1e6 * r.solver_seconds / static_cast<double>(r.lp_solves),
      1e3 * total / static_cast<double>(r.iterations.size()), static_cast<unsigned long long>(r.lp_solves),
      static_cast<double>(r.simplex_iterations) / static_cast<double>(r.lp_solves), r.lower_bound);
  return 0;
}

// A number of kilobytes in /proc/self/status.
double status_bytes(const char* name) {
  std::ifstream in("/proc/self/status");
  std::string line;
  while (std::getline(in, line)) {
    if (line.rfind(name, 0) == 0) return 1024.0 * std::strtod(line.c_str() + std::strlen(name) + 1, nullptr);
  }
  return 0.0;
}

// The memory that one training takes at its peak, against what the plan says.
int memory(const study& s) {
  const study_plan plan = plan_study(s, 1);
  // What the reader gave back would be taken again without growing.
  ::malloc_trim(0);
  const double before = status_bytes("VmRSS");
  // The peak so far was the reader's.
  std::ofstream("/proc/self/clear_refs") << "5";
  optimizer o(s.model, s.settings, {.threads = 1});
  const training_result r = o.train();
  const double measured = status_bytes("VmHWM") - before;
  std::printf(
      "{\"task\":\"memory\",\"measured_mb\":%.1f,\"plan_mb\":%.1f,\"ratio\":%.3f,\"columns\":%zu,\"rows\":%"
      "zu,"
      "\"iterations\":%zu,\"s_per_iteration\":%.2f,\"us_per_lp\":%.1f,\"solver_share\":%.4f}\n",
      measured / 1e6, static_cast<double>(plan.bytes()) / 1e6, measured / static_cast<double>(plan.bytes()),
      plan.stages[0].columns, plan.stages[0].rows, r.iterations.size(),
      r.iterations.back().wall_s / static_cast<double>(r.iterations.size()),
      1e6 * r.solver_seconds / static_cast<double>(r.lp_solves), r.solver_seconds / r.worker_seconds);
  return 0;
}

// One unit of the recorded sequence: a stage, its start, and the bounds of every opening.
struct unit {
  std::size_t stage = 0;
  std::vector<double> x;
  train::stored_basis start;
  std::vector<std::vector<double>> water;  // right-hand side of the water rows, one vector an opening
  std::vector<std::vector<double>> cuts;   // right-hand sides of the cut rows, where they move
};

int warm(const study& s, bool bare_wanted, double seconds) {
  const system& model = s.model;
  if (model.inflows.lags > 0 || !model.noise.loads.empty() || !model.noise.sources.empty()) {
    std::fputs("this task needs a case without inflow lags and with certain loads and sources\n", stderr);
    return 64;
  }
  optimizer o(model, s.settings, {.threads = 1});
  o.train();
  std::vector<train::shared_stage> stages(model.stages.size());
  const std::vector<double> floors = lp::future_cost_floors(model);
  train::stage_solver ours(model, {}, "");
  std::vector<unit> units;
  std::vector<double> x(model.initial.storage_hm3);
  for (std::size_t t = 0; t < stages.size(); ++t) {
    stages[t].problem = lp::build_stage(model, t, {}, floors[t]);
    stages[t].pool = &o.cuts().stages[t];
    train::bake(stages[t].problem, o.cuts().stages[t], model.hydros.size(), stages[t].baked);
    ours.begin(stages[t], x, {});
    ours.solve(o.openings().opening(t, 0), solver::keep::nothing, {});
    unit u{.stage = t, .x = x, .start = {}, .water = {}, .cuts = {}};
    ours.store(u.start);
    for (std::size_t w = 0; w < o.openings().openings(t); ++w) {
      lp::realization r;
      lp::realize(model, t, {}, o.openings().opening(t, w), r);
      std::vector<double> rows;
      for (std::size_t h = 0; h < model.hydros.size(); ++h) {
        rows.push_back(stages[t].problem.water_per_flow *
                       (r.inflow_m3s[h] - model.stages[t].hydros[h].withdrawal_m3s));
      }
      u.water.push_back(rows);
    }
    ours.outgoing(x);
    units.push_back(std::move(u));
  }
  std::vector<double> slopes(model.state_size());
  std::vector<std::uint32_t> uses(1U << 20U);
  std::size_t solves = 0;
  double our_sum = 0.0;
  const auto run_ours = [&] {
    our_sum = 0.0;
    for (const unit& u : units) {
      ours.begin(stages[u.stage], u.x, u.start);
      const std::size_t n = u.water.size();
      for (std::size_t w = 0; w < n; ++w) {
        ours.solve(o.openings().opening(u.stage, w),
                   w + 1 < n ? solver::keep::factorization : solver::keep::nothing, {});
        our_sum += ours.objective();
        ours.slopes(slopes);
        ours.count_active(1e-6, uses);
      }
    }
  };
  // Nothing but CLP: load, basis, bounds, solve, read.
  ClpSimplex bare;
  bare.setLogLevel(0);
  double bare_sum = 0.0;
  const auto run_bare = [&] {
    bare_sum = 0.0;
    for (const unit& u : units) {
      const train::shared_stage& at = stages[u.stage];
      const solver::problem& p = at.baked.program;
      bare.loadProblem(p.num_columns(), p.num_rows(), p.starts.data(), p.rows.data(), p.values.data(),
                       p.column_lower.data(), p.column_upper.data(), p.objective.data(), p.row_lower.data(),
                       p.row_upper.data());
      bare.scaling(0);
      bare.setRandomSeed(1234567);
      ClpDualRowSteepest pricing;
      bare.setDualRowPivotAlgorithm(pricing);
      for (std::size_t j = 0; j < u.start.statuses.columns.size(); ++j) {
        bare.setColumnStatus(static_cast<int>(j),
                             u.start.statuses.columns[j] == solver::basis_status::basic ? ClpSimplex::basic
                             : u.start.statuses.columns[j] == solver::basis_status::at_upper
                                 ? ClpSimplex::atUpperBound
                                 : ClpSimplex::atLowerBound);
      }
      for (std::size_t i = 0; i < u.start.statuses.rows.size(); ++i) {
        bare.setRowStatus(static_cast<int>(i), u.start.statuses.rows[i] == solver::basis_status::basic
                                                   ? ClpSimplex::basic
                                               : u.start.statuses.rows[i] == solver::basis_status::at_upper
                                                   ? ClpSimplex::atUpperBound
                                                   : ClpSimplex::atLowerBound);
      }
      for (std::size_t h = 0; h < u.x.size(); ++h) {
        bare.setColumnBounds(at.problem.where.incoming[h], u.x[h], u.x[h]);
      }
      const std::size_t n = u.water.size();
      for (std::size_t w = 0; w < n; ++w) {
        for (std::size_t h = 0; h < u.x.size(); ++h) {
          bare.setRowBounds(at.problem.where.water_row[h], u.water[w][h], u.water[w][h]);
        }
        bare.dual(0, (w > 0 ? 6 : 0) + (w + 1 < n ? 1 : 0));
        bare_sum += bare.objectiveValue() * at.problem.cost_scale;
      }
    }
  };
  for (const unit& u : units) solves += u.water.size();
  run_ours();
  run_bare();
  if (std::fabs(our_sum - bare_sum) > 1e-7 * std::fabs(bare_sum)) {
    std::fprintf(stderr, "the optima differ: %.12g and %.12g\n", our_sum, bare_sum);
    return 3;
  }
  double best = 1e300;
  const clock_type::time_point start = clock_type::now();
  while (nanoseconds_since(start) < seconds * 1e9) {
    const clock_type::time_point before = clock_type::now();
    bare_wanted ? run_bare() : run_ours();
    best = std::min(best, nanoseconds_since(before));
  }
  std::printf("{\"task\":\"%s\",\"us\":%.4f,\"solves\":%zu}\n", bare_wanted ? "warm_bare" : "warm_ours",
              best / 1e3 / static_cast<double>(solves), solves);
  return 0;
}

}  // namespace
}  // namespace twill::sddp

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "share_asked") == 0) {
    // The least share of worker time that shall be the solver's own.
    std::puts("{\"task\":\"share\",\"solver_share\":0.9}");
    return 0;
  }
  if (argc < 3) {
    std::fputs("bench_sddp share|memory|warm_ours|warm_bare CASE [SECONDS], bench_sddp share_asked\n",
               stderr);
    return 64;
  }
  try {
    const twill::sddp::study s = twill::sddp::load_case(argv[2]);
    if (std::strcmp(argv[1], "share") == 0) return twill::sddp::share(s);
    if (std::strcmp(argv[1], "memory") == 0) return twill::sddp::memory(s);
    const bool bare = std::strcmp(argv[1], "warm_bare") == 0;
    if (bare || std::strcmp(argv[1], "warm_ours") == 0) {
      return twill::sddp::warm(s, bare, argc > 3 ? std::strtod(argv[3], nullptr) : 3.0);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 64;
}
