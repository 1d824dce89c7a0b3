// SPDX-License-Identifier: Apache-2.0
#include "twill/sddp/plan.hpp"

#include "twill/base/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace twill::sddp {
namespace {

/// Columns, rows and coefficients in the order of sddp-lp.md section 2 and 4; families that cannot matter
/// have none.
struct counter {
  const system& s;
  const stage& at;
  stage_size size{};

  void column(std::size_t count, std::size_t coefficients) {
    size.columns += count;
    size.nonzeros += count * coefficients;
  }
  void row(std::size_t count, std::size_t coefficients = 0) {
    size.rows += count;
    size.nonzeros += count * coefficients;
  }

  void plant(std::size_t h) {
    const std::size_t blocks = at.blocks.size();
    const hydro_at_stage& x = at.hydros[h];
    const hydro& from = s.hydros[h];
    const std::size_t down = from.downstream ? 1 : 0;
    column(2, 1);              // storage after and before
    row(1);                    // water balance
    column(blocks, 1 + down);  // spill
    if (!x.exists) return;
    const bool planes = x.planes.has_value();
    if (x.max_turbined_m3s > 0) column(blocks, 1 + down + (planes ? 0 : 1));
    if (from.diverts_to && x.max_diversion_m3s > 0) column(blocks, 2);
    if (planes) {
      const std::size_t count = s.plane_sets[x.planes->index()].planes.size();
      column(blocks, 1);
      row(blocks * count, 5);
    }
    if (s.inflow_method == negative_inflow::penalty ||
        s.inflow_method == negative_inflow::truncation_with_penalty)
      column(1, 1);
    if (x.evaporation) {
      column(3, 1);
      row(1, 3);
    }
    if (x.withdrawal_m3s > 0) column(2, 1);
    const auto limit = [&](bool active, std::size_t flows) {
      if (!active) return;
      column(blocks, 1);
      row(blocks, flows);
    };
    const std::size_t flows = from.diverts_to ? 3 : 2;
    limit(x.min_outflow_m3s > 0, flows);
    limit(x.max_outflow_m3s < unlimited, flows);
    limit(x.min_turbined_m3s > 0, 1);
    limit(x.min_generation_mw > 0, 1);
    if (s.soft_min_storage && x.min_storage_hm3 > 0) {
      column(1, 1);
      row(1, 1);
    }
  }

  void all() {
    const std::size_t blocks = at.blocks.size();
    size.stage = at.id;
    size.openings = at.openings;
    column(1, 0);  // future cost
    for (std::size_t h = 0; h < s.hydros.size(); ++h) plant(h);
    for (const thermal_at_block& j : at.thermals)
      if (j.max_generation_mw > 0) column(1, 1);
    for (const line_at_block& l : at.lines) {
      if (l.direct_mw > 0) column(1, 2);
      if (l.reverse_mw > 0) column(1, 2);
    }
    for (const bus& b : s.buses) {
      column(b.deficit_segments.size() * blocks, 1);
      column(blocks, 1);
      row(blocks);
    }
    for (const source_at_stage& r : at.sources)
      if (r.exists) column(blocks, 1);
    for (const constraint_row& c : at.constraint_rows) {
      const generic_constraint& from = s.constraints[c.constraint.index()];
      row(1, from.terms.size());
      if (from.slack_cost_per_unit_h) column(from.sense == constraint_sense::equal ? 2 : 1, 1);
    }
  }
};

/// A program: index and value of each coefficient, cost, bounds and start of each column, bounds of each row.
std::size_t matrix(std::size_t columns, std::size_t rows, std::size_t nonzeros) {
  return nonzeros * 12 + columns * 28 + rows * 16;
}

/// A stage's program without cuts, and what each column and row stands for.
std::size_t without_cuts(const stage_size& size) {
  return matrix(size.columns, size.rows, size.nonzeros) + (size.columns + size.rows) * 32;
}

/// A program inside of CLP: the matrix by columns and by rows, some eighty numbers a column and row of
/// bounds, solution, prices and scratch, and a factorisation. Measured on programs of 300 to 700 rows.
std::size_t in_solver(std::size_t columns, std::size_t rows, std::size_t nonzeros) {
  return 24 * nonzeros + 640 * (columns + rows) + 1200 * rows;
}

// Code of the solver and stacks, as far as they are touched: measured.
constexpr std::size_t per_process = 2'500'000;

std::string human(std::size_t bytes) {
  if (bytes < 10'000) return fmt::format("{} B", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  if (bytes < 10'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace

study_plan plan_study(const study& of, std::size_t threads) {
  const system& s = of.model;
  study_plan p;
  p.threads = threads;
  p.state = s.state_size();
  p.noise = s.noise.dimension();
  p.forward_passes = of.settings.training.forward_passes;
  for (const stopping_rule& rule : of.settings.training.stopping_rules)
    if (const auto* limit = std::get_if<iteration_limit>(&rule))
      p.iterations = p.iterations == 0 ? limit->limit : std::min<std::size_t>(p.iterations, limit->limit);
  std::size_t openings = 0;
  for (const stage& at : s.stages) {
    counter c{s, at};
    c.all();
    p.stages.push_back(c.size);
    openings += at.openings;
  }
  p.cuts_per_stage = p.forward_passes * p.iterations;
  const std::size_t first = s.stages.empty() ? 0 : s.stages.front().openings;
  // Forward: every stage once a pass; backward: every opening of every stage but the first; bound: the first.
  p.programs_per_iteration = p.forward_passes * (s.stages.size() + openings - first) + first;
  p.tree_bytes = openings * p.noise * sizeof(double);
  const std::size_t cut_stages = s.stages.empty() ? 0 : s.stages.size() - 1;
  // Coefficients and trial point of a cut, and its counters.
  p.cut_bytes = cut_stages * p.cuts_per_stage * (2 * p.state * sizeof(double) + 40);
  std::size_t largest = 0;
  std::size_t most_openings = 0;
  for (std::size_t t = 0; t < p.stages.size(); ++t) {
    const stage_size& size = p.stages[t];
    most_openings = std::max(most_openings, size.openings);
    const std::size_t cuts = t + 1 < p.stages.size() ? p.cuts_per_stage : 0;
    const std::size_t rows = size.rows + cuts;
    // A cut has a coefficient for each storage and for the future cost.
    const std::size_t nonzeros = size.nonzeros + cuts * (s.hydros.size() + 1);
    // One byte a column and row.
    p.basis_bytes += p.forward_passes * (size.columns + rows);
    p.program_bytes += without_cuts(size) + matrix(size.columns, rows, nonzeros) + cuts * sizeof(int);
    largest = std::max(largest, in_solver(size.columns, rows, nonzeros));
  }
  p.basis_bytes += p.forward_passes * most_openings * (p.state + 2) * sizeof(double);
  p.basis_bytes += p.forward_passes * (p.stages.size() + 1) * p.state * sizeof(double);
  p.worker_bytes = per_process + threads * largest;
  return p;
}

std::string study_plan::to_string() const {
  std::string text = fmt::format(
      "stages            {}\nstate             {} numbers\nnoise             {} numbers\n"
      "iterations        {} of {} forward passes\nlinear programs   {} an iteration, {} in all\n"
      "cuts              {} a stage at the limit\nthreads           {}\n"
      "memory            {}: opening tree {}, cuts {}, bases {}, linear programs {}, solvers {}\n\n"
      "stage   columns      rows  nonzeros  openings\n",
      stages.size(), state, noise, iterations, forward_passes, programs_per_iteration,
      programs_per_iteration * iterations, cuts_per_stage, threads, human(bytes()), human(tree_bytes),
      human(cut_bytes), human(basis_bytes), human(program_bytes), human(worker_bytes));
  for (const stage_size& at : stages)
    text += fmt::format("{:>5} {:>9} {:>9} {:>9} {:>9}\n", at.stage.value(), at.columns, at.rows, at.nonzeros,
                        at.openings);
  return text;
}

std::string study_plan::to_json() const {
  json_writer out(json_style::indented);
  out.begin_object();
  out.member("state", state).member("noise", noise).member("iterations", iterations);
  out.member("forward_passes", forward_passes).member("threads", threads);
  out.member("programs_per_iteration", programs_per_iteration).member("cuts_per_stage", cuts_per_stage);
  out.key("bytes").begin_object();
  out.member("total", bytes()).member("tree", tree_bytes).member("cuts", cut_bytes);
  out.member("bases", basis_bytes)
      .member("programs", program_bytes)
      .member("solvers", worker_bytes)
      .end_object();
  out.key("stages").begin_array();
  for (const stage_size& at : stages) {
    out.begin_object();
    out.member("id", at.stage.value()).member("columns", at.columns).member("rows", at.rows);
    out.member("nonzeros", at.nonzeros).member("openings", at.openings).end_object();
  }
  out.end_array().end_object();
  return out.take() + '\n';
}

}  // namespace twill::sddp
